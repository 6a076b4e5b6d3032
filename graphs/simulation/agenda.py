"""What a seeker brings up in each turn: one thing at a time, so that a small model can play it."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from graphs.simulation.profiles import SeekerProfile

Beat = Literal["begin", "event", "feelings", "tried", "goal", "answer", "takeaway", "goodbye"]
"""What a turn is for; `answer` brings nothing new, `takeaway` says what stays."""

_SHORTEST = 0.7
"""Share of the allowed turns that a dialogue has at least; people stop at different times."""

FEWEST = 3
"""Turns that a dialogue needs: a beginning, something told, an end."""


_WITH_TAKEAWAY = 6
"""Turns from which a dialogue is long enough that something of it may stay."""


@dataclass(frozen=True)
class Item:
    """One turn of the seeker.

    Attributes:
        beat: what it is for.
        fact: what of the profile is told, in the first person; empty where nothing new is.
        opening: words that the line begins with.
    """

    beat: Beat
    fact: str = ""
    opening: str = ""


def plan(
    profile: SeekerProfile,
    turns: int,
    draw: random.Random,
    openings: Mapping[str, str],
) -> list[Item]:
    """Return what is brought up turn by turn; the last turn says goodbye.

    The order is that in which people tell: what is wrong, what happened, how it feels, what they
    tried, what they hope for. Where there is room, turns that only answer stand in between; where
    there is none, what comes late is left out.

    Args:
        profile: who is played.
        turns: how many turns the dialogue may have, at least `FEWEST`.
        draw: decides how long this one is, where the answers stand, and how lines begin.
        openings: words that the lines of a beat may begin with, one way a line.
    """
    length = draw.randint(max(FEWEST, math.ceil(_SHORTEST * turns)), turns)
    end = [Item("takeaway"), Item("goodbye")][-1 if length < _WITH_TAKEAWAY else 0 :]
    told = facts_of(profile)[: length - len(end)]
    answers = length - len(end) - len(told)
    # Not before the first: a talk begins with what is wrong.
    places = [draw.randint(1, len(told)) for _ in range(answers)]
    items: list[Item] = []
    for number, item in enumerate(told):
        items += [Item("answer")] * places.count(number)
        items.append(item)
    items += [Item("answer")] * places.count(len(told))
    return [_opened(item, draw, openings) for item in (*items, *end)]


def _opened(item: Item, draw: random.Random, openings: Mapping[str, str]) -> Item:
    if choices := openings.get(item.beat, "").splitlines():
        return replace(item, opening=draw.choice(choices))
    # Of what happened, when it was; else the first word, which is mostly "I" or "My".
    opening = item.fact.partition(",")[0] if item.beat == "event" else item.fact.split(" ")[0]
    return replace(item, opening=opening)


def facts_of(profile: SeekerProfile) -> list[Item]:
    """Return everything a profile has to tell, in the order of telling."""
    event = profile.event
    first, *others = profile.feelings
    return [
        Item("begin", profile.situation),
        Item("event", f"{_capital(event.time)}, {event.place}. {event.what}"),
        Item("feelings", f"I feel {', '.join(others)} and {first}."),
        *(Item("tried", f"{attempt.did} {attempt.went}") for attempt in profile.tried),
        *(Item("goal", goal) for goal in profile.goals),
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
