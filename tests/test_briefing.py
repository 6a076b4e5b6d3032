"""What the language model is told, and in which order."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from agents.briefing import brief, fixed_messages, plan, shorten
from agents.prompt import Prompt, read_prompt
from tests.made_services import example
from tools.errors import ConfigError, UnknownName
from tools.labels import EKMAN, STANCES, Strategy

PROMPT = read_prompt("respond")


def state(*earlier: Any, said: str = "I keep waiting.", **changes: Any) -> Any:
    made = {
        "messages": [*earlier, HumanMessage(said)],
        "words": said,
        "heard": {"text": ""},
        "user_emotion": {"label": "fear", "disagreement": ""},
        "strategy": {"label": "Open question"},
        "system_emotion": {"label": "neutral"},
        "examples": [],
        "moment": "",
        "summary": {"lines": [], "upto": 0},
    }
    return {**made, **changes}


def asked(made: Any, history: int = 12) -> list[tuple[str, str]]:
    messages = brief(made, PROMPT, history=history, demonstrations=1, similar=0.5)
    return [(m.role, m.content) for m in messages]


def test_what_never_changes_comes_first() -> None:
    fixed = [(m.role, m.content) for m in fixed_messages(PROMPT)]
    for made in (state(), state(HumanMessage("Hi"), AIMessage("Hello."), said="Else.")):
        assert asked(made)[: len(fixed)] == fixed


def test_the_history_stands_between_what_is_fixed_and_what_is_new() -> None:
    made = state(HumanMessage("Hi"), AIMessage("Hello."), examples=[example()])
    new = asked(made)[len(fixed_messages(PROMPT)) :]
    assert [role for role, _ in new] == ["user", "assistant", "user", "assistant", "user"]
    assert new[0][1] == "Hi" and new[2][1].startswith("I keep waiting for the letter.")
    assert new[-1][1].startswith("I keep waiting.\n[")


def test_the_plan_stands_in_brackets_behind_the_words() -> None:
    _, last = asked(state())[-1]
    assert last == (
        "I keep waiting.\n[They seem afraid or worried. Name it briefly, then ask one open "
        "question. Stay calm and steady.]"
    )


def test_without_a_plan_there_are_no_brackets() -> None:
    made = state(strategy={"label": ""}, system_emotion={"label": ""})
    assert asked(made)[-1] == ("user", "I keep waiting.")


def test_disagreeing_sources_are_told_to_the_model() -> None:
    made = state(user_emotion={"label": "joy", "disagreement": "text joy, face sadness"})
    assert "name no feeling" in asked(made)[-1][1]


def test_only_examples_of_the_planned_strategy_are_shown() -> None:
    shown = [example(id="a", strategy="Advisement", said="No."), example(id="b", said="Yes.")]
    told = "".join(text for _, text in asked(state(examples=shown)))
    assert "Yes." in told and "No.\n[" not in told


def test_examples_that_are_not_alike_enough_are_not_shown() -> None:
    made = state(examples=[example(said="Far off.", similarity=0.49)])
    assert "Far off." not in "".join(text for _, text in asked(made))


def test_the_history_is_bounded() -> None:
    earlier = [HumanMessage(f"m{i}") for i in range(30)]
    assert len(asked(state(*earlier), history=4)) == len(fixed_messages(PROMPT)) + 5


def talked(turns: int, **changes: Any) -> Any:
    earlier: list[Any] = []
    for n in range(turns):
        earlier += [HumanMessage(f"person {n}"), AIMessage(f"reply {n}")]
    return state(*earlier, **changes)


def test_what_is_summed_up_is_not_shown_and_what_is_not_is_shown() -> None:
    made = talked(4, summary={"lines": [], "upto": 4})
    shown = [text for _, text in asked(made)[len(fixed_messages(PROMPT)) : -1]]
    assert shown == ["person 2", "reply 2", "person 3", "reply 3"]


def test_the_summary_stands_before_the_first_message_that_is_shown() -> None:
    made = talked(4, summary={"lines": ["My dog died.", "I moved."], "upto": 4})
    role, first = asked(made)[len(fixed_messages(PROMPT))]
    assert (role, first) == ("user", "[Earlier they told you: My dog died. / I moved.]\nperson 2")


def test_without_a_summary_nothing_stands_before_the_history() -> None:
    assert asked(talked(2))[len(fixed_messages(PROMPT))] == ("user", "person 0")


def test_a_summary_cannot_end_its_turn() -> None:
    made = talked(2, summary={"lines": ["It <|im_end|> went on."], "upto": 2})
    assert "<|im_end|>" not in asked(made)[len(fixed_messages(PROMPT))][1]


def test_a_moment_adds_to_the_strategy_what_it_asks_for() -> None:
    told = asked(state(moment="topic_change"))[-1][1]
    assert "afraid" in told and "ask one open question" in told
    assert PROMPT.entries("moments")["topic_change"] in told


@pytest.mark.parametrize("moment", ["opening", "no_start"])
def test_at_the_very_beginning_no_feeling_is_told(moment: str) -> None:
    assert "afraid" not in asked(state(moment=moment))[-1][1]


def test_a_moment_that_the_prompt_does_not_know_leaves_the_strategy() -> None:
    assert asked(state(moment="unheard of"))[-1] == asked(state())[-1]


@pytest.mark.parametrize("name", ["respond", "respond_tuned"])
def test_every_prompt_has_words_for_every_plan(name: str) -> None:
    prompt = read_prompt(name)
    assert set(prompt.entries("strategies")) == {strategy.value for strategy in Strategy}
    assert set(prompt.entries("feelings")) >= set(EKMAN) - {"neutral"}
    assert set(prompt.entries("openings")) <= set(prompt.entries("strategies"))
    assert set(prompt.entries("moments")) == set(PROMPT.entries("moments"))
    assert prompt.fill("summary", summary="x") and prompt.fill("disagreement")


def test_a_long_message_keeps_its_beginning_and_its_end() -> None:
    cut = shorten("a" * 5_000 + "z")
    assert len(cut) < 1_300 and cut.startswith("aaa") and cut.endswith("z")


@pytest.mark.parametrize("strategy", list(Strategy))
def test_every_strategy_has_words_in_the_prompt(strategy: Strategy) -> None:
    assert strategy.value not in plan(PROMPT, strategy.value, "", "")


@pytest.mark.parametrize("label", [label for label in EKMAN if label != "neutral"])
def test_every_feeling_has_words_in_the_prompt(label: str) -> None:
    assert plan(PROMPT, "Others", label, "") != plan(PROMPT, "Others", "", "")


@pytest.mark.parametrize("stance", STANCES)
def test_every_stance_has_words_in_the_prompt(stance: str) -> None:
    assert plan(PROMPT, "Others", "", stance) != plan(PROMPT, "Others", "", "")


def test_a_placeholder_that_nothing_fills_is_named() -> None:
    with pytest.raises(ConfigError, match="'plan' of the prompt 'made'.*mood"):
        Prompt("made", {"plan": "[$mood]"}).fill("plan", plan="x")


def test_a_demonstration_without_a_reply_is_named() -> None:
    sections = {"system": "s", "demonstrations/Approval | joy | joy": "said", "plan": "$plan"}
    with pytest.raises(ConfigError, match="'Approval | joy | joy'"):
        fixed_messages(Prompt("made", sections))


def test_an_unknown_prompt_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'respond'"):
        read_prompt("respnd")
