"""The graphs of the seed papers: their order, their safety, and what their page says of them."""

import re
from pathlib import Path

import networkx
import pytest

from agents.library import NODES
from agents.prompt import read_prompt
from graphs.check import problems
from graphs.draw import mermaid
from graphs.paths import Paths
from graphs.spec import START, GraphSpec, find_graph, read_graph
from graphs.warm import _openings, warm
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say
from tools.backends.chat_strategy import Options as ChatStrategyOptions
from tools.backends.chat_strategy import request as strategy_request
from tools.chat import ChatRequest
from tools.situation import Situation

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "paper_graphs.md").read_text("utf-8")
SAID = "My sister has not called since the wedding."

ORDERS = {
    "smes": ["clue", "fusion", "strategy", "system_emotion", "respond"],
    "multimood": ["fusion", "system_emotion", "strategy", "respond"],
    "direct": ["fusion", "respond"],
    "esconv_joint": ["strategy", "respond"],
    "escot": ["fusion", "stimulus", "appraisal", "strategy", "reason", "respond"],
    "pal": ["persona", "strategy", "respond"],
    "value": ["fusion", "values", "reference", "adopt", "strategy", "respond"],
}
"""The steps of each paper, in its order."""

STEPS = {"clue", "fusion", "strategy", "system_emotion", "respond"}


def spec_of(name: str) -> GraphSpec:
    return read_graph(find_graph(name))


@pytest.mark.parametrize("name", ORDERS)
def test_the_steps_run_in_the_order_of_the_paper(name: str) -> None:
    spec = spec_of(name)
    steps = {n for n in spec.nodes if n in STEPS or spec.used(n) == "think"}
    arrows = Paths(spec).arrows
    arrows.remove_edges_from(list(arrows.out_edges("check")))  # the speaking loop leads back
    found = [n for n in networkx.topological_sort(arrows) if n in steps]
    assert found == ORDERS[name]


@pytest.mark.parametrize("name", ORDERS)
def test_the_checker_accepts_it(name: str) -> None:
    assert problems(spec_of(name), stub_services().models) == []


@pytest.mark.parametrize("name", ORDERS)
def test_no_step_runs_before_the_typed_words_are_screened(name: str) -> None:
    paths = Paths(spec_of(name))
    open_ = paths.reach(START, without=paths.screens("words"))
    assert open_ <= paths.of("begin")


@pytest.mark.parametrize("name", ORDERS)
async def test_it_answers_and_says_nothing_that_was_not_checked(name: str) -> None:
    talk = conversation(stub_services(example()), name)
    reports = [await say(talk, f"{SAID} It is day {day}.") for day in range(3)]
    assert all(report["reply"] and report["route"] == "support" for report in reports)
    assert not [note for r in reports for note in r["notes"] if "node failed" in note["text"]]


@pytest.mark.parametrize("name", ORDERS)
async def test_danger_leads_to_the_crisis_reply(name: str) -> None:
    services = stub_services(detector={"cues": {"zeppelin": "suicide"}})
    report = await say(conversation(services, name), "The zeppelin is here.")
    assert report["route"] == "crisis"


@pytest.mark.parametrize("name", ORDERS)
def test_it_can_be_drawn(name: str) -> None:
    drawn = mermaid(spec_of(name))
    assert all(step in drawn for step in ORDERS[name])


async def test_esconv_joint_tells_the_responder_no_feeling(asked: list[ChatRequest]) -> None:
    services = stub_services(example(), text={"scores": {"sadness": 0.9, "joy": 0.1}})
    report = await say(conversation(services, "esconv_joint"), SAID)
    assert report["user_emotion"]["label"] == "unknown" and report["readings"] == {}
    last = asked[-1].messages[-1].content
    feelings = read_prompt("respond").entries("feelings").values()
    assert "[" in last and not [text for text in feelings if text in last]


async def test_direct_tells_the_responder_no_plan(asked: list[ChatRequest]) -> None:
    await say(conversation(stub_services(example()), "direct"), SAID)
    assert asked[-1].messages[-1].content == SAID


def test_a_planner_that_asks_a_language_model_shows_it_the_thoughts() -> None:
    situation = Situation(said=SAID, thoughts={"clue": "It is possible that they look sad."})
    asked = strategy_request(situation, ["Approval"], ChatStrategyOptions())
    assert "Clue: It is possible that they look sad." in asked.messages[-1].content


@pytest.mark.parametrize("name", ["escot", "pal", "value"])
def test_a_prompt_says_how_each_of_its_thoughts_is_told(name: str) -> None:
    prompt = read_prompt(name)
    decides = {"adopt"}  # on another one
    assert set(prompt.entries("told")) == set(prompt.entries("steps")) - decides


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("nodes: {stimulus: {use: think}}", "'stimulus' has no prompt"),
        ("nodes: {stimulus: {use: think, prompt: pal}}", "unknown step of the prompt 'pal'"),
        (
            "nodes: {reason: {use: think, prompt: escot, options: {step: stimulus}}}",
            "both write the thought 'stimulus'",
        ),
        (
            "nodes: {reason: {use: think, prompt: escot, options: {wants: [stimulos]}}}",
            "did you mean 'stimulus'",
        ),
        ("nodes: {reason: {use: think, prompt: nowhere}}", "unknown prompt 'nowhere'"),
        (
            "nodes: {reason: {use: think, prompt: escot, options: {choices: [a], drops: "
            "{a: [stimulus]}}}}",
            "takes back 'stimulus'; name it under `wants` as well",
        ),
        (
            "nodes: {reason: {use: think, prompt: escot, options: {choices: [a], wants: [stimulus],"
            " drops: {b: [stimulus]}}}}",
            "for 'b', which is none of its `choices`",
        ),
    ],
)
def test_a_thought_that_cannot_be_is_refused(change: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "made.yaml"
    file.write_text(f"name: made\ninclude: escot\n{change}\n", "utf-8")
    assert told in " ".join(problems(read_graph(file)))


async def test_every_prompt_of_the_language_model_is_warmed_that_of_the_reply_at_last(
    asked: list[ChatRequest],
) -> None:
    services = stub_services()
    version = conversation(services, "escot").version
    assert await warm(services, version) == []
    assert [r.messages[:-1] for r in asked] == _openings(
        version, {n: read_prompt(e.prompt or "respond") for n, e in version.spec.nodes.items()}
    )
    system = [r.messages[0].content for r in asked]
    assert system == [read_prompt(n).sections["system"] for n in ("escot", "respond")]


def test_every_node_that_thinks_may_be_named_in_a_file() -> None:
    assert {"think", "clue"} <= set(NODES)


VARIANTS = re.findall(r"^```yaml\n(name: .*?)^```$", PAGE, re.M | re.S)


@pytest.mark.parametrize("text", VARIANTS, ids=lambda text: text.split("\n")[0])
async def test_every_graph_that_the_page_shows_is_accepted_and_answers(
    text: str, tmp_path: Path
) -> None:
    file = tmp_path / "variant.yaml"
    file.write_text(text, "utf-8")
    report = await say(conversation(stub_services(example()), str(file)), SAID)
    assert report["reply"]
    left = [note for note in report["notes"] if "node failed" in note["text"]]
    assert not left


def test_the_page_shows_the_variants_of_escot_and_the_ablation_of_the_clue() -> None:
    names = {text.splitlines()[0].removeprefix("name: ") for text in VARIANTS}
    assert {"escot_em_sr_re", "escot_sr_re", "escot_re", "smes_no_clue"} <= names


def test_the_page_tells_of_every_graph() -> None:
    assert all(f"`{name}`" in PAGE for name in ORDERS)
