"""Label scores of any choice of items, for the thousands of draws of a bootstrap."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

Score = Literal["accuracy", "weighted_f1", "macro_f1", "uar"]


class Confusion:
    """Gold and predicted labels of one run; every score is that of `labels.label_scores`.

    scikit-learn takes milliseconds a call, which two thousand draws of two runs turn into half a
    minute; this counts by place.
    """

    def __init__(
        self, gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
    ) -> None:
        """Hold the items; a predicted label that is none of `labels` is wrong."""
        places = {label: place for place, label in enumerate(labels)}
        self._width = len(labels) + 1
        self._gold = np.array([places[label] for label in gold], np.int64)
        self._predicted = np.array([places.get(p, len(labels)) for p in predicted], np.int64)

    def score(self, name: Score, rows: Sequence[int] | None = None) -> float:
        """Return a score in [0, 1] of the items at `rows`, one as often as it stands there.

        Labels that do not occur in the gold labels of these very items do not count. Of two runs,
        `lambda rows: first.score("macro_f1", rows) - second.score("macro_f1", rows)` is what
        `paired.bootstrap_statistic` takes.
        """
        chosen = slice(None) if rows is None else np.asarray(rows, np.intp)
        gold, predicted = self._gold[chosen], self._predicted[chosen]
        right = np.bincount(gold[gold == predicted], minlength=self._width)
        given = np.bincount(gold, minlength=self._width)
        named = np.bincount(predicted, minlength=self._width)
        present = given > 0
        if name == "accuracy":
            return float(right.sum() / len(gold))
        if name == "uar":
            return float((right[present] / given[present]).mean())
        f1 = 2 * right[present] / (given + named)[present]
        weights = given[present] if name == "weighted_f1" else None
        return float(np.average(f1, weights=weights))
