"""How well raters agree, and which of two runs they prefer."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median_low
from typing import Literal

from tools.errors import DataError
from tools.judging.ratings import PairRating, Rating, ScoreRating, of_criterion, raters_of
from tools.metrics.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha
from tools.metrics.resampling import Measured, grouped_mean

Level = Literal["nominal", "ordinal"]

PEOPLE = "people"
"""The rater whose ratings are what most people chose."""


@dataclass(frozen=True)
class Agreement:
    """How well the raters of one criterion agree.

    Attributes:
        criterion: its name.
        raters: how many there are.
        n: things that at least two raters rated: an item and its runs.
        percent: share of pairs of ratings of one thing that are the same, in [0, 1].
        kappa: Cohen's over what both of two raters rated, Fleiss's over what all of more rated;
            None where it is not defined, as with one and the same value throughout.
        kappa_of: which of the two it is.
        kappa_n: things behind it.
        alpha: Krippendorff's over everything, in (-inf, 1]; None where it is not defined.
        level: of alpha: `nominal` for choices, `ordinal` for scores.
    """

    criterion: str
    raters: int
    n: int
    percent: float | None
    kappa: float | None
    kappa_of: Literal["Cohen", "Fleiss"]
    kappa_n: int
    alpha: float | None
    level: Level


@dataclass(frozen=True)
class Preference:
    """How often the first of two runs is preferred on one criterion.

    Attributes:
        criterion: its name.
        runs: the two; `win` is that of the first.
        win, tie, loss: shares of the ratings, with intervals over items.
        first: share of the choices, ties left out, that fell on the reply that was met first; None
            where all are ties.
        items: how many items were rated.
    """

    criterion: str
    runs: tuple[str, str]
    win: Measured
    tie: Measured
    loss: Measured
    first: float | None
    items: int


def agreement_of(ratings: Sequence[Rating]) -> list[Agreement]:
    """Return how well raters agree, criterion by criterion.

    Raises:
        DataError: a criterion is scored and compared in the same file.
    """
    return [_agreement(name, found) for name, found in of_criterion(ratings).items()]


def preferences_of(
    ratings: Iterable[Rating], groups: Mapping[str, str] | None = None
) -> list[Preference]:
    """Return win, tie and loss of each pair of runs, criterion by criterion.

    The runs of a pair stand in the order of their names.

    Args:
        ratings: scores among them are passed over.
        groups: what an item belongs to, e.g. its dialogue; intervals are drawn over these, and
            over items where nothing is given.
    """
    by_pair: dict[tuple[str, tuple[str, str]], list[PairRating]] = {}
    for rating in ratings:
        if isinstance(rating, PairRating):
            low, high = sorted((rating.left, rating.right))
            by_pair.setdefault((rating.criterion, (low, high)), []).append(rating)
    return [
        preference(criterion, runs, found, groups or {})
        for (criterion, runs), found in by_pair.items()
    ]


def preference(
    criterion: str,
    runs: tuple[str, str],
    ratings: Sequence[PairRating],
    groups: Mapping[str, str],
) -> Preference:
    """Return win, tie and loss of the first of two runs; see `preferences_of`.

    Raises:
        ValueError: there is no rating.
    """

    def share(value: str) -> Measured:
        by_group: dict[str, list[float]] = {}
        for rating in ratings:
            group = groups.get(rating.item, rating.item)
            by_group.setdefault(group, []).append(float(rating.value == value))
        return grouped_mean(by_group)

    chosen = [rating for rating in ratings if rating.choice != "tie"]
    first = [rating.choice == rating.shown.split("-")[0] for rating in chosen]
    return Preference(
        criterion,
        runs,
        share(runs[0]),
        share("tie"),
        share(runs[1]),
        sum(first) / len(first) if first else None,
        len({rating.item for rating in ratings}),
    )


def consensus(ratings: Sequence[Rating]) -> list[Rating]:
    """Return one rating for each thing: what most people chose.

    Where no choice was made more often than every other it is a tie, and where no score was, the
    lower median of the scores.
    """
    things: dict[tuple[str, ...], list[Rating]] = {}
    for rating in ratings:
        things.setdefault((rating.criterion, *rating.unit), []).append(rating)
    return [_agreed(found) for found in things.values()]


def _agreed(found: Sequence[Rating]) -> Rating:
    one, values = found[0], [rating.value for rating in found]
    ranked = Counter(values).most_common()
    clear = len(ranked) == 1 or ranked[0][1] > ranked[1][1]
    if isinstance(one, ScoreRating):
        score = ranked[0][0] if clear else median_low([int(v) for v in values])
        return one.model_copy(update={"rater": PEOPLE, "score": score, "at": ""})
    side = {one.left: "left", one.right: "right"}.get(str(ranked[0][0]), "tie")
    return one.model_copy(update={"rater": PEOPLE, "choice": side if clear else "tie", "at": ""})


def _agreement(criterion: str, ratings: Sequence[Rating]) -> Agreement:
    if len({type(rating) for rating in ratings}) > 1:
        raise DataError(
            f"the criterion {criterion!r} is scored in one line and compared in another; "
            "keep the two in files of their own"
        )
    raters = raters_of(ratings)
    things: dict[tuple[str, ...], dict[str, str | int]] = {}
    for rating in ratings:
        things.setdefault(rating.unit, {})[rating.rater] = rating.value
    shared = [found for found in things.values() if len(found) > 1]
    same = [a == b for found in shared for a, b in combinations(found.values(), 2)]
    full = [found for found in shared if len(found) == len(raters)]
    level: Level = "nominal" if isinstance(ratings[0], PairRating) else "ordinal"
    return Agreement(
        criterion,
        len(raters),
        len(shared),
        sum(same) / len(same) if same else None,
        _kappa(raters, full),
        "Fleiss" if len(raters) > 2 else "Cohen",
        len(full),
        _alpha(raters, shared, level),
        level,
    )


def _kappa(raters: Sequence[str], full: Sequence[Mapping[str, str | int]]) -> float | None:
    values = sorted({str(value) for found in full for value in found.values()})
    if len(raters) < 2 or len(values) < 2:
        return None
    if len(raters) == 2:
        one, other = ([str(found[rater]) for found in full] for rater in raters)
        return cohen_kappa(one, other)
    counts = (Counter(str(value) for value in found.values()) for found in full)
    return fleiss_kappa([[count[value] for value in values] for count in counts])


def _alpha(
    raters: Sequence[str], shared: Sequence[Mapping[str, str | int]], level: Level
) -> float | None:
    if len({value for found in shared for value in found.values()}) < 2:
        return None
    return krippendorff_alpha([[found.get(rater) for found in shared] for rater in raters], level)
