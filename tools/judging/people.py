"""How well a judge agrees with people who rated the same replies."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.errors import DataError
from tools.judging.agreement import Agreement, agreement_of, consensus
from tools.judging.ratings import Rating, of_criterion


@dataclass(frozen=True)
class Beside:
    """A judge beside people.

    Attributes:
        judge: the agreement of the judge with what most people chose, by criterion.
        people: the agreement of the people among themselves, which no judge can be expected to
            exceed; of criteria that at least two of them rated.
        matched: ratings of people that are about something that was judged.
        others: the rest.
    """

    judge: list[Agreement]
    people: list[Agreement]
    matched: int
    others: int


def beside_people(judged: Sequence[Rating], people: Sequence[Rating], file: str) -> Beside:
    """Compare the ratings of a judge with those of people.

    Args:
        judged: the judge's; of one rater.
        people: theirs; what they are about need not have been judged.
        file: the name of their file, for the message.

    Raises:
        DataError: no rating is about something that was judged.
    """
    things = {(rating.criterion, rating.unit) for rating in judged}
    matched = [rating for rating in people if (rating.criterion, rating.unit) in things]
    if not matched:
        raise DataError(
            f"no rating in {file!r} is about an item, a criterion and runs that were judged here; "
            "give ratings of the same runs by the same rubric"
        )
    rated = {(rating.criterion, rating.unit) for rating in matched}
    both = [r for r in judged if (r.criterion, r.unit) in rated] + consensus(matched)
    several = [
        rating
        for found in of_criterion(matched).values()
        if len({rating.rater for rating in found}) > 1
        for rating in found
    ]
    return Beside(
        agreement_of(both), agreement_of(several), len(matched), len(people) - len(matched)
    )
