"""Intervals by resampling whole groups, because what stands in one group is alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measured:
    """A value with its 95% interval and the number of items behind it.

    `low` and `high` are None where resampling would say nothing: with one group, or none.
    """

    value: float
    low: float | None
    high: float | None
    n: int


def grouped_mean(
    groups: Mapping[str, Sequence[float]], *, draws: int = 2000, seed: int = 0
) -> Measured:
    """Return the mean of all items, with a percentile interval over resampled groups (Efron 1979).

    Args:
        groups: items by group, e.g. a value of every reply by conversation; empty groups are left
            out.
        draws: how many times the groups are drawn, with replacement.
        seed: decides the draws.

    Raises:
        ValueError: there is no item.
    """
    filled = [items for items in groups.values() if items]
    if not filled:
        raise ValueError("nothing to measure: every group is empty; give at least one item")
    sums = np.array([sum(items) for items in filled], np.float64)
    counts = np.array([len(items) for items in filled], np.float64)
    value, n = float(sums.sum() / counts.sum()), int(counts.sum())
    if len(filled) < 2:
        return Measured(value, None, None, n)
    drawn = np.random.default_rng(seed).integers(0, len(filled), (draws, len(filled)))
    low, high = np.quantile(sums[drawn].sum(1) / counts[drawn].sum(1), [0.025, 0.975])
    return Measured(value, float(low), float(high), n)


def mean(values: Sequence[float]) -> float:
    """Return the mean of at least one value."""
    return sum(values) / len(values)
