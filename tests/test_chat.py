import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from tests.made_failing import Writer
from tools.breaker import Tolerance, within
from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import Busy, ModelError, Resting
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
    model = Writer("One. And", "hang")
    host = ChatHost("typing", lambda: model)
    host.open("t", ASK)
    assert await host.sentence("t") == "One."
    assert not model.released.is_set()
    model.released.set()
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


async def read(host: ChatHost, turn: str, seconds: float = 5.0) -> list[str]:
    """Read a reply as `respond` does, and forget it as the end of a turn does."""
    host.open(turn, ASK)
    found = []
    try:
        async with within(seconds):
            while sentence := await host.sentence(turn):
                found.append(sentence)
    finally:
        host.close(turn)
    return found


@pytest.mark.parametrize("written", ["", "One thing. Another"])
async def test_a_model_that_hangs_is_soon_not_asked_any_more(written: str) -> None:
    model = Writer(written, "hang")
    host = ChatHost("stuck", lambda: model, tolerance=Tolerance(failures=2))
    for turn in "ab":
        with pytest.raises(TimeoutError):
            await read(host, turn, 0.05)
    with pytest.raises(Resting, match="the language model 'stuck' keeps failing"):
        host.open("c", ASK)
    model.released.set()


async def test_a_model_that_keeps_raising_is_soon_not_asked_any_more() -> None:
    model = Writer("", "raise")
    host = ChatHost("moody", lambda: model, tolerance=Tolerance(failures=2))
    for turn in "ab":
        with pytest.raises(ModelError):
            await read(host, turn)
    with pytest.raises(Resting):
        host.open("c", ASK)
    assert model.calls == 2 and host.breaker.standing.last == "RuntimeError"


async def test_a_reply_of_which_enough_was_read_counts_as_well_written() -> None:
    host = ChatHost("typing", lambda: Typing("One. Two. Three. Four.", delay=0.02))
    host.breaker.failed("RuntimeError")
    host.open("t", ASK)
    await host.sentence("t")
    host.close("t")
    host.breaker.failed("RuntimeError")
    host.breaker.failed("RuntimeError")
    assert host.breaker.standing.state == "closed"


async def test_a_backend_that_hung_for_long_is_loaded_afresh() -> None:
    models = [Writer("", "hang"), Writer("One thing.")]
    left, renewed = iter(models), []
    host = ChatHost(
        "stuck",
        lambda: next(left),
        renew=lambda: renewed.append(1),
        tolerance=Tolerance(hung=0.05),
    )
    with pytest.raises(TimeoutError):
        await read(host, "a", 0.05)
    await asyncio.sleep(0.05)
    assert await read(host, "b") == ["One thing."] and renewed == [1]
    models[0].released.set()


async def test_only_so_many_backends_are_given_up() -> None:
    models: list[Writer] = []

    def load() -> Writer:
        models.append(Writer("", "hang"))
        return models[-1]

    host = ChatHost("stuck", load, tolerance=Tolerance(failures=100, hung=0.0, threads=2))
    for turn in "abc":
        with pytest.raises(TimeoutError):
            await read(host, turn, 0.02)
        host.give_up(turn)
    with pytest.raises(Resting):
        host.open("d", ASK)
    assert len(models) == 3
    for model in models:
        model.released.set()


async def test_a_reply_that_was_waited_for_twice_in_vain_hangs_once() -> None:
    models: list[Writer] = []

    def load() -> Writer:
        models.append(Writer("", "hang"))
        return models[-1]

    host = ChatHost("stuck", load, tolerance=Tolerance(failures=100, hung=0.0, threads=1))
    host.open("a", ASK)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with within(0.02):
                await host.sentence("a")
    host.give_up("a")
    host.open("b", ASK)
    assert host.is_open("b")
    for model in models:
        model.released.set()


async def test_a_reloaded_language_model_has_never_failed() -> None:
    models = [Writer("", "raise"), Writer("One thing.")]
    host = ChatHost("moody", lambda: models.pop(0), tolerance=Tolerance(failures=1))
    with pytest.raises(ModelError):
        await read(host, "a")
    host.reload()
    assert await read(host, "b") == ["One thing."]


async def test_a_connection_that_is_lost_before_the_first_word_is_tried_again() -> None:
    class Remote(Typing):
        calls = 0

        def stream(self, request: ChatRequest) -> Iterator[str]:
            self.calls += 1
            if self.calls == 1:
                raise ConnectionResetError
            yield from super().stream(request)

    remote = Remote("One thing.")
    assert await read(ChatHost("remote", lambda: remote), "a") == ["One thing."]


async def test_what_was_lost_in_the_midst_of_a_reply_is_not_begun_again() -> None:
    class Remote(Typing):
        def stream(self, request: ChatRequest) -> Iterator[str]:
            yield from super().stream(request)
            raise ConnectionResetError

    host = ChatHost("remote", lambda: Remote("One thing. Two"))
    host.open("t", ASK)
    assert await host.sentence("t") == "One thing."
    with pytest.raises(ModelError):
        await host.sentence("t")
    assert host.breaker.standing.last == "ConnectionResetError"


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
