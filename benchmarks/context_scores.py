"""Scores of trained heads, and what they gain on baselines, with intervals over dialogues."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from tools.metrics.paired import bootstrap_statistic

Names = Sequence[str]
Places = npt.NDArray[np.int64]
Answers = dict[str, list[list[str]]]
"""Task -> the named labels of every seed."""

MEASURES = ("accuracy", "weighted F1", "macro F1")


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
    for task, gold in golds.items():
        runs = answers[name][task]
        scores = np.array([measures(gold, run) for run in runs]) * 100
        gains = {
            other: [gain(groups, gold, runs, answers[other][task], m) for m in range(3)]
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
    groups: Names, gold: Names, runs: Sequence[Names], base: Sequence[Names], measure: int
) -> list[float]:
    """Return the mean gain of some runs on a baseline with its 95% interval, in points."""
    places = {
        label: at
        for at, label in enumerate(sorted({*gold, *base[0], *(n for run in runs for n in run)}))
    }
    true, other, *mine = (
        np.array([places[label] for label in named]) for named in (gold, base[0], *runs)
    )

    def difference(items: Sequence[int]) -> float:
        at = np.asarray(items)
        own = [_measures(true[at], run[at], len(places))[measure] for run in mine]
        return 100 * (float(np.mean(own)) - _measures(true[at], other[at], len(places))[measure])

    found = bootstrap_statistic(groups, difference, draws=1000)
    return [round(v, 1) for v in (found.value, found.low or 0.0, found.high or 0.0)]


def measures(gold: Names, named: Names) -> tuple[float, float, float]:
    """Return accuracy, weighted F1 and macro F1 over the labels that occur in gold."""
    places = {label: at for at, label in enumerate(sorted({*gold, *named}))}
    true, said = (np.array([places[label] for label in labels]) for labels in (gold, named))
    return _measures(true, said, len(places))


def _measures(true: Places, said: Places, width: int) -> tuple[float, float, float]:
    counts = np.bincount(true * width + said, minlength=width**2).reshape(width, width)
    right, owned = counts.diagonal(), counts.sum(1)
    f1 = 2 * right / np.maximum(1, owned + counts.sum(0))
    return (
        float(right.sum() / len(true)),
        float((f1 * owned).sum() / len(true)),
        float(f1[owned > 0].mean()),
    )


def _told(gains: Sequence[Sequence[float]] | None) -> str:
    """Return the gains in all measures; a star stands where the interval excludes zero."""
    if gains is None:
        return ""
    return "  ".join(
        f"{value:+.1f} [{low:.1f}, {high:.1f}]{'*' if low > 0 or high < 0 else ''}"
        for value, low, high in gains
    )
