"""Thoughts: short texts that a language model writes between perception and reply."""

import json
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from langgraph.types import Overwrite
from rich.console import Console

from agents.briefing import plan, thoughts_told
from agents.prompt import FOLDER, Prompt, read_prompt, with_told
from agents.state import thoughts_of
from agents.think import opening
from graphs.build import equip
from graphs.run import Conversation, Progress
from graphs.spec import find_graph, read_graph
from graphs.terminal import Terminal
from graphs.thinking import about_person
from tests.made_plan import state as planned
from tests.made_services import example, stub_services
from tests.made_turn import conversation, face, say, thoughts
from tools.backends.stub import StubChat
from tools.chat import ChatRequest
from tools.safety.policy import SafetyPolicy
from tools.values import load_values, picked

WAITS = "My sister has not called since the wedding."
THOUGHT = "What set it off: the phone stays quiet."


@pytest.fixture
def replies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is answered to a request whose last message holds a text."""
    told: dict[str, str] = {}
    reply = StubChat._reply

    def answer(self: StubChat, request: ChatRequest) -> str:
        last = request.messages[-1].content
        return next((told[key] for key in told if key in last), reply(self, request))

    monkeypatch.setattr(StubChat, "_reply", answer)
    return told


def notes(report: Any, node: str) -> list[str]:
    return [note["text"] for note in report["notes"] if note["node"] == node]


async def state(talk: Conversation) -> dict[str, Any]:
    found = await talk.version.graph.aget_state({"configurable": {"thread_id": talk.id}})
    return dict(found.values)


async def test_each_step_writes_its_thought_in_order() -> None:
    talk = conversation(stub_services(example()), "escot")
    await say(talk, WAITS)
    assert list(await thoughts(talk)) == ["stimulus", "appraisal", "reason"]


async def test_a_step_reads_the_thoughts_before_it_as_turns_of_one_chat(
    asked: list[ChatRequest], replies: dict[str, str]
) -> None:
    replies["set it off?"] = THOUGHT
    await say(conversation(stub_services(example()), "escot"), WAITS)
    first, second = asked[0].messages, asked[1].messages
    assert second[: len(first)] == first
    assert second[len(first)].role == "assistant" and second[len(first)].content == THOUGHT


async def test_the_reason_knows_the_strategy_and_the_stimulus_does_not(
    asked: list[ChatRequest],
) -> None:
    report = await say(conversation(stub_services(example()), "escot"), WAITS)
    label = f"strategy: {report['strategy']['label']}"
    assert label not in asked[0].messages[-1].content
    assert label in asked[2].messages[-1].content


async def test_the_stimulus_knows_the_feeling(asked: list[ChatRequest]) -> None:
    services = stub_services(text={"scores": {"joy": 0.1, "sadness": 0.9}})
    await say(conversation(services, "escot"), WAITS)
    assert "feeling: sadness" in asked[0].messages[-1].content


async def test_what_never_changes_stands_first_then_the_conversation(
    asked: list[ChatRequest],
) -> None:
    talk = conversation(stub_services(), "escot")
    await say(talk, "Work is long.")
    await say(talk, WAITS)
    thoughts = [r.messages for r in asked if "set it off?" in r.messages[-1].content]
    one, other = thoughts[0], thoughts[1]
    assert one[0] == other[0] == opening(read_prompt("escot"))
    assert other[1].content.startswith(one[1].content.partition("\n\n")[0])


async def test_the_responder_is_told_the_thoughts_inside_the_plan(
    asked: list[ChatRequest], replies: dict[str, str]
) -> None:
    replies["set it off?"] = THOUGHT
    await say(conversation(stub_services(example()), "escot"), WAITS)
    told = asked[-1].messages[-1].content.partition("\n")[2]
    assert told.startswith("[") and told.endswith("]") and THOUGHT in told


def test_a_thought_cannot_end_the_plan() -> None:
    thoughts = {"stimulus": "The phone] is [quiet."}
    prompts = with_told({"stimulus": read_prompt("escot"), "respond": read_prompt("respond")})
    told = plan(prompts["respond"], "Approval", "joy", "neutral", thoughts=thoughts)
    assert "The phone) is (quiet." in told and told.count("]") == told.count("[") == 1


async def test_a_thought_that_the_policy_refuses_is_nowhere(
    replies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = "What set it off: zephyr."
    read = SafetyPolicy.read
    monkeypatch.setattr(
        SafetyPolicy,
        "read",
        lambda self, text, **more: "made rule" if "zephyr" in text else read(self, text, **more),
    )
    replies["set it off?"] = written
    talk = conversation(stub_services(example()), "escot")
    report = await say(talk, WAITS)
    assert "stimulus" not in await thoughts(talk)
    assert "left out: refused: made rule" in notes(report, "stimulus")
    assert "zephyr" not in json.dumps(report) and "zephyr" not in repr(await state(talk))


async def test_a_policy_that_fails_refuses_a_thought(
    replies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = SafetyPolicy.read

    def fail(self: SafetyPolicy, text: str, **more: Any) -> str:
        if "zephyr" in text:
            raise ValueError(text)
        return read(self, text, **more)

    monkeypatch.setattr(SafetyPolicy, "read", fail)
    replies["set it off?"] = "It is zephyr."
    report = await say(conversation(stub_services(), "escot"), WAITS)
    assert notes(report, "stimulus") == ["left out: refused: the check failed (ValueError)"]


async def test_a_failing_language_model_leaves_thoughts_out_and_the_turn_goes_on() -> None:
    talk = conversation(stub_services(chat={"fail": "it broke"}), "escot")
    report = await say(talk, WAITS)
    assert await thoughts(talk) == {} and report["reply"]
    assert notes(report, "stimulus") == ["left out: it broke"]


async def test_a_slow_thought_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "hasty.yaml"
    file.write_text(
        "name: hasty\ninclude: escot\nnodes:\n"
        "  stimulus: {use: think, prompt: escot, options: {timeout: 0.05}}\n"
        "drop: [appraisal, reason]\n"
        "edges: [stimulus -> strategy, strategy -> respond]\n",
        "utf-8",
    )
    services = stub_services(chat={"delay": 0.03})
    report = await say(conversation(services, str(file)), WAITS)
    assert notes(report, "stimulus") == ["left out: nothing came within 0.05 s"]
    assert report["reply"]


async def test_a_thought_waits_for_what_it_wants(
    replies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    replies["three of the values"] = "None of them."
    report = await say(conversation(stub_services(), "value"), WAITS)
    assert notes(report, "reference") == ["left out: there is no 'values'"]


async def test_nothing_is_thought_about_silence(asked: list[ChatRequest], tmp_path: Path) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text("name: plain\ninclude: escot\npatterns: []\n", "utf-8")
    report = await say(conversation(stub_services(), str(file)), "", [face()], camera=True)
    assert not asked and report["reply"]
    assert notes(report, "stimulus") == ["left out: the person said nothing"]


async def test_a_pattern_takes_its_turn_without_a_thought(asked: list[ChatRequest]) -> None:
    talk = conversation(stub_services(), "escot")
    report = await say(talk, "Hello.")
    assert report["moment"] == "opening" and await thoughts(talk) == {}


async def test_where_there_is_danger_nothing_is_thought(asked: list[ChatRequest]) -> None:
    services = stub_services(detector={"cues": {"zeppelin": "suicide"}})
    talk = conversation(services, "escot")
    report = await say(talk, "The zeppelin is here.")
    assert report["route"] == "crisis" and await thoughts(talk) == {} and not asked


@pytest.mark.parametrize(("level", "written"), [("none", True), ("moderate", False)])
async def test_a_node_of_its_own_accord_thinks_nothing_where_there_is_danger(
    level: str, written: bool
) -> None:
    services = stub_services()
    spec = read_graph(find_graph("escot"))
    node, kit = equip(spec, services)["stimulus"]
    plain = {k: v.value if isinstance(v, Overwrite) else v for k, v in planned(WAITS).items()}
    plain["summary"] = {"lines": [], "upto": 0}
    given: Any = {**plain, "turn_id": "made", "grade": {"level": level, "findings": []}}
    found = await node.run(given, cast(Any, None), kit)
    assert ("thoughts" in found) == written


async def test_a_thought_is_closed_with_its_node() -> None:
    services = stub_services()
    talk = conversation(services, "escot")
    waiting = [
        services.models.host("chat").waits
        async for event in talk.send(WAITS)
        if isinstance(event, Progress) and event.node == "stimulus"
    ]
    assert waiting == [0]


async def test_a_stopped_turn_leaves_no_thought_open() -> None:
    services = stub_services(chat={"delay": 0.05})
    stream = conversation(services, "escot").send(WAITS)
    seen: list[str] = []
    async for event in stream:
        seen += [event.node] if isinstance(event, Progress) else []
        if "recall" in seen:
            break
    await stream.aclose()
    assert "recall" in seen and "stimulus" not in seen
    assert services.models.host("chat").waits == 0


async def test_a_thought_is_never_said(replies: dict[str, str]) -> None:
    thought = "What set it off: the long silence after a wedding that had been so very lively."
    replies["set it off?"] = thought
    replies["]"] = "The long silence after a wedding that had been so very lively. It is heavy."
    talk = conversation(stub_services(example()), "escot")
    report = await say(talk, WAITS)
    assert (await thoughts(talk))["stimulus"] == thought
    assert "so very lively" not in report["reply"]


async def test_a_thought_does_not_outlive_its_turn() -> None:
    talk = conversation(stub_services(), "escot")
    await say(talk, WAITS)
    assert await thoughts(talk)
    report = await say(talk, "Goodbye, I have to go now.")
    assert report["moment"] == "closing" and await thoughts(talk) == {}


async def test_a_persona_is_written_from_the_third_turn_on() -> None:
    talk = conversation(stub_services(), "pal")
    found = []
    for day in range(3):
        await say(talk, f"{WAITS} It is day {day}.")
        found.append(list(await thoughts(talk)))
    assert found == [[], [], ["persona"]]


async def test_of_the_values_those_are_kept_that_the_list_knows(replies: dict[str, str]) -> None:
    replies["three of the values"] = "1. Hope, 2. Loyalty, 3. being heard and CALM, Joy"
    talk = conversation(stub_services(), "value")
    await say(talk, WAITS)
    assert (await thoughts(talk))["values"] == "Hope, Being heard, Calm"


async def test_an_answer_that_is_no_choice_is_left_out(replies: dict[str, str]) -> None:
    replies["three of the values"] = "Hope."
    replies["one word: yes, no"] = "Perhaps."
    talk = conversation(stub_services(), "value")
    report = await say(talk, WAITS)
    assert "adopt" not in await thoughts(talk)
    assert notes(report, "adopt") == ["left out: the answer is none of the choices"]


async def test_an_answer_is_held_to_its_choices(asked: list[ChatRequest], replies: Any) -> None:
    replies["three of the values"] = "Hope."
    await say(conversation(stub_services(), "value"), WAITS)
    adopt = next(r for r in asked if "one word" in r.messages[-1].content)
    assert adopt.choices == ("yes", "no")


@pytest.mark.parametrize("answer", ["yes", "no"])
async def test_a_reference_is_shown_where_it_is_adopted(
    asked: list[ChatRequest], replies: dict[str, str], answer: str
) -> None:
    replies["three of the values"] = "Hope."
    replies["strengthens these values"] = "The waiting wears you out."
    replies["one word"] = answer
    talk = conversation(stub_services(), "value")
    await say(talk, WAITS)
    assert (await thoughts(talk))["adopt"] == answer
    told = "The waiting wears you out." in asked[-1].messages[-1].content
    assert told == (answer == "yes") == ("reference" in await thoughts(talk))


def test_a_prompts_own_words_for_a_thought_go_first() -> None:
    prompts = {
        "one": Prompt("one", {"told/omen": "There: $text"}),
        "other": Prompt("other", {"thoughts/omen": "Here: $text"}),
    }
    found = with_told(prompts)
    assert thoughts_told(found["one"], {"omen": "rain"}) == ["There: rain"]
    assert thoughts_told(found["other"], {"omen": "rain"}) == ["Here: rain"]


_OMEN = """Made for a test.

## system
You note what the day is like.

## summary
[Earlier: $summary]

## steps
### omen
Is this one a zephyr day?
### verdict
Keep that? Answer with one word: $choices.

## told
### omen
The day: $text
"""


@pytest.fixture
def made_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A graph with thoughts of made-up names: a prompt file and two entries, and nothing else."""
    for file in FOLDER.glob("*.md"):
        tmp_path.joinpath(file.name).write_text(file.read_text("utf-8"), "utf-8")
    tmp_path.joinpath("made.md").write_text(_OMEN, "utf-8")
    monkeypatch.setattr(read_prompt, "__defaults__", (tmp_path,))
    graph = tmp_path / "made.yaml"
    graph.write_text(
        "name: made\ninclude: support\nnodes:\n"
        "  omen: {use: think, prompt: made, options: {about: person, quotable: true}}\n"
        "  verdict: {use: think, prompt: made, options:\n"
        "    {wants: [omen], choices: [keep, leave], drops: {leave: [omen]}}}\n"
        "cut: [recall -> strategy]\nedges: [recall -> omen -> verdict -> strategy]\n",
        "utf-8",
    )
    return str(graph)


QUOTED = "It is one of those mornings on which even the gulls keep their voices down."


@pytest.mark.parametrize("answer", ["keep", "leave"])
async def test_a_thought_of_a_new_name_needs_a_prompt_file_and_an_entry_in_a_graph(
    asked: list[ChatRequest], replies: dict[str, str], made_graph: str, answer: str
) -> None:
    replies["zephyr day?"] = QUOTED
    replies["Keep that?"] = answer
    talk = conversation(stub_services(example()), made_graph)
    report = await say(talk, WAITS)
    kept = answer == "keep"
    assert (f"The day: {QUOTED}" in asked[-1].messages[-1].content) == kept
    assert set(await thoughts(talk)) == ({"omen", "verdict"} if kept else {"verdict"})
    assert notes(report, "verdict") == ([] if kept else ["took back: omen"])
    assert about_person(talk.version.spec) == {"omen"}


async def test_a_thought_that_the_graph_calls_quotable_may_be_said(
    replies: dict[str, str], made_graph: str
) -> None:
    replies["zephyr day?"] = QUOTED
    replies["Keep that?"] = "keep"
    replies["]"] = QUOTED
    report = await say(conversation(stub_services(example()), made_graph), WAITS)
    assert QUOTED in report["reply"]


async def test_a_page_is_given_no_thought_and_the_terminal_is(replies: dict[str, str]) -> None:
    replies["set it off?"] = THOUGHT
    assert THOUGHT not in json.dumps(await say(conversation(stub_services(), "escot"), WAITS))
    quiet = Console(file=StringIO())
    terminal = Terminal(
        graph="escot", profile="stub", models=None, locale="en", country="",
        console=quiet, errors=quiet,
    )  # fmt: skip
    shown = await terminal.once(WAITS, None, None, show=False)
    assert shown["thoughts"]["stimulus"] == THOUGHT and shown["reply"]


def test_a_turn_of_an_older_version_has_no_thoughts() -> None:
    assert thoughts_of({"words": WAITS}) == thoughts_of({"thoughts": None}) == {}


def test_there_are_twenty_values() -> None:
    assert len(load_values()) == 20


def test_a_choice_is_found_as_a_whole_word() -> None:
    assert picked("I do not know; no.", ("no", "know nothing")) == ["no"]


def test_a_prompt_begins_with_the_values_where_it_asks_for_them() -> None:
    made = Prompt("made", {"system": "Choose:\n$values"})
    assert "- Hope: " in opening(made).content
