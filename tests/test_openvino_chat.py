"""The engine in its own process, on the real weights of the `small` profile."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tools.backends.openvino_chat import OpenVinoChat, load
from tools.chat import ChatRequest, Message
from tools.errors import ModelError
from tools.models import Loading, load_models

pytestmark = pytest.mark.models

HELLO = ChatRequest((Message("user", "Say hello."),), max_tokens=12)
LONG = ChatRequest((Message("user", "Tell me a long story."),), max_tokens=400)


@pytest.fixture(scope="module")
def model() -> Iterator[OpenVinoChat]:
    models = load_models("small")
    yield models.backend("smollm2-135m")
    models.close()


def test_it_writes_in_pieces(model: OpenVinoChat) -> None:
    pieces = list(model.stream(HELLO))
    assert len(pieces) > 1 and "".join(pieces).strip()


def test_the_same_greedy_request_gets_the_same_reply(model: OpenVinoChat) -> None:
    assert "".join(model.stream(HELLO)) == "".join(model.stream(HELLO))


def test_what_is_drawn_is_decided_by_the_seed(model: OpenVinoChat) -> None:
    asked = (Message("user", "Tell me of a morning."),)

    def drawn(seed: int) -> str:
        request = ChatRequest(asked, max_tokens=24, temperature=0.9, seed=seed)
        return "".join(model.stream(request))

    one, other = drawn(3_000_000_000), drawn(8)
    assert one != other
    assert (drawn(5), drawn(8), drawn(3_000_000_000))[1:] == (other, one)


def test_a_prefix_is_continued_and_not_repeated(model: OpenVinoChat) -> None:
    request = ChatRequest(HELLO.messages, prefix="It was a sunny", max_tokens=8)
    written = "".join(model.stream(request))
    assert written.strip() and "It was a sunny" not in written


def test_replies_written_together_do_not_mix(model: OpenVinoChat) -> None:
    requests = [ChatRequest((Message("user", f"Say the word {w}."),), max_tokens=12) for w in
                ("apple", "river", "candle")]  # fmt: skip
    alone = ["".join(model.stream(r)) for r in requests]
    with ThreadPoolExecutor() as pool:
        together = list(pool.map(lambda r: "".join(model.stream(r)), requests))
    assert together == alone


def test_a_closed_stream_frees_the_engine(model: OpenVinoChat) -> None:
    stream = model.stream(LONG)
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator
    started = time.perf_counter()
    list(model.stream(HELLO))
    assert time.perf_counter() - started < 10
    assert not model._replies


def test_a_killed_engine_is_noticed_and_restarted(model: OpenVinoChat) -> None:
    stream = model.stream(LONG)
    next(stream)
    assert model.pid is not None
    os.kill(model.pid, signal.SIGKILL)
    with pytest.raises(ModelError, match="its process ended"):
        list(stream)
    assert list(model.stream(HELLO))


def test_what_is_kept_of_prompts_is_bounded_by_an_option() -> None:
    models = load_models("small")
    config = models.config("smollm2-135m").model_copy(update={"options": {"cache_tokens": 96}})
    bounded = load(Loading("smollm2-135m", config, models))
    try:
        assert list(bounded.stream(HELLO))
        assert not list(bounded.stream(ChatRequest((Message("user", "Say hello. " * 50),))))
    finally:
        bounded.close()


def test_a_file_that_is_no_model_is_one_sentence(tmp_path: object) -> None:
    with pytest.raises(ModelError, match="did not start"):
        OpenVinoChat(
            "none",
            tmp_path / "none.gguf",
            device="CPU",
            cache_tokens=4096,
            silent_s=5,
            repetition_penalty=1.05,
        )  # type: ignore[operator]
