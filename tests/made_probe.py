"""A stranger with a browser, for tests of the program itself on loopback."""

import io
import json
import re
import secrets
from typing import Any

import httpx

from tests.made_media import tone, wav

FILES = "/gradio_api/file="
UPLOAD = "/gradio_api/upload"
JOIN = "/gradio_api/queue/join"
SENTINEL = b"left by nobody but the probe"


class Browser(httpx.Client):
    """A client that has opened the page."""

    def __init__(self, home: str) -> None:
        super().__init__(base_url=home, timeout=30)
        self.page = self.get("/").text

    def raw(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """Ask for a path just as it is written."""
        return self.request(method, self.base_url.copy_with(raw_path=path.encode()), **more)

    def upload(self, name: str = "a.wav", data: bytes | None = None) -> httpx.Response:
        data = wav(tone(0.5)) if data is None else data
        return self.post(UPLOAD, files={"files": (name, io.BytesIO(data), "audio/wav")})

    def functions(self) -> dict[str, Any]:
        config = re.search(r"window\.gradio_config = (\{.*?\});</script>", self.page, re.DOTALL)
        assert config
        found: dict[str, Any] = json.loads(config[1])
        return found


def fresh() -> str:
    """Return the id of a page that nobody has opened yet."""
    return secrets.token_hex(8)


def event(session: str, *data: Any, fn: int = 0) -> dict[str, Any]:
    return {"data": list(data), "fn_index": fn, "session_hash": session}
