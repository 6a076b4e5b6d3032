"""The stage of a conversation: counted, and moved by what was tried and by what a person shows."""

import pytest

from agents.stage import stage
from tests.made_plan import felt, state
from tools.labels import Stage
from tools.stage import asks_advice, stage_at, tells_relief

ASKED, APPROVED, GREETED = "Open question", "Approval", "Others"


def test_a_conversation_explores_then_comforts_then_acts() -> None:
    assert [stage_at(turn).value for turn in (1, 3, 4, 7, 8)] == [
        "exploration", "exploration", "comforting", "comforting", "action",
    ]  # fmt: skip


def test_who_asks_what_to_do_is_at_action() -> None:
    assert stage_at(1, asks=True) is Stage.ACTION


def test_a_greeting_counts_for_nothing() -> None:
    assert stage_at(4, [GREETED, ASKED, ASKED]) is Stage.EXPLORATION


def test_comforting_waits_until_something_was_asked_but_not_for_ever() -> None:
    assert stage_at(4, [APPROVED] * 3) is Stage.EXPLORATION
    assert stage_at(6, [APPROVED] * 5) is Stage.COMFORTING
    assert stage_at(4, [APPROVED, ASKED, APPROVED]) is Stage.COMFORTING


def test_who_is_easier_gets_to_action_earlier() -> None:
    tried = [ASKED, APPROVED] * 3
    assert stage_at(6, tried[:5]) is Stage.COMFORTING
    assert stage_at(6, tried[:5], eases=True) is Stage.ACTION
    assert stage_at(5, tried[:4], eases=True) is Stage.COMFORTING


def test_being_easier_ends_no_exploration() -> None:
    assert stage_at(3, [ASKED, ASKED], eases=True) is Stage.EXPLORATION


@pytest.mark.parametrize("said", ["What should I do?", "How do I tell her?", "Was soll ich tun?"])
def test_asking_for_advice_is_heard(said: str) -> None:
    assert asks_advice(said)


def test_telling_of_a_question_is_not_asking_for_advice() -> None:
    assert not asks_advice("She did not know what I do all day.")


@pytest.mark.parametrize("said", ["That helps.", "I feel better now", "Honestly I’m relieved"])
def test_relief_is_heard(said: str) -> None:
    assert tells_relief(said)


@pytest.mark.parametrize("said", ["I don't feel better", "It is not that I'm relieved", "So what"])
def test_relief_that_is_denied_is_none(said: str) -> None:
    assert not tells_relief(said)


def test_the_stage_of_a_turn_takes_in_what_was_tried_and_what_is_felt() -> None:
    tried = (ASKED, APPROVED, ASKED, APPROVED, ASKED)
    glad = state("We laughed.", turn=6, tried=tried, feels=felt(joy=0.9))
    assert stage(glad) is Stage.ACTION
    doubtful = state("We laughed.", turn=6, tried=tried, feels=felt("they disagree", joy=0.9))
    assert stage(doubtful) is Stage.COMFORTING
