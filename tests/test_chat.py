import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import Busy, ModelError
from tools.sentences import SentenceCutter, split

ASK = ChatRequest((Message("user", "Hello."),))


class Typing:
    """Write its words one by one, and note what became of the stream."""

    def __init__(self, text: str = "One thing. Another thing.", delay: float = 0.0) -> None:
        self.text, self.delay = text, delay
        self.closed = threading.Event()

    def stream(self, request: ChatRequest) -> Iterator[str]:
        try:
            for word in self.text.split(" "):
                time.sleep(self.delay)
                yield word + " "
        finally:
            self.closed.set()


async def test_a_reply_comes_sentence_by_sentence_and_then_ends() -> None:
    host = ChatHost("typing", Typing)
    host.open("t", ASK)
    assert [await host.sentence("t") for _ in range(4)] == ["One thing.", "Another thing.", "", ""]


async def test_the_first_sentence_comes_before_the_last_is_written() -> None:
    host = ChatHost("typing", lambda: Typing("One. " + "and so on " * 200, delay=0.005))
    host.open("t", ASK)
    started = time.perf_counter()
    assert await host.sentence("t") == "One."
    assert time.perf_counter() - started < 1.0
    host.close("t")


async def test_closing_stops_the_model() -> None:
    backend = Typing("word " * 2000, delay=0.005)
    host = ChatHost("typing", lambda: backend)
    host.open("t", ASK)
    host.close("t")
    assert await asyncio.to_thread(backend.closed.wait, 2)


async def test_opening_again_replaces_the_reply() -> None:
    replies = iter([Typing("Old one."), Typing("New one.")])

    class Turns:
        def stream(self, request: ChatRequest) -> Iterator[str]:
            return next(replies).stream(request)

    host = ChatHost("turns", Turns)
    host.open("t", ASK)
    assert await host.sentence("t") == "Old one."
    host.open("t", ASK)
    assert await host.sentence("t") == "New one."


async def test_replies_of_two_turns_do_not_mix() -> None:
    class Echo:
        def stream(self, request: ChatRequest) -> Iterator[str]:
            yield f"You said {request.messages[-1].content}. "

    host = ChatHost("echo", Echo)
    for name in "ab":
        host.open(name, ChatRequest((Message("user", name),)))
    assert [await host.sentence(n) for n in "ba"] == ["You said b.", "You said a."]


async def test_a_model_that_breaks_off_raises_after_what_it_said() -> None:
    class Breaking:
        def stream(self, request: ChatRequest) -> Iterator[str]:
            yield "One thing. And"
            raise RuntimeError("out of memory")

    host = ChatHost("breaking", Breaking)
    host.open("t", ASK)
    assert await host.sentence("t") == "One thing."
    with pytest.raises(ModelError, match=r"failed \(RuntimeError\)"):
        await host.sentence("t")


async def test_too_many_open_replies_are_refused() -> None:
    host = ChatHost("typing", lambda: Typing(delay=0.01), max_open=2)
    host.open("a", ASK)
    host.open("b", ASK)
    with pytest.raises(Busy, match="2 replies already"):
        host.open("c", ASK)


async def test_a_reply_that_nobody_reads_any_more_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tools.chat._ABANDONED_S", 0.0)
    host = ChatHost("typing", lambda: Typing(delay=0.01), max_open=1)
    host.open("given up", ASK)
    await asyncio.sleep(0.01)
    host.open("new", ASK)
    assert host.is_open("new") and not host.is_open("given up")


async def test_a_sentence_of_no_open_reply_is_an_error() -> None:
    with pytest.raises(ModelError, match="no reply is open"):
        await ChatHost("typing", Typing).sentence("t")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("It cost 3.50 in all. Yes.", ["It cost 3.50 in all.", "Yes."]),
        ("Dr. Ada came. Good.", ["Dr. Ada came.", "Good."]),
        ("Wait… what?", ["Wait…", "what?"]),
        ('She said "no." Then she left.', ['She said "no."', "Then she left."]),
        ("First line\nSecond line", ["First line", "Second line"]),
        ("没事。你好吗？", ["没事。", "你好吗？"]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_text_is_cut_at_the_ends_of_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_an_end_counts_only_once_what_follows_is_known() -> None:
    cutter = SentenceCutter()
    assert cutter.feed("It is 3.") == []
    assert cutter.feed("5 now. And") == ["It is 3.5 now."]
    assert cutter.flush() == "And"
