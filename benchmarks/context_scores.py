"""Scores of trained heads, and what they gain on baselines, with intervals over dialogues."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tools.metrics.confusion import Confusion, Score
from tools.metrics.paired import bootstrap_statistic

Names = Sequence[str]
Answers = dict[str, list[list[str]]]
"""Task -> the named labels of every seed."""

MEASURES: Mapping[str, Score] = {
    "accuracy": "accuracy",
    "weighted F1": "weighted_f1",
    "macro F1": "macro_f1",
}


def report(
    console: Console,
    name: str,
    groups: Names,
    golds: Mapping[str, Names],
    answers: Mapping[str, Answers],
    found: dict[str, Any],
) -> None:
    """Print a variant's scores, with intervals of what it gains on the two baselines.

    Args:
        console: where.
        name: of the variant.
        groups: the dialogue of each item.
        golds: task -> the true label of each item.
        answers: by name; the first two are the baselines.
        found: gets the scores.
    """
    table = Table("task", *MEASURES, "gain on constant", "gain on logistic", title=name)
    found[name] = {}
    for task, runs in answers[name].items():
        gold = golds[task]
        known = sorted(set(gold))
        made = [Confusion(gold, run, known) for run in runs]
        scores = np.array([[one.score(m) for m in MEASURES.values()] for one in made]) * 100
        gains = {
            other: [gain(groups, gold, runs, answers[other][task], m) for m in MEASURES.values()]
            for other in list(answers)[:2]
            if other != name
        }
        found[name][task] = {
            "mean": scores.mean(0).round(1).tolist(),
            "spread": scores.std(0).round(1).tolist(),
            "gains": gains,
        }
        shown = [f"{m:.1f} ({s:.1f})" for m, s in zip(scores.mean(0), scores.std(0), strict=True)]
        table.add_row(task, *shown, *(_told(gains.get(o)) for o in list(answers)[:2]))
    console.print(table)


def gain(
    groups: Names, gold: Names, runs: Sequence[Names], base: Sequence[Names], measure: Score
) -> list[float]:
    """Return the mean gain of some runs on a baseline with its 95% interval, in points."""
    known = sorted(set(gold))
    other, *mine = (Confusion(gold, named, known) for named in (base[0], *runs))

    def difference(items: Sequence[int]) -> float:
        own = [run.score(measure, items) for run in mine]
        return 100 * (float(np.mean(own)) - other.score(measure, items))

    found = bootstrap_statistic(groups, difference, draws=1000)
    return [round(v, 1) for v in (found.value, found.low or 0.0, found.high or 0.0)]


def _told(gains: Sequence[Sequence[float]] | None) -> str:
    """Return the gains in all measures; a star stands where the interval excludes zero."""
    if gains is None:
        return ""
    return "  ".join(
        f"{value:+.1f} [{low:.1f}, {high:.1f}]{'*' if low > 0 or high < 0 else ''}"
        for value, low, high in gains
    )
