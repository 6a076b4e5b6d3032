"""What is still being answered when the program ends."""

import asyncio
from typing import Any

import pytest

from ui.gate.ending import Ending


async def forever(scope: Any, receive: Any, send: Any) -> None:
    """Send a stream that never ends, or wait before answering at all."""
    if scope["path"] == "/stream":
        kind = (b"content-type", b"text/event-stream; charset=utf-8")
        await send({"type": "http.response.start", "status": 200, "headers": [kind]})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
    await asyncio.Event().wait()


async def asked(ending: Ending, path: str) -> tuple["asyncio.Task[None]", list[Any]]:
    """Ask, and return what answers and what was sent by now."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    answering = asyncio.create_task(ending({"type": "http", "path": path}, None, send))  # type: ignore[arg-type]
    await asyncio.sleep(0.01)
    return answering, sent


async def test_a_stream_ends_at_once_and_whole() -> None:
    ending = Ending(forever)
    answering, sent = await asked(ending, "/stream")
    over = asyncio.create_task(ending.end())
    await asyncio.wait([answering], timeout=0.5)
    assert answering.done()
    over.cancel()
    assert sent[-1] == {"type": "http.response.body", "body": b""}


async def test_a_stream_that_begins_at_the_end_ends_too() -> None:
    ending = Ending(forever)
    over = asyncio.create_task(ending.end())
    await asyncio.sleep(0)
    answering, _ = await asked(ending, "/stream")
    await asyncio.wait([answering], timeout=0.5)
    assert answering.done()
    over.cancel()


async def test_another_request_has_a_moment_and_is_then_turned_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ui.gate.ending.PATIENCE_S", 0.05)
    ending = Ending(forever)
    answering, sent = await asked(ending, "/slow")
    over = asyncio.create_task(ending.end())
    await asyncio.sleep(0.01)
    assert not answering.done()
    await asyncio.wait_for(asyncio.gather(over, answering), 5)
    assert [message.get("status") for message in sent] == [503, None]


async def test_what_is_broken_off_for_another_reason_is_broken_off() -> None:
    answering, _ = await asked(Ending(forever), "/stream")
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
