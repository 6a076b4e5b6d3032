import pytest

from agents.adherence import departs
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say
from tools.examples.rows import read_examples


@pytest.mark.parametrize(
    ("sentence", "strategy"),
    [
        ("You should get some rest.", "Open question"),
        ("Remember that it takes time.", "Restatement"),
        ("It is important to talk to him.", "Communication Skills"),
        ("Everyone makes mistakes.", "Advisement"),
        ("Don't worry about it.", ""),
    ],
)
def test_advice_and_platitudes_are_named(sentence: str, strategy: str) -> None:
    assert departs(sentence, strategy)


@pytest.mark.parametrize(
    ("sentence", "strategy"),
    [
        ("You could try writing one line to her.", "Advisement"),
        ("You were told that you should rest.", "Advisement"),
        ("What was that like for you?", "Open question"),
        ("Three people left and it all landed on you.", "Restatement"),
        ("You should rest.", ""),
    ],
)
def test_sentences_that_keep_to_the_plan_pass(sentence: str, strategy: str) -> None:
    assert departs(sentence, strategy) == ""


def test_nearly_all_shipped_examples_keep_to_their_strategy() -> None:
    shipped = read_examples()
    departing = [e["id"] for e in shipped if departs(e["reply"], e["strategy"])]
    assert len(departing) <= len(shipped) * 0.03, departing


async def test_a_sentence_that_departs_from_the_plan_is_not_said() -> None:
    services = stub_services(
        example(strategy="Restatement", similarity=0.9),
        chat={"reply": "You should rest. The waiting weighs on you."},
    )
    report = await say(conversation(services), "I keep waiting.")
    assert report["reply"] == "The waiting weighs on you."


async def test_a_reply_of_nothing_but_advice_gives_way_to_a_fixed_one() -> None:
    services = stub_services(chat={"reply": "You should rest. You must eat."})
    report = await say(conversation(services), "I keep waiting.")
    phrases = services.phrases.for_locale("en")
    assert report["reply"] in phrases.fallback[report["strategy"]["label"]]  # type: ignore[index]
