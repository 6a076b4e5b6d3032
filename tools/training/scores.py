"""Scores of a classifier and what is fitted on held-out data: temperature and thresholds."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from tools.metrics.calibration import expected_calibration_error
from tools.metrics.labels import LabelClass, label_scores

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


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
    classes: dict[str, LabelClass]


def class_scores(probabilities: Floats, truth: Places, labels: Sequence[str]) -> ClassScores:
    """Score the likeliest class of each item against its true one.

    Args:
        probabilities: shape (items, labels), rows summing to 1.
        truth: the place of the true label, shape (items,).
        labels: the classes; macro-F1 and `uar` run over those that occur in `truth`.
    """
    gold, named = ([labels[at] for at in places] for places in (truth, probabilities.argmax(1)))
    found = label_scores(gold, named, labels)
    classes: dict[str, LabelClass] = {
        label: {
            "precision": short(one["precision"]),
            "recall": short(one["recall"]),
            "f1": short(one["f1"]),
            "n": one["n"],
        }
        for label, one in found["classes"].items()
        if one["n"]
    }
    return {
        "n": found["n"],
        "accuracy": short(found["accuracy"]),
        "macro_f1": short(found["macro_f1"]),
        "uar": short(found["uar"]),
        "ece": short(calibration_error(probabilities, truth)),
        "floor_accuracy": short(found["floor"]["accuracy"]),
        "floor_macro_f1": short(found["floor"]["macro_f1"]),
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
