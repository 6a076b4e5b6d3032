"""Scores of predicted labels, beside what always naming the commonest label would score."""

from collections import Counter
from collections.abc import Sequence
from operator import eq

from typing_extensions import TypedDict  # pydantic needs this one before 3.12

from tools.errors import DataError


class LabelClass(TypedDict):
    """One label: precision, recall and F1 in [0, 1]; `n` gold items have it."""

    precision: float
    recall: float
    f1: float
    n: int


class LabelFloor(TypedDict):
    """What always naming `label`, the commonest of the gold labels, scores; values in [0, 1].

    It knows the gold labels of the very items it is scored on, so that it is the highest of all
    constant predictors in accuracy.
    """

    label: str
    accuracy: float
    weighted_f1: float
    macro_f1: float
    uar: float


class LabelScores(TypedDict):
    """Scores of `n` items that have one gold label each; all but the counts in [0, 1].

    Attributes:
        n: how many items were scored: all that were given.
        accuracy: share of the items whose label was named.
        weighted_f1: F1 of every label, weighted by its gold items.
        macro_f1: mean F1 over the labels that occur in gold. scikit-learn's own default takes in
            those that occur among the predictions alone, which this does not.
        uar: unweighted average recall, over the labels that occur in gold (as reported on DFEW).
        war: weighted average recall, which is the accuracy under another name (as on DFEW).
        unparsable: how many predictions are none of the labels. Each counts as wrong; released
            code of the field drops such rows, which raises a score.
        classes: each label's own scores, also of one that does not occur (`n` 0).
        confusion: a row for each gold label, a column for each predicted one, both in the order
            of the labels; one last column for what is unparsable.
        floor: what a constant label scores.
    """

    n: int
    accuracy: float
    weighted_f1: float
    macro_f1: float
    uar: float
    war: float
    unparsable: int
    classes: dict[str, LabelClass]
    confusion: list[list[int]]
    floor: LabelFloor


def label_scores(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> LabelScores:
    """Score predicted labels against gold ones by exact match.

    Args:
        gold: one of `labels` for each item.
        predicted: as many; "" or anything that is none of `labels` is unparsable, and wrong.
        labels: the label set, in the order in which tables show it.

    Raises:
        DataError: there is no item, or a gold label is none of `labels`.
        ValueError: the numbers of gold and predicted labels differ.
    """
    if len(gold) != len(predicted):
        raise ValueError(
            f"{len(gold)} gold labels and {len(predicted)} predicted ones; give one for each item"
        )
    if not gold:
        raise DataError("there is no labelled item to score; choose a split that has gold labels")
    if strange := sorted(set(gold) - set(labels)):
        raise DataError(
            f"the gold label {strange[0]!r} is none of the {len(labels)} labels that are scored; "
            "add it to them, or clean the labels of the corpus"
        )
    places = {label: place for place, label in enumerate(labels)}
    none = len(labels)
    truth = [places[label] for label in gold]
    named = [places.get(label, none) for label in predicted]
    commonest = min(Counter(truth).items(), key=lambda item: (-item[1], item[0]))[0]
    scored, floor = _Scored(truth, named, none), _Scored(truth, [commonest] * len(truth), none)
    return {
        "n": len(gold),
        "accuracy": scored.accuracy,
        "weighted_f1": scored.weighted_f1,
        "macro_f1": scored.macro_f1,
        "uar": scored.uar,
        "war": scored.accuracy,
        "unparsable": named.count(none),
        "classes": {label: scored.label(place) for label, place in places.items()},
        "confusion": scored.confusion(),
        "floor": {
            "label": labels[commonest],
            "accuracy": floor.accuracy,
            "weighted_f1": floor.weighted_f1,
            "macro_f1": floor.macro_f1,
            "uar": floor.uar,
        },
    }


class _Scored:
    """Predictions by place; place `width` is that of everything unparsable."""

    def __init__(self, truth: Sequence[int], named: Sequence[int], width: int) -> None:
        from sklearn.metrics import precision_recall_fscore_support

        self._truth, self._named, self._width = truth, named, width
        self._parts = precision_recall_fscore_support(
            truth, named, labels=list(range(width)), zero_division=0
        )
        _, recall, f1, n = self._parts
        present = n > 0
        self.accuracy = sum(map(eq, truth, named)) / len(truth)
        self.weighted_f1 = float((f1 * n).sum() / len(truth))
        self.macro_f1 = float(f1[present].mean())
        self.uar = float(recall[present].mean())

    def label(self, place: int) -> LabelClass:
        precision, recall, f1, n = (part[place] for part in self._parts)
        return {
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
            "n": int(n),
        }

    def confusion(self) -> list[list[int]]:
        from sklearn.metrics import confusion_matrix

        counts = confusion_matrix(self._truth, self._named, labels=list(range(self._width + 1)))
        rows: list[list[int]] = counts[:-1].tolist()
        return rows
