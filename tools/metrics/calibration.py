"""How far a model's probabilities can be believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.errors import DataError


@dataclass(frozen=True)
class ConfidenceBin:
    """The items whose confidence lies in one range.

    Attributes:
        low: lower end of the range, itself included.
        high: upper end, left out but for the last range.
        confidence: mean confidence of the items; None where there is none.
        accuracy: share of them that is right; None where there is none.
        n: how many items there are.
    """

    low: float
    high: float
    confidence: float | None
    accuracy: float | None
    n: int


def reliability(
    confidence: Sequence[float], right: Sequence[bool], bins: int = 15
) -> list[ConfidenceBin]:
    """Return the items in ranges of confidence of equal width (Guo et al. 2017, section 2).

    Args:
        confidence: the probability of the named label of each item, in [0, 1].
        right: whether that label is the true one.
        bins: how many ranges, at least 1; those without an item are returned too.

    Raises:
        ValueError: the numbers of items differ, or a confidence is no probability.
    """
    sure, true = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    if sure.shape != true.shape:
        raise ValueError(f"{len(sure)} confidences and {len(true)} verdicts; give one of each")
    if not bool(np.all((sure >= 0) & (sure <= 1 + 1e-6))):
        raise ValueError("a confidence lies outside [0, 1]; give probabilities")
    places = np.minimum((sure * bins).astype(int), bins - 1)
    n = np.bincount(places, minlength=bins)
    sums = np.bincount(places, sure, bins), np.bincount(places, true, bins)
    return [
        ConfidenceBin(
            place / bins,
            (place + 1) / bins,
            float(sums[0][place] / n[place]) if n[place] else None,
            float(sums[1][place] / n[place]) if n[place] else None,
            int(n[place]),
        )
        for place in range(bins)
    ]


def expected_calibration_error(
    confidence: Sequence[float], right: Sequence[bool], bins: int = 15
) -> float:
    """Return the expected calibration error of the named label (Guo et al. 2017, equation 3).

    The gap between mean confidence and accuracy of each range of confidence is averaged, weighted
    by its items. It depends on `bins`: give the number beside the value.

    Returns:
        A value in [0, 1].

    Raises:
        DataError: there is no item.
        ValueError: see `reliability`.
    """
    if not len(confidence):
        raise DataError("there is no item with a confidence; score a model that gives one")
    return sum(
        part.n * abs(part.confidence - part.accuracy)
        for part in reliability(confidence, right, bins)
        if part.confidence is not None and part.accuracy is not None
    ) / len(confidence)


def brier(rows: Sequence[Mapping[str, float]], gold: Sequence[str], labels: Sequence[str]) -> float:
    """Return the multi-class Brier score: the mean squared distance to the truth (Brier 1950).

    The squares of all labels are summed, as in Brier's own definition, so that 0 is best and 2 is
    worst; twice what the form for two classes gives.

    Args:
        rows: probabilities by label, one map for each item; a label that is absent has 0. They
            are taken as they stand: an empty map, of a model that named nothing, costs 1.
        gold: the true label of each item.
        labels: the label set; probability on anything else is not counted.

    Returns:
        A value in [0, 2].

    Raises:
        DataError: there is no item, or a gold label is none of `labels`.
        ValueError: the numbers of items differ.
    """
    if not rows:
        raise DataError("there is no item with probabilities; score a model that gives them")
    if strange := sorted(set(gold) - set(labels)):
        raise DataError(
            f"the gold label {strange[0]!r} is none of the {len(labels)} labels that are scored; "
            "add it to them, or clean the labels of the corpus"
        )
    given = np.array([[row.get(label, 0.0) for label in labels] for row in rows], np.float64)
    true = np.array([[label == truth for label in labels] for truth in gold], np.float64)
    if len(given) != len(true):
        raise ValueError(f"{len(given)} rows and {len(true)} gold labels; give one of each")
    return float(((given - true) ** 2).sum(1).mean())
