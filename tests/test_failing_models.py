"""Every model hangs, raises and returns rubbish; the reply comes, and says what is missing."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from agents.context import Services
from graphs.run import Conversation, TurnReport
from graphs.shelf import Shelf, Version
from tests.made_failing import SECRET, Hanging, Returning, Writer, raising
from tests.made_services import ListedExamples, example, stub_services
from tests.made_turn import conversation, face, say, voice
from tools.backends.openvino_chat import OpenVinoChat
from tools.breaker import Tolerance
from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import DataError, ModelError
from tools.examples.query import Query
from tools.host import ModelHost
from tools.labels import EKMAN, Strategy
from tools.perceived import Perceived
from tools.phrases import LocalePhrases, load_phrases
from tools.transcript import Transcript

BOUND_S = 5.0
"""Seconds within which every reply here must come; the nodes give a model 0.5 s."""

NODES = {
    "text": "text_emotion",
    "face": "face_emotion",
    "voice": "voice_emotion",
    "ears": "listen",
}
EVEN = dict.fromkeys(EKMAN, 1 / len(EKMAN))
Rubbish = Callable[[Sequence[Any]], Any]


def each(output: object) -> Rubbish:
    return lambda items: [output] * len(items)


COMMON: dict[str, Rubbish] = {
    "raises": raising,
    "too_few": lambda items: [],
    "too_many": lambda items: [None, *items],
    "none": each(None),
    "text": each(SECRET),
    "no_list": lambda items: 7,
}
EMOTION: dict[str, Rubbish] = COMMON | {
    "nan": each(Perceived({**EVEN, "joy": float("nan")})),
    "infinite": each(Perceived({**EVEN, "joy": float("inf")})),
    "negative": each(Perceived({**EVEN, "joy": -0.5})),
    "zeros": each(Perceived(dict.fromkeys(EKMAN, 0.0))),
    "empty": each(Perceived()),
    "wrong_labels": each(Perceived({SECRET: 1.0})),
    "missing_labels": each(Perceived({"joy": 0.4})),
    "wrong_scores": each(Perceived(dict.fromkeys(EKMAN, "much"))),  # type: ignore[arg-type]
    "wrong_type": each(Perceived([0.2] * 7)),  # type: ignore[arg-type]
    "wrong_note": each(Perceived(EVEN, note=7)),  # type: ignore[arg-type]
    "wrong_reason": each(Perceived(missing=SECRET)),  # type: ignore[arg-type]
    "wrong_detail": each(Perceived(EVEN, detail={"joy": float("nan")})),
}
LISTENING: dict[str, Rubbish] = COMMON | {
    "no_text": each(Transcript(text=7)),  # type: ignore[arg-type]
    "empty": each(Transcript()),
    "wrong_reason": each(Transcript(missing=SECRET)),  # type: ignore[arg-type]
}
MATRIX = [
    (model, fault)
    for model in NODES
    for fault in ["hangs", *(LISTENING if model == "ears" else EMOTION)]
]


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The default graph with half a second for every model."""
    lines = [f"  {node}: {{options: {{timeout: 0.5}}}}" for node in NODES.values()]
    text = "name: hurried\nabout: Hurried.\ninclude: support\nnodes:\n" + "\n".join(lines)
    file = tmp_path_factory.mktemp("graphs") / "hurried.yaml"
    file.write_text(f"{text}\n  respond: {{options: {{timeout: 0.5}}}}\n", "utf-8")
    return str(file)


@pytest.fixture(scope="module")
def compiled(hurried: str) -> tuple[Services, Version]:
    """Services and the graph, compiled once for the whole matrix."""
    services = stub_services()
    return services, Shelf(services, InMemorySaver()).current(hurried)


@pytest.fixture
def mended(compiled: tuple[Services, Version]) -> Iterator[tuple[Services, Version]]:
    """The same, with every model fresh again after the test."""
    services, version = compiled
    yield services, version
    for model in NODES:
        release(services.models._backends.pop(model, None))
        host = services.models.host(model)
        assert isinstance(host, ModelHost)
        if worker := host._worker:
            host.close()
            worker._thread.join(5)
        host.breaker.passed()


def fault_in(services: Services, model: str, fault: str) -> Hanging | Returning:
    """Put a failing model in the place of a stub; the one that hangs must be released."""
    faults = LISTENING if model == "ears" else EMOTION
    broken = Hanging() if fault == "hangs" else Returning(faults[fault])
    services.models._backends[model] = broken
    return broken


async def in_time(turn: Any) -> TurnReport:
    started = time.perf_counter()
    report: TurnReport = await turn
    assert time.perf_counter() - started < BOUND_S
    return report


def release(model: object) -> None:
    if isinstance(model, Hanging | Writer):
        model.released.set()


# What is perceived


@pytest.mark.parametrize(("model", "fault"), MATRIX)
async def test_a_failing_perception_model_is_a_missing_modality_and_the_others_are_used(
    model: str, fault: str, mended: tuple[Services, Version]
) -> None:
    services, version = mended
    fault_in(services, model, fault)
    talk = Conversation(version, services)
    clips = [voice(), face()]
    report = await in_time(say(talk, "I keep waiting.", clips, microphone=True, camera=True))
    found: dict[str, Any] = {**report["readings"], "ears": report["heard"]}
    assert report["reply"] and report["route"] == "support"
    assert found[model]["missing"] == ("too slow" if fault == "hangs" else "failed")
    assert not found[model].get("label") and found[model]["note"]
    assert [other for other in found if other != model and found[other]["missing"]] == []
    assert SECRET not in json.dumps(report)


@pytest.mark.parametrize(
    ("fault", "locale"), [("hangs", "en"), ("raises", "es"), ("empty", "fr"), ("too_few", "de")]
)
async def test_a_voice_that_could_not_be_written_down_is_kindly_asked_for_again(
    fault: str, locale: str, hurried: str
) -> None:
    services = stub_services(ears={"languages": ["en", "es", "fr", "de"]})
    broken = fault_in(services, "ears", fault)
    talk = conversation(services, hurried)
    report = await in_time(say(talk, "", [voice()], microphone=True, locale=locale))
    release(broken)
    moments = services.phrases.for_locale(locale).moments
    assert report["reply"] == moments["listening_failed"][0]


async def test_a_voice_that_cannot_be_heard_again_is_answered_in_other_words(
    hurried: str,
) -> None:
    services = stub_services()
    fault_in(services, "ears", "raises")
    talk = conversation(services, hurried)
    replies = [(await say(talk, "", [voice()], microphone=True))["reply"] for _ in range(3)]
    assert len(set(replies)) == 3


@pytest.mark.parametrize(
    ("fault", "locale"), [("hangs", "en"), ("raises", "es"), ("nan", "fr"), ("too_few", "de")]
)
async def test_a_face_alone_that_could_not_be_read_is_kindly_said_so(
    fault: str, locale: str, hurried: str
) -> None:
    services = stub_services()
    broken = fault_in(services, "face", fault)
    talk = conversation(services, hurried)
    report = await in_time(say(talk, "", [face()], camera=True, locale=locale))
    release(broken)
    assert report["reply"] == services.phrases.for_locale(locale).moments["not_seen"][0]


async def test_without_the_pattern_a_voice_that_was_not_heard_is_asked_for_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bare.yaml"
    file.write_text("name: bare\nabout: Bare.\ninclude: support\npatterns: []\n", "utf-8")
    services = stub_services()
    fault_in(services, "ears", "raises")
    report = await say(conversation(services, str(file)), "", [voice()], microphone=True)
    assert report["reply"] in services.phrases.for_locale("en").moments["listening_failed"]


async def test_only_the_first_turns_wait_for_a_hanging_model(hurried: str) -> None:
    services = stub_services()
    broken = fault_in(services, "face", "hangs")
    talk = conversation(services, hurried)
    timings = []
    for _ in range(3):
        report = await say(talk, "I keep waiting.", [face()], camera=True)
        timings.append(report["timings"]["face_emotion"])
    release(broken)
    assert timings[0] > 400 and max(timings[1:]) < 250
    assert report["readings"]["face"]["missing"] == "failed"


async def test_what_one_conversation_learned_of_a_model_spares_the_others(hurried: str) -> None:
    services = stub_services()
    broken = fault_in(services, "face", "raises")
    for _ in range(5):
        await say(conversation(services, hurried), "I keep waiting.", [face()], camera=True)
    assert isinstance(broken, Returning) and broken.calls == 3


async def test_a_hanging_store_of_examples_holds_up_only_the_first_turns(tmp_path: Path) -> None:
    from tools.examples.store import ChromaExamples

    class Stuck(ChromaExamples):
        searches = 0

        async def open(self) -> None:
            self.searches += 1
            await asyncio.Event().wait()

    store = Stuck(stub_services().models.host("embed"), folder=tmp_path)  # type: ignore[arg-type]
    store.breaker.tolerance = Tolerance(patience=0.01)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await store.search(Query(said="I keep waiting."), 3)
    with pytest.raises(ModelError, match="the example store keeps failing"):
        await store.search(Query(said="I keep waiting."), 3)
    assert store.searches == 3


async def test_a_store_of_examples_that_fails_leaves_a_reply() -> None:
    store = ListedExamples(error=DataError("it is gone"))
    assert (await say(conversation(stub_services(store=store)), "I keep waiting."))["reply"]


# The detector of danger and the guard fail closed, and soon


async def test_r3_a_detector_that_is_left_alone_counts_as_danger_at_once() -> None:
    services = stub_services(detector={"fail": "it broke"})
    for _ in range(4):
        report = await say(conversation(services), "Hello.", country="US")
        assert report["route"] == "crisis"
    assert "left alone" in json.dumps(report["notes"])


async def test_a_guard_that_is_left_alone_lets_nothing_of_a_model_through() -> None:
    services = stub_services(guard={"fail": "it broke"})
    fixed = services.phrases.for_locale("en").replies
    for _ in range(4):
        report = await say(conversation(services), "I keep waiting.")
        assert report["reply"] in fixed
    assert "Resting" in json.dumps(report["notes"])


# The language model


def writing(services: Services, model: Writer) -> Services:
    services.models._backends["chat"] = model
    return services


@pytest.mark.parametrize("graph", ["support", "careful"])
@pytest.mark.parametrize("then", ["hang", "raise"])
async def test_without_a_first_word_a_fixed_sentence_of_the_strategy_is_said(
    then: str, graph: str, tmp_path: Path
) -> None:
    file = tmp_path / "quick.yaml"
    options = "nodes: {respond: {options: {timeout: 0.3}}}"
    file.write_text(f"name: quick\nabout: Quick.\ninclude: {graph}\n{options}\n", "utf-8")
    model = Writer("", then)
    services = writing(stub_services(example()), model)
    report = await in_time(say(conversation(services, str(file)), "I keep waiting."))
    release(model)
    strategy = Strategy(report["strategy"]["label"])
    assert report["reply"] in services.phrases.for_locale("en").fallback[strategy]
    assert services.models.host("chat").breaker.standing.failures >= 1
    assert SECRET not in json.dumps(report)


@pytest.mark.parametrize("then", ["hang", "raise"])
async def test_what_was_said_before_a_model_broke_off_stays(then: str, hurried: str) -> None:
    model = Writer("The waiting weighs on you. And then", then)
    services = writing(stub_services(), model)
    report = await in_time(say(conversation(services, hurried), "I keep waiting."))
    release(model)
    assert report["reply"] == "The waiting weighs on you."


async def test_a_hanging_language_model_holds_up_only_the_first_turns(hurried: str) -> None:
    model = Writer("", "hang")
    services = writing(stub_services(), model)
    talk = conversation(services, hurried)
    waits = [(await say(talk, "I keep waiting."))["timings"]["respond"] for _ in range(4)]
    release(model)
    assert min(waits[:2]) > 400 and max(waits[2:]) < 250 and model.calls == 2


async def test_a_profile_without_a_language_model_still_answers() -> None:
    profile = {"text_emotion": "text", "listen": "ears", "embed": "embed", "risk": "detector"}
    services = stub_services(profile=profile)
    report = await say(conversation(services), "I keep waiting.")
    assert report["reply"] in services.phrases.for_locale("en").replies


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de"])
async def test_no_fixed_sentence_is_said_twice_in_a_row(locale: str) -> None:
    services = writing(stub_services(example()), Writer("", "raise"))
    talk = conversation(services)
    texts = {"en": "I keep waiting.", "es": "Sigo esperando.", "fr": "J'attends.", "de": "Ich."}
    replies = [(await say(talk, texts[locale], locale=locale))["reply"] for _ in range(9)]
    assert all(one != other for one, other in zip(replies, replies[1:], strict=False))


def planned() -> list[Strategy]:
    return [s for s in Strategy if s not in (Strategy.SELF_DISCLOSURE, Strategy.STRUCTURING)]


@pytest.mark.parametrize("phrases", list(load_phrases()), ids=lambda phrases: phrases.language)
def test_every_strategy_that_is_planned_has_three_sentences(phrases: LocalePhrases) -> None:
    assert [s for s in planned() if len(set(phrases.fallback[s])) < 3] == []


ASKED = "The letter is late, and I keep waiting for it."
NEAR = {"strategy": "Open question", "similarity": 0.7}


async def stood_in(reply: str, said: str = ASKED, **changes: Any) -> tuple[str, Services]:
    """Return what is said without a model where this example is found."""
    found = example(**{**NEAR, "reply": reply, **changes})
    services = writing(stub_services(found), Writer("", "raise"))
    return (await say(conversation(services), said))["reply"], services


def is_fixed(reply: str, services: Services) -> bool:
    return reply in services.phrases.for_locale("en").replies


async def test_a_close_example_lends_a_sentence_in_the_persons_own_words() -> None:
    own = "What is the waiting like for you?"
    reply, _ = await stood_in(f"A hard week in Leeds. {own}")
    assert reply == own


@pytest.mark.parametrize(
    ("reply", "changes"),
    [
        ("What would the exam mean to you?", {}),
        ("What did she say about the letter?", {}),
        ("How angry has the letter made you?", {}),
        ("What is the waiting like for you?", {"similarity": 0.59}),
        ("What is the waiting like for you?", {"strategy": "Approval"}),
        ("Is the letter late for you?", {}),
        ("What has been like that for you?", {}),
        ("I keep waiting for you?", {}),
    ],
    ids=["matter", "somebody", "feeling", "far", "other_plan", "closed", "nothing", "as_person"],
)
async def test_an_example_that_does_not_fit_lends_nothing(
    reply: str, changes: dict[str, Any]
) -> None:
    said, services = await stood_in(reply, **changes)
    assert is_fixed(said, services)


async def test_an_examples_sentence_that_check_refuses_gives_way_to_a_fixed_one() -> None:
    services = stub_services(
        example(**{**NEAR, "reply": "What is the waiting like for you?"}), guard={"fail": "broken"}
    )
    report = await say(conversation(writing(services, Writer("", "raise"))), ASKED)
    assert is_fixed(report["reply"], services)


# An engine in a process of its own


class Engine(OpenVinoChat):
    """The engine's keeper, with a made engine that needs no weights."""

    how = "well"

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "tests.made_failing", self.how]


def engine(how: str) -> Engine:
    kind = type("Made", (Engine,), {"how": how})
    made: Engine = kind(
        "made", Path("none"), device="CPU", cache_gb=1, silent_s=0.3, repetition_penalty=1.0
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
    time.sleep(0.2)
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
    started = time.perf_counter()
    with pytest.raises(ModelError, match="wrote nothing for 0 s"):
        list(one.stream(HELLO))
    assert time.perf_counter() - started < 2 and one.pid is None
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
    services.models._backends["chat"] = one
    turn = asyncio.create_task(in_time(say(conversation(services, hurried), "I keep waiting.")))
    await asyncio.sleep(0.2)
    if one.pid is not None:
        os.kill(one.pid, signal.SIGKILL)
    assert is_fixed((await turn)["reply"], services)
