"""What is kept of messages that the prompt no longer shows."""

from typing import Any, cast

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from pydantic import ValidationError

from agents.context import Kit
from agents.remember import LINES, LONGEST, RememberOptions, condense, remember
from tests.made_services import stub_services
from tools.records import Summary

EMPTY = Summary(lines=[], upto=0)
TELLING = "Your brother Tom, your cousin Ada and your boss Bo met Eva in Rome at Easter 1987."


async def remembered(
    exchanges: int,
    before: Summary = EMPTY,
    said: str = "My sister Anna left in {}.",
    **options: int,
) -> Summary:
    """Run the node behind so many exchanges and one more message of the person."""
    messages: list[AnyMessage] = []
    for number in range(exchanges):
        messages += [HumanMessage(said.format(1990 + number)), AIMessage(TELLING)]
    state: Any = {"messages": [*messages, HumanMessage("And now?")], "summary": before}
    kit = Kit(name="remember", services=stub_services(), options=RememberOptions(**options))
    return cast(Summary, (await remember.run(state, cast(Any, None), kit))["summary"])


async def test_a_short_conversation_needs_no_summary() -> None:
    assert await remembered(7) == EMPTY


async def test_messages_that_the_prompt_no_longer_shows_are_summed_up() -> None:
    found = await remembered(8)
    assert found["upto"] == 8
    assert found["lines"] == [f"My sister Anna left in {1990 + n}." for n in range(4)]


async def test_a_prompt_shows_at_least_the_history_and_less_than_twice_as_much() -> None:
    for exchanges in range(40):
        shown = 2 * exchanges - (await remembered(exchanges, history=8))["upto"]
        assert min(8, 2 * exchanges) <= shown < 16


async def test_the_window_moves_by_whole_histories_alone() -> None:
    moved = [(await remembered(n, history=4))["upto"] for n in range(12)]
    assert moved == [0, 0, 0, 0, 4, 4, 8, 8, 12, 12, 16, 16]


async def test_what_is_still_shown_begins_with_the_person() -> None:
    assert all([(await remembered(n, history=6))["upto"] % 2 == 0 for n in range(30)])


async def test_what_was_summed_up_is_not_summed_up_again() -> None:
    before = Summary(lines=["My dog died."], upto=8)
    found = await remembered(9, before)
    assert found == before


async def test_the_window_never_moves_back() -> None:
    before = Summary(lines=["My dog died."], upto=24)
    assert await remembered(14, before) == before


async def test_the_window_stays_within_what_is_left_of_the_messages() -> None:
    before = Summary(lines=["My dog died."], upto=24)
    assert (await remembered(8, before))["upto"] == 16


async def test_only_the_persons_own_words_are_kept() -> None:
    assert not any("Tom" in line for line in (await remembered(20))["lines"])


async def test_ten_turns_later_the_matter_is_still_known() -> None:
    first = await remembered(8, said="My mother moved to Lisbon, and I stayed behind.")
    later = Summary(lines=first["lines"], upto=first["upto"])
    found = await remembered(18, later, said="Hm, yes, I know it is so.")
    assert "My mother moved to Lisbon, and I stayed behind." in found["lines"]


def test_an_odd_history_is_refused() -> None:
    with pytest.raises(ValidationError):
        RememberOptions(history=7)


def test_the_most_telling_sentence_of_a_message_is_kept() -> None:
    said = "Well. I don't know. My brother Karim sold the bakery in 2019. It is what it is."
    assert condense([], [said]) == ["My brother Karim sold the bakery in 2019."]


@pytest.mark.parametrize("said", ["", "   ", "Yes.", "I don't know.", "…"])
def test_a_message_without_substance_leaves_no_line(said: str) -> None:
    assert condense([], [said]) == []


def test_the_lines_are_bounded_and_the_least_telling_give_way() -> None:
    poor = [f"Somewhat gloomy outside {word}." for word in ("one", "two", "three", "four")]
    rich = [f"My boss Irena shouted at my friend Bo in {year}." for year in range(2000, 2008)]
    assert condense(poor, rich) == rich and len(rich) == LINES


def test_the_lines_stay_in_the_order_in_which_they_were_said() -> None:
    said = ["The heating broke twice.", "My father Ivo fell ill in March.", "The rent rose again."]
    assert condense([], said) == said


def test_a_line_is_kept_once() -> None:
    assert condense(["My dog died."], ["My dog died."]) == ["My dog died."]


def test_a_long_line_is_cut() -> None:
    [line] = condense([], ["My brother " + "walked " * 100])
    assert len(line) <= LONGEST and line.endswith(" …")


def test_nothing_is_put_in_other_words() -> None:
    said = "Mi hermana se fue a Bilbao. Desde entonces no me llama."
    assert all(line in said for line in condense([], [said]))


def test_lines_that_were_there_stay_when_nothing_is_added() -> None:
    assert condense(["My dog died."], []) == ["My dog died."]
