"""The end of the program while people are on the page, which holds streams open for good."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATIENCE_S = 1.0
"""How long a request that is no stream may take to finish, in seconds."""


class Ending:
    """Ends what is still being answered, and says so to the browser as an answer that is whole."""

    def __init__(self, app: "ASGIApp") -> None:
        """Wrap `app`."""
        self._app = app
        self._over = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer as `app` does, until the end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        task = asyncio.current_task()
        assert task is not None
        started = whole = False

        async def watched(message: "Message") -> None:
            nonlocal started, whole
            if message["type"] == "http.response.start":
                started = True
                if _is_stream(message):
                    self._streams.add(task)
                    if self._over:
                        task.cancel()
            else:
                whole = not message.get("more_body")
            await send(message)

        self._tasks.add(task)
        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            if not self._over:
                raise
            task.uncancel()
            if not started:
                await send({"type": "http.response.start", "status": 503, "headers": []})
            if not whole and (not started or task in self._streams):
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._tasks.discard(task)
            self._streams.discard(task)

    async def end(self) -> None:
        """End streams at once, and everything else after a moment."""
        self._over = True
        for task in self._streams:
            task.cancel()
        await asyncio.sleep(PATIENCE_S)
        for task in self._tasks:
            task.cancel()


def _is_stream(message: "Message") -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in message.get("headers", [])
    )
