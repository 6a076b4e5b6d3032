"""Files that people send up: few, small, of a kind that is read here, and for them alone."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ui.gate import refusal
from ui.gate.belongings import FILES, Belongings
from ui.gate.body import Gone, TooLarge, read_body, replay
from ui.gate.identity import SCOPE, Identity
from ui.gate.kinds import is_media
from ui.gate.limits import RateLimits
from ui.gate.refusal import refuse
from ui.uploads import LIMITS, UploadFolder

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UPLOAD = "/gradio_api/upload"
_FILE = "/gradio_api/file="
_LARGEST = LIMITS.max_bytes + 2**16
"""Bytes of a form with its file."""

_AT_ONCE = 8
"""Uploads that are read into memory at the same time."""

_PATIENCE_S = 300.0
"""Seconds that one upload may take."""


class Uploads:
    """Guards what comes up and who gets it back."""

    def __init__(
        self,
        app: "ASGIApp",
        folder: UploadFolder,
        belongings: Belongings,
        limits: RateLimits,
    ) -> None:
        """Wrap `app`, which puts uploads into `folder`."""
        self._reading = asyncio.Semaphore(_AT_ONCE)
        self._writing = asyncio.Lock()
        self._app = app
        self._folder = folder
        self._belongings = belongings
        self._limits = limits

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer, or turn away."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path != _UPLOAD and not path.startswith(_FILE):
            await self._app(scope, receive, send)
            return
        from starlette.datastructures import Headers

        headers, who = Headers(scope=scope), scope[SCOPE]
        if path.startswith(_FILE):
            own = self._belongings.owns(path.removeprefix(_FILE), who.key)
            answer = self._app if own else refuse(404, refusal.NOT_YOURS, headers)
            await answer(scope, receive, send)
            return
        refused = self._judge(who, headers) or await self._take(scope, receive, send, headers)
        if refused is not None:
            await refused(scope, receive, send)

    def _judge(self, who: Identity, headers: "Headers") -> "Response | None":
        """Return why nothing more is taken from somebody."""
        length = headers.get("content-length", "0")
        if not length.isdigit():
            return refuse(400, refusal.UNREADABLE, headers, plain=True)
        if int(length) > _LARGEST:
            return refuse(413, refusal.TOO_LARGE, headers, plain=True)
        if wait := self._limits.wait("upload", person=who.key, address=who.address):
            return refuse(429, refusal.TOO_OFTEN, headers, wait=wait, plain=True)
        if self._belongings.waiting(who.key) >= FILES:
            return refuse(409, refusal.TOO_MANY, headers, plain=True)
        return None

    async def _take(
        self, scope: "Scope", receive: "Receive", send: "Send", headers: "Headers"
    ) -> "Response | None":
        """Read a form into memory, let Gradio write its files, and keep those that are media.

        What is broken off or not a form is never on the file system: Gradio would leave it there.
        """
        held: list[Message] = []

        async def hold(message: "Message") -> None:
            held.append(message)

        async with self._reading:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    form = await read_body(receive, _LARGEST)
            except TooLarge:
                return refuse(413, refusal.TOO_LARGE, headers, plain=True)
            except (Gone, TimeoutError):
                return refuse(400, refusal.UNREADABLE, headers, plain=True)
            async with self._writing:
                try:
                    await self._app(scope, replay(form, receive), hold)
                finally:
                    self._folder.tidy()
        if held and held[0]["type"] == "http.response.start" and held[0]["status"] == 200:
            files = json.loads(b"".join(message.get("body", b"") for message in held))
            if len(files) > FILES or not all(is_media(Path(file)) for file in files):
                self._folder.discard(files)
                return refuse(415, refusal.NO_MEDIA, headers, plain=True)
            for file in files:
                self._belongings.bring(file, scope[SCOPE].key)
        for message in held:
            await send(message)
        return None
