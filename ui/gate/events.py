"""What the page sends to Gradio: only for one's own session, and only with one's own files."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ui.gate import refusal
from ui.gate.belongings import Belongings
from ui.gate.body import Gone, TooLarge, read_body, replay
from ui.gate.identity import SCOPE, Identity
from ui.gate.limits import RateLimits
from ui.gate.refusal import refuse

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

_API = "/gradio_api/"
_WITH_BODY = ("queue/join", "run/predict", "cancel", "reset", "stream/")
_IN_QUERY = ("queue/data",)
_IN_PATH = "heartbeat/"
_LARGEST = 8 * 2**20
"""Bytes of one event: a frame of the camera is far below."""

_ID_LENGTH = 64


class Events:
    """Guards Gradio's own endpoints."""

    def __init__(self, app: "ASGIApp", belongings: Belongings, limits: RateLimits) -> None:
        """Wrap `app`."""
        self._app = app
        self._belongings = belongings
        self._limits = limits

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer, or turn away."""
        name = scope["path"].removeprefix(_API) if scope["type"] == "http" else ""
        if name == scope.get("path") or not name.startswith((*_WITH_BODY, *_IN_QUERY, _IN_PATH)):
            await self._app(scope, receive, send)
            return
        from starlette.datastructures import Headers

        headers, refused = Headers(scope=scope), None
        event: Any = {}
        if name.startswith(_WITH_BODY):
            try:
                body = await read_body(receive, _LARGEST)
                event = json.loads(body or b"{}")
                receive = replay(body, receive)
            except TooLarge:
                refused = refuse(413, refusal.TOO_LARGE, headers)
            except (Gone, ValueError, RecursionError):
                refused = refuse(400, refusal.UNREADABLE, headers)
        elif name.startswith(_IN_PATH):
            event = {"session_hash": name.removeprefix(_IN_PATH)}
        else:
            asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
            event = {"session_hash": asked.get("session_hash", [""])[0]}
        refused = refused or self._judge(scope[SCOPE], name, event, headers)
        await (refused or self._app)(scope, receive, send)

    def _judge(self, who: Identity, name: str, event: Any, headers: "Headers") -> "Response | None":
        session = event.get("session_hash") if isinstance(event, dict) else None
        if name.startswith("stream/") and name.endswith("/close") and not session:
            return None  # closes by an unguessable id
        if not (isinstance(session, str) and session.isalnum() and len(session) <= _ID_LENGTH):
            return refuse(400, refusal.UNREADABLE, headers)
        new = not self._belongings.knows(session)
        wait = self._limits.wait("session", person=who.key) if new else 0.0
        wait = wait or self._limits.wait("event", person=who.key)
        if wait:
            return refuse(429, refusal.TOO_OFTEN, headers, wait=wait)
        if not self._belongings.claim(session, who.key):
            return refuse(404, refusal.ANOTHER_VISIT, headers)
        if not all(self._belongings.owns(file, who.key) for file in _files(event)):
            return refuse(403, refusal.NOT_YOURS, headers)
        return None


def _files(value: Any) -> Iterator[str]:
    """Yield every file that an event names, and every address that is to be fetched for it.

    An address inside a file that is named by its path is Gradio's own, and is not fetched; one
    without a path must hold the file itself.
    """
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
            path, url = part.get("path"), part.get("url")
            if path is not None:
                yield str(path)
            elif url is not None and not str(url).startswith("data:"):
                yield str(url)
