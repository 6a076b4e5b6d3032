"""Which of the nearest examples are taken: those that fit, and differ from each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.examples.query import Query
from tools.records import Example, Scores

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """How much each sign of a good fit counts; each sign lies in [0, 1], cosines in [-1, 1].

    Chosen on turns of ESConv's and MESC's training dialogues, by how much more often than by chance
    the supporter's strategy is among those of the examples. Stage and emotion count there, and a
    factor of two in any of them hardly; context and problem keep the examples to the same matter.

    Attributes:
        said: the cosine of what was said.
        context: the cosine of what led to it.
        emotion: the probability of the example's emotion.
        problem: how likely the example's problem is, against the likeliest one.
        stage: the same stage of a conversation.
        variety: how much likeness to what is already chosen counts against an example, in [0, 1]
            (maximal marginal relevance, Carbonell and Goldstein 1998).
    """

    said: float = 1.0
    context: float = 0.15
    emotion: float = 0.10
    problem: float = 0.10
    stage: float = 0.10
    variety: float = 0.3


TEXT_ONLY = Weights(context=0.0, emotion=0.0, problem=0.0, stage=0.0, variety=0.0)
"""Nothing but the likeness of what was said."""


@dataclass(frozen=True)
class Candidate:
    """An example that may be taken.

    Attributes:
        example: the example; its `similarity` is the cosine of what was said.
        vector: what was said in it, of length 1, shape (width,).
        context: the cosine of what led to it.
    """

    example: Example
    vector: Vector
    context: float = 0.0


def choose(
    candidates: Sequence[Candidate], query: Query, k: int, weights: Weights
) -> list[Example]:
    """Choose `k` examples that fit and differ, best first."""
    relevance = [
        weights.said * c.example.get("similarity", 0.0) + weights.context * c.context
        for c in candidates
    ]
    problems = query.problems
    if problems is None:
        problems = likely_problems(candidates, relevance)
    top = max(problems.values(), default=0.0) or 1.0
    fit = [
        near
        + weights.emotion * query.emotions.get(c.example["emotion"], 0.0)
        + weights.problem * problems.get(c.example["problem"], 0.0) / top
        + weights.stage * (c.example["stage"] == query.stage)
        for c, near in zip(candidates, relevance, strict=True)
    ]
    return [candidates[i].example for i in _diverse(candidates, fit, k, weights.variety)]


def likely_problems(candidates: Sequence[Candidate], relevance: Sequence[float]) -> Scores:
    """Return each problem's share of the candidates, the more relevant ones counting more.

    Examples of a corpus that names no problem have none.
    """
    shares: Scores = {}
    for candidate, near in zip(candidates, relevance, strict=True):
        if problem := candidate.example["problem"]:
            shares[problem] = shares.get(problem, 0.0) + max(0.0, near) ** 2
    total = sum(shares.values())
    return {problem: share / total for problem, share in shares.items()} if total else {}


def _diverse(
    candidates: Sequence[Candidate], fit: Sequence[float], k: int, variety: float
) -> list[int]:
    """Return the places of `k` candidates by maximal marginal relevance."""
    chosen: list[int] = []
    like = np.zeros(len(candidates))  # to what is nearest among the chosen
    while len(chosen) < min(k, len(candidates)):
        rest = [i for i in range(len(candidates)) if i not in chosen]
        best = max(rest, key=lambda i: (1 - variety) * fit[i] - variety * float(like[i]))
        chosen.append(best)
        for i in rest:
            likeness = float(candidates[i].vector @ candidates[best].vector)
            like[i] = max(like[i], likeness)
    return chosen
