"""What is said in the place of a language model: an example that fits, else a fixed sentence."""

from typing import Any

import pytest

from agents.context import Services
from tests.made_failing import Writer
from tests.made_outage import is_fixed, writing
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say

ASKED = "The letter is late, and I keep waiting for it."
NEAR = {"strategy": "Open question", "similarity": 0.7}


async def stood_in(reply: str, said: str = ASKED, **changes: Any) -> tuple[str, Services]:
    """Return what is said without a model where this example is found."""
    found = example(**{**NEAR, "reply": reply, **changes})
    services = writing(stub_services(found), Writer("", "raise"))
    return (await say(conversation(services), said))["reply"], services


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
