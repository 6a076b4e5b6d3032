"""Is one run better than another on the same items: intervals of differences, and exact tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.errors import DataError


@dataclass(frozen=True)
class Difference:
    """A difference of two runs on the same items.

    Attributes:
        value: what is measured of all items.
        low: lower end of the 95% percentile interval; None with fewer than two groups.
        high: upper end, likewise.
        p: two-sided bootstrap probability of a difference of 0: twice the smaller share of draws
            on one side of 0, each draw on 0 counted on both sides, and one added to each count, so
            that it is never 0 (Davison & Hinkley 1997, section 4.2). None like `low`.
        n: how many items there are; groups are drawn, not items.
    """

    value: float
    low: float | None
    high: float | None
    p: float | None
    n: int


def paired_bootstrap(
    groups: Sequence[str],
    first: Sequence[float],
    second: Sequence[float],
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Difference:
    """Return the mean of `first` less the mean of `second`, with an interval over whole groups.

    For scores that are a mean over items, accuracy among them. Groups are drawn whole, with
    replacement, because the turns of one dialogue are alike.

    Args:
        groups: the group of each item, e.g. its dialogue.
        first: the score of each item in one run.
        second: the same items' in the other.
        draws: how many times the groups are drawn.
        seed: decides the draws.

    Raises:
        DataError: there is no item.
        ValueError: the numbers of items differ.
    """
    if not len(groups) == len(first) == len(second):
        raise ValueError(
            f"{len(groups)} groups, {len(first)} and {len(second)} scores; "
            "give the same items of both runs"
        )
    members = _members(groups)
    gaps = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    sums = np.array([gaps[rows].sum() for rows in members])
    counts = np.array([len(rows) for rows in members])
    picks = _picks(len(members), draws, seed)
    drawn = sums[picks].sum(1) / counts[picks].sum(1)
    return _difference(float(gaps.mean()), drawn, len(members), len(groups))


def bootstrap_statistic(
    groups: Sequence[str],
    statistic: Callable[[Sequence[int]], float],
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Difference:
    """Return a statistic of all items with an interval over whole groups.

    For what is no mean over items, such as macro-F1 or corpus BLEU: `statistic` gets the indices
    of drawn items, one as often as its group was drawn, and returns the difference of two runs on
    just these. Same `groups`, `draws` and `seed`, same items as in `paired_bootstrap`.

    Args:
        groups: the group of each item.
        statistic: the value of the items at these indices; called `draws` + 1 times.
        draws: how many times the groups are drawn.
        seed: decides the draws.

    Raises:
        DataError: there is no item.
    """
    members = _members(groups)
    value = float(statistic(range(len(groups))))
    drawn = [
        float(statistic(np.concatenate([members[place] for place in pick]).tolist()))
        for pick in (_picks(len(members), draws, seed) if len(members) > 1 else [])
    ]
    return _difference(value, np.array(drawn), len(members), len(groups))


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test of two runs on the same items.

    Attributes:
        b: items that the first run has right and the second wrong.
        c: items that the second run has right and the first wrong.
        p: two-sided probability of a split at least as uneven were both as likely; 1 where the
            runs never differ. It takes the items as independent, which turns of one dialogue are
            not: the bootstrap over dialogues is the safer of the two.
    """

    b: int
    c: int
    p: float


def mcnemar(first_right: Sequence[bool], second_right: Sequence[bool]) -> McNemar:
    """Test whether two runs are right equally often, by the exact binomial (McNemar 1947).

    Raises:
        ValueError: the numbers of items differ.
    """
    from scipy.stats import binomtest

    pairs = list(zip(first_right, second_right, strict=True))
    b = sum(bool(first) and not second for first, second in pairs)
    c = sum(bool(second) and not first for first, second in pairs)
    return McNemar(b, c, float(binomtest(b, b + c, 0.5).pvalue) if b + c else 1.0)


def _members(groups: Sequence[str]) -> list[npt.NDArray[np.intp]]:
    """Return the indices of each group's items, groups in the order in which they occur."""
    if not groups:
        raise DataError("there is no item that both runs have; compare runs of the same data")
    found: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        found.setdefault(group, []).append(index)
    return [np.array(rows, np.intp) for rows in found.values()]


def _picks(groups: int, draws: int, seed: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, groups, (draws, groups))


def _difference(value: float, drawn: npt.NDArray[np.float64], groups: int, n: int) -> Difference:
    if groups < 2:
        return Difference(value, None, None, None, n)
    low, high = np.quantile(drawn, [0.025, 0.975])
    below, above = int((drawn <= 0).sum()), int((drawn >= 0).sum())
    p = min(1.0, 2 * (min(below, above) + 1) / (len(drawn) + 1))
    return Difference(value, float(low), float(high), p, n)
