"""Response headers of the rating page: those of the chat page, and stricter where it needs less."""

from typing import TYPE_CHECKING

from ui.gate.headers import SecurityHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""The page runs its own script file, fetches nothing, and holds no script or style in its HTML."""

_STRICTER = {
    b"content-security-policy": POLICY.encode(),
    b"permissions-policy": (
        b"camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), "
        b"serial=(), hid=(), midi=(), browsing-topics=()"
    ),
}


class RatingHeaders:
    """Adds the headers to every response."""

    def __init__(self, app: "ASGIApp", *, secure: bool = False) -> None:
        """Wrap `app`.

        Args:
            app: what answers.
            secure: people reach it over https alone.
        """
        self._app = SecurityHeaders(app, secure=secure)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer as the wrapped application does, with more headers."""

        async def stricter(message: "Message") -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, _STRICTER.get(name.lower(), value)) for name, value in message["headers"]
                ]
            await send(message)

        await self._app(scope, receive, stricter)
