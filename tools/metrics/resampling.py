"""Intervals by resampling whole groups, because what stands in one group is alike."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Measured:
    """A value with its 95% interval and the number of items behind it.

    `low` and `high` are None where resampling would say nothing: with one group, or none.
    """

    value: float
    low: float | None
    high: float | None
    n: int


def bootstrap(
    groups: Mapping[str, Sequence[Item]],
    statistic: Callable[[Sequence[Item]], float],
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Measured:
    """Measure all items, with a percentile interval over resampled groups (Efron 1979).

    Args:
        groups: items by group, e.g. replies by conversation; empty groups are left out.
        statistic: what is measured of some items, at least one.
        draws: how many times the groups are drawn, with replacement.
        seed: decides the draws.

    Raises:
        ValueError: there is no item.
    """
    filled = [list(items) for items in groups.values() if items]
    everything = [item for items in filled for item in items]
    if not everything:
        raise ValueError("nothing to measure: every group is empty; give at least one item")
    value = statistic(everything)
    if len(filled) < 2:
        return Measured(value, None, None, len(everything))
    draw = random.Random(seed)
    values = sorted(
        statistic([item for items in draw.choices(filled, k=len(filled)) for item in items])
        for _ in range(draws)
    )
    low, high = values[int(0.025 * draws)], values[min(int(0.975 * draws), draws - 1)]
    return Measured(value, low, high, len(everything))


def mean(values: Sequence[float]) -> float:
    """Return the mean of at least one value."""
    return sum(values) / len(values)
