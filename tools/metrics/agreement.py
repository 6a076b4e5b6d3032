"""How far raters agree: in percent, and beyond what chance would give."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from tools.errors import DataError

Level = Literal["nominal", "ordinal", "interval"]
Rating = TypeVar("Rating", bound=Hashable)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Percent:
    """How often raters say the same.

    Attributes:
        value: share of pairs of ratings of one item that are the same, in [0, 1].
        n: items with at least two ratings.
        pairs: how many pairs of ratings they hold.
    """

    value: float
    n: int
    pairs: int


def percent_agreement(ratings: Sequence[Sequence[Rating | None]]) -> Percent:
    """Return how often raters say the same, which belongs beside every kappa and alpha.

    Args:
        ratings: a row for each rater, a column for each item; None where one did not rate.

    Raises:
        DataError: no item has two ratings.
    """
    items = _shared(ratings)
    same = [a == b for given in items for a, b in combinations(given, 2)]
    return Percent(sum(same) / len(same), len(items), len(same))


def cohen_kappa(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    *,
    weights: Literal["linear", "quadratic"] | None = None,
    order: Sequence[Hashable] | None = None,
) -> float:
    """Return Cohen's kappa of two raters, by scikit-learn (Cohen 1960).

    Args:
        first: the ratings of one, an item each.
        second: the other's, of the same items.
        weights: how much a disagreement counts by its distance (Cohen 1968); None counts each the
            same.
        order: all values in order, which weights need where sorting does not give it.

    Returns:
        A value in [-1, 1]; 0 is what chance would give.

    Raises:
        DataError: there is no item, or both give one and the same value throughout.
        ValueError: the numbers of ratings differ.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} ratings and {len(second)}; give both raters' of each item")
    if len({*first, *second}) < 2:
        raise _undefined("Cohen's kappa")
    from sklearn.metrics import cohen_kappa_score

    labels = None if order is None else list(order)
    return float(cohen_kappa_score(list(first), list(second), labels=labels, weights=weights))


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> float:
    """Return the kappa of several raters who all rated every item (Fleiss 1971, equation 7).

    Its few lines are here because statsmodels, which has it, is a large package.

    Args:
        counts: how many raters gave an item (row) a value (column); rows of one sum.

    Returns:
        A value up to 1; 0 is what chance would give.

    Raises:
        DataError: there is no item, the items have different numbers of raters or only one, or
            all give one and the same value throughout.
    """
    table = np.asarray(counts, np.float64)
    if not table.size or np.count_nonzero(table.sum(0)) < 2:
        raise _undefined("Fleiss's kappa")
    raters = table.sum(1)
    if raters.min() != raters.max() or raters[0] < 2:
        raise DataError(
            f"Fleiss's kappa takes items with the same number of raters, two or more, and these "
            f"have {int(raters.min())} to {int(raters.max())}; use Krippendorff's alpha"
        )
    n = raters[0]
    observed = ((table**2).sum(1) - n) / (n * (n - 1))
    expected = ((table.sum(0) / table.sum()) ** 2).sum()
    return float((observed.mean() - expected) / (1 - expected))


def krippendorff_alpha(
    ratings: Sequence[Sequence[Rating | None]],
    level: Level = "nominal",
    order: Sequence[Rating] = (),
) -> float:
    """Return the alpha of any number of raters, of whom each may have left items out.

    By the coincidence matrix (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"). Its
    lines are here because the package `krippendorff` is under the GPL, which Attune's licence
    cannot take in.

    Args:
        ratings: a row for each rater, a column for each item; None where one did not rate.
        level: what a disagreement costs: the same always (`nominal`), by the ratings that lie
            between (`ordinal`), or by its squared distance (`interval`, of numbers).
        order: all values in order, for `ordinal`; sorted where it is empty.

    Returns:
        A value up to 1; 0 is what chance would give.

    Raises:
        DataError: no item has two ratings, or all give one and the same value throughout.
    """
    items = _shared(ratings)
    found = {value for given in items for value in given}
    if len(found) < 2:
        raise _undefined("Krippendorff's alpha")
    values = list(order) or sorted(found, key=_sortable)
    places = {value: place for place, value in enumerate(values)}
    if strange := found - set(places):
        raise DataError(f"the rating {strange.pop()!r} is not in the order; name every value in it")
    table = np.zeros((len(values), len(values)))
    for given in items:
        counted = np.zeros(len(values))
        for value, times in Counter(given).items():
            counted[places[value]] = times
        table += (np.outer(counted, counted) - np.diag(counted)) / (len(given) - 1)
    totals = table.sum(1)
    distance = _DISTANCES[level](values, totals)
    observed = (table * distance).sum()
    expected = (np.outer(totals, totals) * distance).sum() / (totals.sum() - 1)
    return float(1 - observed / expected)


def _shared(ratings: Sequence[Sequence[Rating | None]]) -> list[list[Rating]]:
    """Return the ratings of every item that two raters rated."""
    columns = zip(*ratings, strict=True)
    given = [[value for value in column if value is not None] for column in columns]
    items = [column for column in given if len(column) > 1]
    if not items:
        raise DataError("no item was rated by two raters; let them rate the same ones")
    return items


def _sortable(value: Hashable) -> tuple[bool, float, str]:
    if isinstance(value, (int, float)):
        return False, float(value), ""
    return True, 0.0, str(value)


def _nominal(values: Sequence[Hashable], totals: Floats) -> Floats:
    return 1 - np.eye(len(values))


def _ordinal(values: Sequence[Hashable], totals: Floats) -> Floats:
    middle = totals.cumsum() - totals / 2
    return _squared_gaps(middle)


def _interval(values: Sequence[Hashable], totals: Floats) -> Floats:
    numbers = np.array([float(str(value)) for value in values])
    return _squared_gaps(numbers)


def _squared_gaps(values: Floats) -> Floats:
    gaps: Floats = (values[:, None] - values[None]) ** 2
    return gaps


_DISTANCES: dict[Level, Callable[[Sequence[Hashable], Floats], Floats]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
}


def _undefined(what: str) -> DataError:
    return DataError(
        f"{what} is not defined where there is no rating, or one and the same throughout; "
        "report the percent agreement instead"
    )
