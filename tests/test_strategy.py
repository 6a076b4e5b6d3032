"""The node `strategy`: what may not be used, what stage and message invite, and the reason."""

import pytest

from agents.strategy import strategy
from tests.made_plan import Answering, chosen, felt, plan, state
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say
from tools.errors import ModelError
from tools.labels import MASKED, Strategy

QUESTION, APPROVAL, ADVICE = "Open question", "Approval", "Advisement"
WAITING = "I keep waiting."


def surely(label: str) -> Answering:
    return Answering({label: 1.0})


@pytest.mark.parametrize("label", sorted(MASKED))
async def test_a_masked_strategy_is_never_planned_for_a_person(label: Strategy) -> None:
    found = await chosen(strategy, state(WAITING), host=surely(label.value), votes=1.0)
    assert found["scores"][label] == 0.0 and found["label"] not in MASKED


async def test_every_strategy_may_be_planned_for_nobody() -> None:
    host = surely("Self-disclosure")
    found = await chosen(strategy, state(WAITING), host=host, unmasked=True)
    assert found["label"] == "Self-disclosure"


async def test_advice_is_not_planned_in_the_first_turns() -> None:
    found = await chosen(strategy, state(WAITING), host=surely(ADVICE))
    assert found["scores"][ADVICE] == 0.0


async def test_advice_may_be_planned_when_it_is_asked_for() -> None:
    found = await chosen(strategy, state("I wait. What should I do?"), host=surely(ADVICE))
    assert found["label"] == ADVICE and found["why"].startswith("The person asks what to do")


async def test_somebody_young_is_not_advised_even_when_they_ask() -> None:
    young = state("What should I do?", risk={"minor": "low"})
    found = await chosen(strategy, young, host=surely(ADVICE))
    assert found["scores"][ADVICE] == 0.0 and found["scores"]["Interpretation"] == 0.0


async def test_nothing_is_interpreted_at_any_risk() -> None:
    host = surely("Interpretation")
    found = await chosen(strategy, state(WAITING, risk={"self_harm": "low"}), host=host)
    assert found["scores"]["Interpretation"] == 0.0


async def test_without_a_bound_model_the_examples_vote() -> None:
    near = example(strategy="Restatement", similarity=0.9)
    found = await chosen(strategy, state(WAITING, near, example(id="m2", similarity=0.2)))
    assert found["label"] == "Restatement"
    assert found["why"] == (
        "The conversation is at exploration, and 1 of 2 similar examples use it."
    )


async def test_a_bound_model_outweighs_the_examples() -> None:
    near = example(strategy="Restatement", similarity=0.9)
    found = await chosen(strategy, state(WAITING, near), host=surely(APPROVAL))
    assert found["label"] == APPROVAL


async def test_a_model_that_fails_leaves_the_plan_to_the_examples_and_is_noted() -> None:
    near = example(strategy="Restatement", similarity=0.9)
    host = Answering({}, ModelError("it broke"))
    update = await plan(strategy, state(WAITING, near), host)
    assert update["strategy"]["label"] == "Restatement"
    assert "it broke" in update["notes"][0]["text"]


async def test_a_model_without_an_opinion_leaves_the_plan_to_the_examples() -> None:
    near = example(strategy="Restatement", similarity=0.9)
    found = await chosen(strategy, state(WAITING, near), host=Answering({}))
    assert found["label"] == "Restatement"


async def test_the_distribution_sums_to_one() -> None:
    found = await chosen(strategy, state(WAITING, example()))
    assert sum(found["scores"].values()) == pytest.approx(1)


async def test_votes_for_nothing_but_barred_strategies_leave_the_plan_to_the_stage() -> None:
    found = await chosen(strategy, state(WAITING), host=surely(ADVICE), votes=1.0)
    assert found["label"] == QUESTION


async def test_two_questions_in_a_row_are_followed_by_no_third() -> None:
    given = state(WAITING, turn=3, tried=(QUESTION, QUESTION))
    found = await chosen(strategy, given, host=surely(QUESTION))
    assert found["scores"][QUESTION] == 0.0
    assert found["why"].endswith("'Open question' was used twice in a row.")


async def test_one_question_may_be_followed_by_another() -> None:
    given = state(WAITING, turn=3, tried=("Restatement", QUESTION))
    assert (await chosen(strategy, given, host=surely(QUESTION)))["label"] == QUESTION


@pytest.mark.parametrize("label", ["Restatement", APPROVAL, "Others"])
async def test_no_strategy_is_used_three_times_in_a_row(label: str) -> None:
    given = state(WAITING, turn=5, tried=(QUESTION, label, label))
    assert (await chosen(strategy, given, host=surely(label)))["scores"][label] == 0.0


@pytest.mark.parametrize("said", ["idk", "yeah", "I don't know", "Not really.", "ok"])
async def test_a_flat_message_is_met_by_presence_and_not_by_a_question(said: str) -> None:
    given = state(said, turn=3, tried=("Restatement", QUESTION))
    found = await chosen(strategy, given)
    assert found["label"] in ("Communication Skills", "Guiding the Pace and Depth of the "
                              "Conversation")  # fmt: skip
    assert found["why"].startswith("The person says little")


async def test_a_short_answer_with_something_in_it_is_not_flat() -> None:
    given = state("my mum", turn=3, tried=("Restatement", QUESTION))
    assert "little" not in (await chosen(strategy, given))["why"]


async def test_an_opening_is_not_flat() -> None:
    assert "little" not in (await chosen(strategy, state("ok")))["why"]


async def test_thanks_invite_approval_or_others() -> None:
    given = state("Thank you, that was good.", turn=4, tried=(QUESTION, "Restatement", QUESTION))
    found = await chosen(strategy, given)
    assert found["label"] in (APPROVAL, "Others")
    assert found["why"].startswith("The person says thanks")


@pytest.mark.parametrize("said", ["No thanks.", "Thanks for nothing.", "It failed thanks to me."])
async def test_words_that_sound_like_thanks_are_none(said: str) -> None:
    given = state(said, turn=4, tried=(QUESTION, "Restatement", QUESTION))
    assert "thanks" not in (await chosen(strategy, given))["why"]


async def test_thanks_count_for_nothing_where_there_was_risk() -> None:
    given = state("Thank you.", turn=4, tried=(QUESTION,), risk={"suicide": "moderate"})
    assert "thanks" not in (await chosen(strategy, given))["why"]


async def test_good_news_invite_approval() -> None:
    given = state("They called, I start on Monday!", turn=4, tried=(QUESTION, "Restatement"),
                  feels=felt(joy=0.8, neutral=0.2))  # fmt: skip
    found = await chosen(strategy, given)
    assert found["label"] == APPROVAL and found["why"].startswith("The person brings good news")


async def test_gladness_that_the_face_contradicts_is_no_good_news() -> None:
    feels = felt("words and face disagree", joy=0.8, neutral=0.2)
    given = state("All good here!", turn=4, tried=(QUESTION, "Restatement"), feels=feels)
    assert "good news" not in (await chosen(strategy, given))["why"]


async def test_a_turn_without_words_gets_a_question_first() -> None:
    assert (await chosen(strategy, state("")))["label"] == QUESTION


async def test_silence_after_two_questions_gets_presence() -> None:
    given = state("", turn=3, tried=(QUESTION, QUESTION))
    assert (await chosen(strategy, given))["label"] == "Communication Skills"


async def test_the_model_is_told_the_whole_situation() -> None:
    host = surely(APPROVAL)
    near = example()
    given = state(WAITING, near, turn=3, tried=(QUESTION, APPROVAL), feels=felt(fear=1.0))
    await plan(strategy, given, host)
    [asked] = host.asked
    assert (asked.said, asked.context, asked.answered) == (WAITING, "m0\nm1", "r1")
    assert asked.tried == (QUESTION, APPROVAL) and asked.stage == "exploration"
    assert asked.emotions == {"fear": 1.0} and asked.examples == (near,)
    assert ADVICE in asked.barred


async def test_the_plan_of_a_whole_turn_is_written_down_as_tried() -> None:
    talk = conversation(stub_services(example(strategy="Restatement", similarity=0.9)))
    report = await say(talk, WAITING)
    assert report["strategy"]["label"] == "Restatement"
    kept = await talk.version.graph.aget_state({"configurable": {"thread_id": talk.id}})
    assert kept.values["tried"] == ["Restatement"]
