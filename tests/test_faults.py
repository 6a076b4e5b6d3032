"""Every node in turn raises, hangs and returns rubbish; somebody still gets an answer (R1, R3)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, cast

import pytest
from langchain_core.messages import AIMessage

from agents.context import Context, Services, Update
from agents.library import NODES
from agents.node import Node
from graphs.run import Conversation, Progress, TurnReport
from graphs.shelf import Shelf, Version
from graphs.spec import find_graph, read_graph
from tests.made_risk import finding
from tests.made_services import example, stub_services
from tests.made_turn import conversation, face, say, voice
from tests.test_crisis import disclosure
from tools.backends.stub import _OPENINGS, _QUESTIONS
from tools.errors import ModelError, WeightsError
from tools.safety.course import untroubled
from tools.safety.detector import Estimate

SECRET = "Zanzibar"
ALOUD = "lighthouse"
"""What the stub detector takes for danger, so that a recording may hold it."""

STUB_SENTENCES = [*chain(_OPENINGS, _QUESTIONS)]
NODE_NAMES = list(read_graph(find_graph("support")).nodes)
Fault = Callable[[Node, Any], Any]


class _Rubbish:
    """Something that no checkpoint can hold."""


async def _raise(node: Node, state: Any) -> Update:
    raise RuntimeError(f"cannot read {SECRET}")


async def _give_up(node: Node, state: Any) -> Update:
    raise asyncio.CancelledError


async def _hang(node: Node, state: Any) -> Update:
    await asyncio.Event().wait()
    return {}


async def _none(node: Node, state: Any) -> Any:
    return None


async def _text(node: Node, state: Any) -> Any:
    return SECRET


async def _nothing(node: Node, state: Any) -> Update:
    return {}


async def _bare_route(node: Node, state: Any) -> Update:
    return {"route": "deliver" if node.duty == "check" else "support"}


async def _unknown_route(node: Node, state: Any) -> Update:
    return {"route": SECRET}


def _filled(value: Any) -> Fault:
    async def fill(node: Node, state: Any) -> Update:
        return dict.fromkeys(node.writes, value)

    return fill


async def _not_a_number(node: Node, state: Any) -> Update:
    nan = float("nan")
    label = {"label": "joy", "scores": {"joy": nan}, "why": ""}
    return {
        key: {
            "user_emotion": {**label, "confidence": nan, "sources": {}, "disagreement": ""},
            "strategy": label,
            "system_emotion": label,
            "examples": [example(similarity=nan)],
        }.get(key, nan)
        for key in node.writes
    }


async def _of_others(node: Node, state: Any) -> Update:
    """Write what is not this node's to write."""
    foreign: Update = {
        "messages": [AIMessage(SECRET)],
        "said": [SECRET],
        "risk": untroubled(),
        "route": "support",
        "words": "Hello.",
    }
    return {key: value for key, value in foreign.items() if key not in node.writes}


async def _no_draft(node: Node, state: Any) -> Update:
    """Send to `check` what never comes, again and again."""
    ticket = {"turn": state["turn_id"], "index": 7, "last": False, "fixed": True}
    mine: Update = {"candidate": ticket, "writer": "respond", "route": "crisis"}
    return {key: value for key, value in mine.items() if key in node.writes}


FAULTS: dict[str, Fault] = {
    "raises": _raise,
    "gives_up": _give_up,
    "hangs": _hang,
    "none": _none,
    "text": _text,
    "nothing": _nothing,
    "bare_route": _bare_route,
    "unknown_route": _unknown_route,
    "numbers": _filled(7),
    "nones": _filled(None),
    "objects": _filled(_Rubbish()),
    "giant": _filled("x" * 1_100_000),
    "nan": _not_a_number,
    "of_others": _of_others,
    "no_draft": _no_draft,
}

COMMON = ("raises", "hangs", "none", "nones", "giant", "nan", "of_others")
"""Those that every node is tried with; nodes with a duty are tried with all."""

GUARDING = ("begin_turn", "screen", "crisis", "check", "deliver")


class Broken:
    """The graph `support` on stub models, with one node that can be broken and mended."""

    def __init__(self, name: str) -> None:
        self.fault: Fault | None = None
        self.services = stub_services(
            example(), ears={"text": ALOUD}, detector={"cues": {ALOUD: "suicide"}}
        )
        spec = read_graph(find_graph("support"))
        node = NODES[spec.used(name)]

        async def run(state: Any, runtime: Any, kit: Any) -> Update:
            if self.fault is None or kit.name != name:
                return await node.run(state, runtime, kit)
            return await self.fault(node, state)  # type: ignore[no-any-return]

        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(NODES, node.name, replace(node, run=run))
            patch.setattr("graphs.build.patience", lambda options: 0.1)
            self.version: Version = Shelf(self.services, _saver()).compile(spec)

    def talk(self) -> Conversation:
        return Conversation(self.version, self.services)


def _saver() -> Any:
    from graphs.keeping.saver import Saver

    return Saver()


@cache
def broken(name: str) -> Broken:
    return Broken(name)


def holds_block(report: TurnReport) -> bool:
    """Say whether the people who help in a suicidal crisis are named, with their number."""
    return "988 Suicide & Crisis Lifeline: call 988" in report["reply"]


def nothing_leaks(report: TurnReport) -> bool:
    return SECRET not in repr(report)


def is_safe(services: Services, report: TurnReport) -> bool:
    """Say whether a reply has a sentence, and holds nothing that no check has let through."""
    fixed = services.phrases.for_locale("en")
    spare = [*fixed.replies, *STUB_SENTENCES]
    held = holds_block(report) or any(sentence in report["reply"] for sentence in spare)
    return held and nothing_leaks(report)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", GUARDING)
async def test_r1_a_fault_anywhere_leaves_the_resources_in_a_typed_crisis_turn(
    name: str, fault: str
) -> None:
    graph = broken(name)
    talk, graph.fault = graph.talk(), FAULTS[fault]
    report = await say(talk, disclosure("high"), country="US")
    assert report["route"] == "crisis" and holds_block(report) and nothing_leaks(report)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["screen", "face_emotion", "voice_emotion", "screen_heard"])
async def test_r1_a_fault_anywhere_leaves_the_resources_when_danger_was_said_aloud(
    name: str, fault: str
) -> None:
    graph = broken(name)
    talk, graph.fault = graph.talk(), FAULTS[fault]
    clips = [voice(), face()]
    report = await say(talk, "", clips, microphone=True, camera=True, country="US")
    assert report["route"] == "crisis" and holds_block(report) and nothing_leaks(report)


@pytest.mark.parametrize("fault", ["raises", "hangs", "nones"])
@pytest.mark.parametrize("name", ["crisis", "check"])
async def test_r1_a_fault_in_a_later_crisis_turn_shows_the_resources_again(
    name: str, fault: str
) -> None:
    graph = broken(name)
    talk, graph.fault = graph.talk(), None
    await say(talk, disclosure("high"), country="US")
    graph.fault = FAULTS[fault]
    report = await say(talk, disclosure("high"), country="US")
    assert report["route"] == "crisis" and holds_block(report)


@pytest.mark.parametrize(
    ("name", "fault"),
    [(n, f) for n in NODE_NAMES for f in FAULTS if f in COMMON or n in GUARDING],
)
async def test_r3_a_fault_in_an_ordinary_turn_leaves_a_safe_reply(name: str, fault: str) -> None:
    graph = broken(name)
    talk, graph.fault = graph.talk(), FAULTS[fault]
    report = await say(talk, "I keep waiting for the letter.", country="US")
    assert is_safe(graph.services, report)


@pytest.mark.parametrize("fault", FAULTS)
async def test_r3_a_screen_that_does_not_say_what_it_found_counts_as_danger(fault: str) -> None:
    graph = broken("screen")
    talk, graph.fault = graph.talk(), FAULTS[fault]
    report = await say(talk, "I keep waiting for the letter.", country="US")
    assert report["route"] == "crisis" and holds_block(report)
    assert report["risk"]["dangers"]["unscreened"]["level"] == "moderate"


@pytest.mark.parametrize("fault", ["raises", "nones", "of_others"])
@pytest.mark.parametrize("name", NODE_NAMES)
async def test_after_a_fault_the_talk_goes_on_as_if_nothing_had_been(name: str, fault: str) -> None:
    graph = broken(name)
    talk, graph.fault = graph.talk(), FAULTS[fault]
    await say(talk, "I keep waiting for the letter.", country="US")
    graph.fault = None
    report = await say(talk, disclosure("high"), country="US")
    assert report["route"] == "crisis" and report["risk"]["peak"] == "high"
    assert not [note for note in report["notes"] if "failed" in note["text"]]


async def test_r12_a_screen_that_forgets_the_danger_does_not_lower_the_peak() -> None:
    async def forget(node: Node, state: Any) -> Update:
        return {
            "grade": {"level": "none", "findings": []},
            "risk": untroubled(),
            "route": "support",
        }

    graph = broken("screen")
    talk, graph.fault = graph.talk(), None
    await say(talk, disclosure("high"), country="US")
    graph.fault = forget
    report = await say(talk, "I keep waiting for the letter.")
    assert report["risk"]["peak"] == "high"


async def test_a_fault_is_a_note_that_tells_nobodys_words() -> None:
    graph = broken("fusion")
    talk, graph.fault = graph.talk(), FAULTS["raises"]
    report = await say(talk, "I keep waiting for the letter.")
    assert {"node": "fusion", "text": "the node failed: RuntimeError"} in report["notes"]


async def test_a_reply_that_comes_to_no_end_is_cut() -> None:
    graph, texts = broken("respond"), iter(range(1_000_000))

    async def chatter(node: Node, state: Any) -> Update:
        drafts = graph.services.drafts
        text = f"That is a lot to carry, {next(texts)} times over."
        ticket = drafts.put(state["turn_id"], len(state["said"]), text, fixed=True)
        return {"candidate": ticket, "writer": "respond"}

    talk, graph.fault = graph.talk(), chatter
    report = await say(talk, "I keep waiting for the letter.")
    assert any("comes to no end" in note["text"] for note in report["notes"])


async def test_a_turn_that_is_stopped_is_not_taken_for_a_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    graph, reached = broken("fusion"), asyncio.Event()

    async def linger(node: Node, state: Any) -> Update:
        reached.set()
        await asyncio.Event().wait()
        return {}

    talk, graph.fault = graph.talk(), linger
    stream = talk.send("I keep waiting for the letter.", context=Context(disclosed=True))

    async def follow() -> None:
        async for _ in stream:
            pass

    task = asyncio.create_task(follow())
    await asyncio.wait_for(reached.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "failed" not in caplog.text


# The detector


@pytest.mark.parametrize(
    "options", [{"fail": "the weights are not there"}, {"delay": 30.0}], ids=["fails", "hangs"]
)
async def test_r3_a_detector_that_fails_or_hangs_shows_the_resources(
    options: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "hurried.yaml"
    text = "name: hurried\ninclude: support\nnodes: {screen: {options: {timeout: 1}}}\n"
    file.write_text(text, "utf-8")
    talk = conversation(stub_services(detector=options), str(file))
    report = await say(talk, "Hello.", country="US")
    assert report["route"] == "crisis" and holds_block(report)
    assert report["risk"]["level"] == "moderate"


async def test_r3_a_detector_without_weights_shows_the_resources() -> None:
    services = stub_services()

    def load(*_: Any) -> Any:
        raise WeightsError("the weights are not there")

    services.models.host("detector")._load = load
    report = await say(conversation(services), "Hello.", country="US")
    assert report["route"] == "crisis" and holds_block(report)
    assert any("the weights are not there" in note["text"] for note in report["notes"])


async def test_r3_a_profile_without_a_detector_shows_the_resources() -> None:
    profile = {"text_emotion": "text", "listen": "ears", "embed": "embed", "respond": "chat"}
    report = await say(conversation(stub_services(profile=profile)), "Hello.", country="US")
    assert report["route"] == "crisis" and holds_block(report)


@pytest.mark.parametrize(
    "rubbish",
    [
        None,
        0.2,
        {"score": 0.0},
        Estimate(0.0, [{"danger": "suicide"}]),  # type: ignore[typeddict-item]
        Estimate(0.0, [finding("storm")]),
        Estimate(0.0, [finding(level="enormous")]),
        Estimate(0.0, cast(Any, "none")),
        Estimate(float("nan")),
        Estimate(cast(Any, "low")),
    ],
    ids=repr,
)
async def test_r3_a_detector_that_returns_rubbish_shows_the_resources(rubbish: Any) -> None:
    services = stub_services()
    services.models.backend("detector").predict = lambda items: [rubbish] * len(items)
    report = await say(conversation(services), "Hello.", country="US")
    assert report["route"] == "crisis" and holds_block(report)


# What lies around the nodes


def raise_always(*_: Any, **__: Any) -> Any:
    raise RuntimeError(f"cannot read {SECRET}")


@pytest.mark.parametrize("what", ["agents.crisis.resources", "agents.lifeline.resources"])
async def test_r1_resources_that_cannot_be_looked_up_are_taken_from_the_spare(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = conversation(stub_services())
    monkeypatch.setattr(what, raise_always)
    if "lifeline" in what:
        monkeypatch.setattr("agents.crisis.resources", raise_always)
    report = await say(talk, disclosure("high"), country="US")
    assert "findahelpline.com" in report["reply"] or holds_block(report)


@pytest.mark.parametrize("locale", ["es", "fr", "de"])
async def test_r1_the_spare_speaks_the_language_of_the_conversation(
    locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = stub_services()
    talk = conversation(services)
    monkeypatch.setattr("agents.crisis.resources", raise_always)
    monkeypatch.setattr("agents.lifeline.resources", raise_always)
    report = await say(talk, disclosure("high"), locale=locale)
    intro = services.phrases.for_locale(locale).wordings("general", "resources_intro").values()
    assert next(iter(intro)) in report["reply"] and "findahelpline.com" in report["reply"]


@pytest.mark.parametrize("lost", ["agents.crisis.crisis_reply", "agents.check._refusal"])
async def test_r1_a_fault_inside_crisis_or_check_leaves_the_resources(
    lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = conversation(stub_services())
    monkeypatch.setattr(lost, raise_always)
    report = await say(talk, disclosure("high"), country="US")
    assert holds_block(report) and nothing_leaks(report)


async def test_r1_a_policy_that_refuses_everything_leaves_the_resources() -> None:
    services = stub_services()
    talk = conversation(services)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(services.policy), "read", lambda *_, **__: "everything")
        report = await say(talk, disclosure("high"), country="US")
    assert holds_block(report)


@pytest.mark.parametrize("method", ["aput", "aput_writes", "aget_tuple"])
async def test_r1_a_checkpointer_that_fails_leaves_the_resources(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = conversation(stub_services())
    monkeypatch.setattr(talk.version.graph.checkpointer, method, raise_always)
    report = await say(talk, disclosure("high"), country="US")
    assert report["route"] == "crisis" and holds_block(report) and nothing_leaks(report)
    assert report["risk"]["peak"] == "high"


async def test_a_checkpointer_that_fails_is_one_kind_sentence_in_an_ordinary_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = conversation(stub_services())
    monkeypatch.setattr(talk.version.graph.checkpointer, "aget_tuple", raise_always)
    with pytest.raises(ModelError, match="please send your message again"):
        await say(talk, "I keep waiting for the letter.")


async def test_r1_a_graph_that_fails_as_a_whole_leaves_the_resources() -> None:
    class Gone:
        def __getattr__(self, name: str) -> Any:
            return raise_always

    talk = conversation(stub_services())
    talk.version = replace(talk.version, graph=Gone())  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Gone, "astream", _break, raising=False)
        report = await say(talk, disclosure("high"), country="US")
    assert report["route"] == "crisis" and holds_block(report)


async def _break(*_: Any, **__: Any) -> Any:
    raise RuntimeError(f"cannot read {SECRET}")
    yield


@pytest.mark.parametrize("node", ["screen", "crisis"])
async def test_r12_a_disclosure_whose_answer_was_stopped_is_not_forgotten(node: str) -> None:
    talk = conversation(stub_services())
    stream = talk.send(disclosure("high"), context=Context(country="US", disclosed=True))
    async for event in stream:
        if isinstance(event, Progress) and event.node == node:
            break
    await stream.aclose()
    report = await say(talk, "Never mind.", country="US")
    assert report["risk"]["peak"] == "high" and report["route"] == "crisis"
