"""Scores of a classifier and what is fitted on held-out data: temperature and thresholds."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from tools.metrics.calibration import expected_calibration_error

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


class ClassScore(TypedDict):
    """One class: each in [0, 1], `n` the items that belong to it."""

    precision: float
    recall: float
    f1: float
    n: int


class ClassScores(TypedDict):
    """A classifier that names one class an item.

    `uar` is the unweighted average recall over the classes that occur; `floor` is what naming the
    commonest class always would score; `ece` is the calibration error of the named class.
    """

    n: int
    accuracy: float
    macro_f1: float
    uar: float
    ece: float
    floor_accuracy: float
    floor_macro_f1: float
    classes: dict[str, ClassScore]


def class_scores(probabilities: Floats, truth: Places, labels: Sequence[str]) -> ClassScores:
    """Score the likeliest class of each item against its true one.

    Args:
        probabilities: shape (items, labels), rows summing to 1.
        truth: the place of the true label, shape (items,).
        labels: the classes; macro-F1 and `uar` run over those that occur in `truth`.
    """
    from sklearn.metrics import f1_score, precision_recall_fscore_support

    named = probabilities.argmax(1)
    present = sorted(set(truth.tolist()))
    parts = precision_recall_fscore_support(truth, named, labels=present, zero_division=0)
    rows = zip(present, *parts, strict=True)
    classes: dict[str, ClassScore] = {
        labels[place]: {
            "precision": short(precision),
            "recall": short(recall),
            "f1": short(f1),
            "n": int(n),
        }
        for place, precision, recall, f1, n in rows
    }
    commonest = np.full_like(truth, np.bincount(truth).argmax())
    return {
        "n": len(truth),
        "accuracy": short((named == truth).mean()),
        "macro_f1": short(parts[2].mean()),
        "uar": short(parts[1].mean()),
        "ece": short(calibration_error(probabilities, truth)),
        "floor_accuracy": short((commonest == truth).mean()),
        "floor_macro_f1": short(
            f1_score(truth, commonest, labels=present, average="macro", zero_division=0)
        ),
        "classes": classes,
    }


def calibration_error(probabilities: Floats, truth: Places, bins: int = 15) -> float:
    """Return the expected calibration error of the likeliest class (see `tools.metrics`).

    Args:
        probabilities: shape (items, classes), rows summing to 1.
        truth: the place of the true class, shape (items,).
        bins: how many ranges of confidence.
    """
    right = probabilities.argmax(1) == truth
    return expected_calibration_error(probabilities.max(1).tolist(), right.tolist(), bins)


def fit_temperature(logits: Floats, truth: Places) -> float:
    """Return the temperature that makes the true classes likeliest (Guo et al. 2017, section 4.2).

    Args:
        logits: shape (items, classes), held out from training.
        truth: the place of the true class, shape (items,).
    """
    from scipy.optimize import minimize_scalar

    def surprise(log_temperature: float) -> float:
        rows = log_softmax(logits / np.exp(log_temperature))
        return float(-rows[np.arange(len(truth)), truth].mean())

    found = minimize_scalar(surprise, bounds=(np.log(0.1), np.log(10)), method="bounded")
    return float(np.exp(found.x))


def fit_thresholds(probabilities: Floats, truth: npt.NDArray[np.float32]) -> list[float]:
    """Return for every label the threshold with the best F1, looked for in steps of 0.025.

    Args:
        probabilities: independent probabilities, shape (items, labels), held out from training.
        truth: 1 where an item has a label, same shape.
    """
    from sklearn.metrics import f1_score

    steps = np.arange(0.05, 0.9, 0.025).round(3)
    best = []
    for column in range(truth.shape[1]):
        f1s = [
            f1_score(truth[:, column], probabilities[:, column] >= step, zero_division=0)
            for step in steps
        ]
        best.append(short(steps[int(np.argmax(f1s))]))
    return best


def log_softmax(logits: Floats) -> Floats:
    """Return the logarithms of the probabilities of each row."""
    shifted = logits - logits.max(1, keepdims=True)
    rows: Floats = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return rows


def short(value: float) -> float:
    """Round to what a card shows."""
    return round(float(value), 4)
