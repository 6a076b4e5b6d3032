"""The body of a request, read once, bounded, and handed on as it came."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Receive


class TooLarge(Exception):
    """A body that goes beyond what is taken."""


class Gone(Exception):
    """Whoever sent a body has hung up before its end."""


async def read_body(receive: "Receive", most: int) -> bytes:
    """Return a whole body.

    Args:
        receive: of the request.
        most: bytes.

    Raises:
        TooLarge: it is larger; the rest of it is not read.
        Gone: it ends too early.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        body += message.get("body", b"")
        if len(body) > most:
            raise TooLarge
        if not message.get("more_body"):
            return bytes(body)


def replay(body: bytes, receive: "Receive") -> "Receive":
    """Return a `receive` that gives a body that was read already, then what comes after it."""
    given = False

    async def again() -> "Message":
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
