"""A gate before a small application that says who came, for tests without Gradio."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from graphs.health import Health
from ui.gate.gate import Entry, Gate
from ui.gate.identity import Identity, identity
from ui.gate.limits import RateLimits
from ui.gate.site import Site
from ui.uploads import UploadFolder

HOME = "http://127.0.0.1:7860"
HELP = "<p>somebody to talk to</p>"
WELL: Health = {
    "status": "ok",
    "graph": "support",
    "models": [
        {
            "task": "text_emotion", "model": "text <b>", "state": "closed", "loaded": True,
            "calls": 4, "failures": 0, "last_failure": "", "waiting": 0, "retry_s": 0.0,
        }
    ],
    "examples": {
        "state": "closed", "failures": 0, "last_failure": "", "retry_s": 0.0, "left_out": 0,
    },
    "audit": "off",
    "storage": {"kind": "sqlite", "ready": True, "trouble": ""},
    "notices": [],
}  # fmt: skip


class Behind:
    """What lies behind the gate: it answers every path, and remembers what reached it."""

    def __init__(self, folder: UploadFolder) -> None:
        self.folder = folder
        self.reached: list[tuple[str, str, Any]] = []

    async def answer(self, request: Request) -> Response:
        path, body = request.url.path, await request.body()
        self.reached.append((path, identity(request).key, body))
        if path == "/":
            return HTMLResponse("<script>mine()</script><script src='a.js'></script><p>hello</p>")
        if path == "/gradio_api/upload":
            return JSONResponse(self._write(body))
        if path.startswith("/gradio_api/file="):
            return Response(Path(path.removeprefix("/gradio_api/file=")).read_bytes())
        said = {"key": identity(request).key, "url": str(request.url)}
        return JSONResponse({**said, "headers": list(request.headers)})

    def _write(self, body: bytes) -> list[str]:
        (self.folder.path / "tmp-stray").write_bytes(b"a part that Gradio left")
        name, _, data = body.partition(b"|")
        file = self.folder.path / f"hash-of-{name.decode()}" / name.decode()
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        return [str(file)]


class Made:
    """A gate and what lies behind it."""

    def __init__(self, folder: UploadFolder, entry: Entry | None = None, **options: Any) -> None:
        self.behind = Behind(folder)
        self.limits = options.pop("limits", None) or RateLimits()
        health: Health = options.pop("health", WELL)

        async def look() -> Health:
            return health

        gate = Gate(entry or Entry(site=Site()), self.limits, help=HELP, **options)
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        self.deleted: list[Identity] = []

        async def delete(who: Identity) -> None:
            self.deleted.append(who)

        gate.connect(app, look, delete)
        app.add_route("/{path:path}", self.behind.answer, ["GET", "HEAD", "POST", "PUT"])
        self.app = gate.wrap(app, folder, "fromPageJs()")

    @asynccontextmanager
    async def browser(self, home: str = HOME, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """Yield a client with cookies of its own; it has not been to the page yet."""
        transport = httpx.ASGITransport(self.app, client=options.pop("client", ("127.0.0.1", 1)))
        async with httpx.AsyncClient(transport=transport, base_url=home, **options) as client:
            yield client

    async def key(self, client: httpx.AsyncClient) -> str:
        """Return the key of whoever asks, as what lies behind sees it."""
        answer = await client.post("/gradio_api/queue/join", json={"session_hash": "made"})
        return str(json.loads(answer.text)["key"])
