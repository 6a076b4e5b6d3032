"""An engine in a process of its own is killed, hangs or dies; it is started anew."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made_outage import in_time, is_fixed
from tests.made_services import stub_services
from tests.made_turn import conversation, say
from tools.backends.openvino_chat import OpenVinoChat
from tools.breaker import Tolerance
from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import ModelError


class Engine(OpenVinoChat):
    """The engine's keeper, with a made engine that needs no weights."""

    how = "well"

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "tests.made_failing", self.how]


def engine(how: str) -> Engine:
    kind = type("Made", (Engine,), {"how": how})
    made: Engine = kind(
        "made", Path("none"), device="CPU", cache_tokens=4096, silent_s=0.3, repetition_penalty=1.0
    )
    return made


HELLO = ChatRequest((Message("user", "Hello."),))


@pytest.fixture
def engines() -> Iterator[list[Engine]]:
    made: list[Engine] = []
    yield made
    for each_made in made:
        each_made.close()


def test_an_engine_that_was_killed_is_started_anew(engines: list[Engine]) -> None:
    engines.append(one := engine("well"))
    first = one.pid
    assert first is not None and list(one.stream(HELLO)) == ["Well. "]
    os.kill(first, signal.SIGKILL)
    while one.pid is not None:
        time.sleep(0.01)
    assert list(one.stream(HELLO)) == ["Well. "] and one.pid != first


def test_an_engine_without_memory_is_told_by_its_status_and_started_anew(
    engines: list[Engine],
) -> None:
    engines.append(one := engine("mid"))
    first = one.pid
    with pytest.raises(ModelError, match=r"its process ended \(137\)"):
        list(one.stream(HELLO))
    with pytest.raises(ModelError, match="its process ended"):
        list(one.stream(HELLO))
    assert one.pid != first


def test_an_engine_that_hangs_is_ended_and_started_anew(engines: list[Engine]) -> None:
    engines.append(one := engine("hang"))
    first = one.pid
    with pytest.raises(ModelError, match="wrote nothing for 0 s"):
        list(one.stream(HELLO))
    assert one.pid is None
    type(one).how = "well"
    assert list(one.stream(HELLO)) == ["Well. "] and one.pid != first


def test_an_engine_that_dies_while_it_starts_is_one_sentence() -> None:
    with pytest.raises(ModelError, match="did not start"):
        engine("start")


async def test_the_breaker_sees_that_an_engine_dies_again_and_again(
    engines: list[Engine],
) -> None:
    engines.append(one := engine("mid"))
    host = ChatHost("made", lambda: one, tolerance=Tolerance(failures=2))
    for turn in "ab":
        host.open(turn, HELLO)
        with pytest.raises(ModelError):
            while await host.sentence(turn):
                pass
        host.close(turn)
    assert host.breaker.standing.state == "open"


async def test_a_reply_comes_when_the_engine_is_killed_in_its_midst(
    engines: list[Engine], hurried: str
) -> None:
    engines.append(one := engine("hang"))
    services = stub_services()
    services.models.replace("chat", one)
    host = services.models.host("chat")
    turn = asyncio.create_task(in_time(say(conversation(services, hurried), "I keep waiting.")))
    while not host.waits:
        await asyncio.sleep(0.01)
    if one.pid is not None:
        os.kill(one.pid, signal.SIGKILL)
    assert is_fixed((await turn)["reply"], services)
