"""How often a supporter's strategy is among those of the retrieved examples, and by what chance."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from benchmarks.retrieval_turns import SupporterTurn

Floats = npt.NDArray[np.float64]

_RESAMPLES = 2_000


@dataclass(frozen=True)
class Pool:
    """The strategies that the examples have.

    Attributes:
        counts: how many examples have each.
        frequent: all of them, the one that supporters choose most often first.
    """

    counts: Mapping[str, int]
    frequent: Sequence[str]

    @cached_property
    def drawn(self) -> list[Mapping[str, float]]:
        """How likely each strategy is among the first 0, 1, 2... that a blind draw shows.

        Examples are drawn until so many strategies have been seen; by all sets of strategies,
        exactly.
        """
        total = sum(self.counts.values())
        reached: dict[frozenset[str], float] = {frozenset(): 1.0}
        shares: list[Mapping[str, float]] = [{}]
        for _ in self.counts:
            further: dict[frozenset[str], float] = defaultdict(float)
            for seen, chance in reached.items():
                left = total - sum(self.counts[strategy] for strategy in seen)
                for strategy in self.counts.keys() - seen:
                    further[seen | {strategy}] += chance * self.counts[strategy] / left
            reached = further
            shares.append(
                {s: sum(c for seen, c in reached.items() if s in seen) for s in self.counts}
            )
        return shares


class Score(TypedDict):
    """One way of retrieving at one k.

    `low` and `high` are a 95% interval over dialogues. `distinct` is how many strategies the k
    examples have on average. More of them hit more often, so `chance` tells how often as many hit
    when examples are drawn blindly until so many strategies are there, and `frequent`, when they
    are the most frequent ones; `above` is `hit - chance`, with its interval.
    """

    hit: float
    low: float
    high: float
    distinct: float
    chance: float
    frequent: float
    above: float
    above_low: float
    above_high: float


class Measured(TypedDict):
    """A mean over turns with a 95% interval over dialogues."""

    mean: float
    low: float
    high: float


def score(
    turns: Sequence[SupporterTurn], found: Sequence[Sequence[str]], k: int, pool: Pool
) -> Score:
    """Score the strategies of the first `k` examples of each turn.

    Args:
        turns: the turns.
        found: the strategies of the examples found for each, best first.
        k: how many of them count.
        pool: the strategies that the examples have.
    """
    sizes = [len(set(strategies[:k])) for strategies in found]
    hits, chance = hits_and_chance(turns, found, k, pool)
    constant = [t.gold in pool.frequent[:size] for t, size in zip(turns, sizes, strict=True)]
    hit, above = mean_over(turns, hits), mean_over(turns, hits - chance)
    return {
        "hit": hit["mean"],
        "low": hit["low"],
        "high": hit["high"],
        "distinct": float(np.mean(sizes)),
        "chance": float(chance.mean()),
        "frequent": float(np.mean(constant)),
        "above": above["mean"],
        "above_low": above["low"],
        "above_high": above["high"],
    }


def hits_and_chance(
    turns: Sequence[SupporterTurn], found: Sequence[Sequence[str]], k: int, pool: Pool
) -> tuple[Floats, Floats]:
    """Return whether each turn is hit, and how likely as many strategies drawn blindly hit it."""
    both = [(t.gold, set(strategies[:k])) for t, strategies in zip(turns, found, strict=True)]
    hits = np.array([gold in shown for gold, shown in both], float)
    chance = np.array([pool.drawn[len(shown)].get(gold, 0.0) for gold, shown in both])
    return hits, chance


def by_frequency(golds: Sequence[str], available: frozenset[str]) -> list[str]:
    """Return the strategies that the examples have, the one most often chosen first."""
    counts = Counter(golds)
    return sorted(available, key=lambda strategy: (-counts[strategy], strategy))


def mean_over(turns: Sequence[SupporterTurn], values: Floats, seed: int = 0) -> Measured:
    """Return the mean over turns, with a percentile bootstrap over dialogues (Efron 1979)."""
    _, places = np.unique([turn.dialogue for turn in turns], return_inverse=True)
    sums = np.bincount(places, values)
    sizes = np.bincount(places)
    drawn = np.random.default_rng(seed).multinomial(
        len(sums), np.full(len(sums), 1 / len(sums)), _RESAMPLES
    )
    low, high = np.quantile((drawn @ sums) / (drawn @ sizes), [0.025, 0.975])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}
