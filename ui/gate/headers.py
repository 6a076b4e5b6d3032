"""Response headers by which a browser keeps the page to itself."""

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SCRIPT = re.compile(rb"<script(?P<marks>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)

_FIXED = {
    "permissions-policy": (
        "camera=(self), microphone=(self), geolocation=(), display-capture=(), payment=(), "
        "usb=(), serial=(), hid=(), midi=(), browsing-topics=()"
    ),
    # Without any, a browser calls the origin of the page's own forms `null`.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "origin-agent-cluster": "?1",
}
_CORS = b"access-control-"  # no other page reads an answer, whatever Gradio would let it
_HTTPS = {"strict-transport-security": "max-age=31536000"}


def policy(scripts: Iterable[bytes] = ()) -> str:
    """Return the content security policy.

    The page fetches nothing from anywhere else, whatever a model or a library writes into it, and
    runs no script in its HTML but those given. Two things Gradio needs: `unsafe-eval`, as it
    compiles the page's own event handlers in the browser, and styles in the HTML.

    Args:
        scripts: the bodies of scripts that may stand in the HTML.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode()}'"
        for body in dict.fromkeys(scripts)
    )
    return (
        f"default-src 'self'; script-src 'self' 'unsafe-eval' blob: {hashes}".rstrip() + "; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "media-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self' data: blob:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


class SecurityHeaders:
    """Adds the headers to every response."""

    def __init__(self, app: "ASGIApp", *, secure: bool = False, script: str = "") -> None:
        """Wrap `app`.

        Args:
            app: what answers.
            secure: people reach it over https alone.
            script: a script that the page itself puts into its HTML once it runs.
        """
        self._app = app
        self._fixed = _FIXED | (_HTTPS if secure else {})
        self._script = script.encode()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer as `app` does, with more headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        page = b""

        async def more(message: "Message") -> None:
            nonlocal start, page
            if message["type"] == "http.response.start":
                if scope["path"] == "/" and _is_html(message):
                    start = message  # until its scripts are known
                    return
                self._add(message, ())
            elif start is not None:
                page += message.get("body", b"")
                if message.get("more_body"):
                    return
                bodies = [s["body"] for s in _SCRIPT.finditer(page) if b"src=" not in s["marks"]]
                self._add(start, [*bodies, self._script] if self._script else bodies)
                await send(start)
                await send({"type": "http.response.body", "body": page})
                return
            await send(message)

        await self._app(scope, receive, more)

    def _add(self, message: "Message", scripts: Iterable[bytes]) -> None:
        fixed = {**self._fixed, "content-security-policy": policy(scripts)}
        names = {name.encode() for name in fixed}
        rest = [
            (name, value)
            for name, value in message.get("headers", [])
            if name.lower() not in names and not name.lower().startswith(_CORS)
        ]
        if not any(name.lower() == b"cache-control" for name, _ in rest):
            rest.append((b"cache-control", b"no-store" if _is_private(message) else b"no-cache"))
        added = [(name.encode(), value.encode()) for name, value in fixed.items()]
        message["headers"] = [*rest, *added]


def _type(message: "Message") -> bytes:
    for name, value in message.get("headers", []):
        if name.lower() == b"content-type":
            return bytes(value)
    return b""


def _is_html(message: "Message") -> bool:
    return _type(message).startswith(b"text/html")


def _is_private(message: "Message") -> bool:
    """Whether a response may hold something of a person: a browser must not put it down."""
    kinds = (b"text/javascript", b"application/javascript", b"text/css", b"font/", b"image/svg")
    return not _type(message).startswith(kinds)
