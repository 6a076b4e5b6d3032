"""How the examples spread over strategies, emotions, problems and stages."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.examples.rows import ExampleRow, ProblemType
from tools.labels import EKMAN, MASKED, Stage, Strategy

STRATEGIES = tuple(s.value for s in Strategy if s not in MASKED)
SHORT = {
    Strategy.GUIDING.value: "Guiding",
    Strategy.COMMUNICATION.value: "Communication",
}
"""Strategies whose names are too long for a table."""


@dataclass(frozen=True)
class Spread:
    """A table of counts, in which the strategies are columns.

    Attributes:
        title: what the rows are.
        labels: of the rows.
        counts: by label of the row and strategy.
    """

    title: str
    labels: tuple[str, ...]
    counts: Counter[tuple[str, str]]

    def row(self, label: str) -> list[int]:
        """Return the counts of a row, in the order of `STRATEGIES`."""
        return [self.counts[label, strategy] for strategy in STRATEGIES]

    @property
    def empty(self) -> list[str]:
        """The names of the cells that hold nothing."""
        return [
            f"{strategy} x {label}"
            for label in self.labels
            for strategy in STRATEGIES
            if not self.counts[label, strategy]
        ]


def spreads(rows: Sequence[ExampleRow]) -> list[Spread]:
    """Count examples by strategy and emotion, problem and stage."""
    return [
        _spread("emotion", tuple(EKMAN), rows, lambda row: str(row.emotion)),
        _spread("problem", tuple(p.value for p in ProblemType), rows, lambda row: str(row.problem)),
        _spread("stage", tuple(s.value for s in Stage), rows, lambda row: row.stage.value),
    ]


def _spread(
    title: str,
    labels: tuple[str, ...],
    rows: Sequence[ExampleRow],
    label: Callable[[ExampleRow], str],
) -> Spread:
    return Spread(title, labels, Counter((label(row), row.strategy.value) for row in rows))
