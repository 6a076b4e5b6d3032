"""From a model's own scores to calibrated probabilities over the shared emotion labels.

Calibration is temperature scaling (Guo et al. 2017, section 4.2): the logarithms of the scores are
divided by one temperature fitted on held-out data, and normalised again. A temperature above 1
makes a model less sure.
"""

import math
from collections.abc import Mapping
from numbers import Real
from typing import get_args

from pydantic import BaseModel, Field

from tools.errors import ModelError
from tools.labels import EKMAN, Emotion
from tools.perceived import Perceived
from tools.records import Missing, Scores

_TINY = 1e-9

_WHOLE = 0.98
"""Sum that scores must reach where labels are missing: what is missing must be as good as 0."""


class Skill(BaseModel, extra="forbid"):
    """How well a model did on data from outside the corpus it was trained on.

    Attributes:
        uar: unweighted average recall over `classes` classes, in [0, 1].
        classes: number of classes it was measured on.
        n: number of items.
        corpus: where it was measured, and how labels were mapped.
    """

    uar: float = Field(ge=0, le=1)
    classes: int = Field(ge=2)
    n: int = Field(ge=1)
    corpus: str

    @property
    def weight(self) -> float:
        """Skill above chance: 0 for guessing, 1 for a perfect model."""
        chance = 1 / self.classes
        return max(0.0, (self.uar - chance) / (1 - chance))


def calibrate(scores: Scores, temperature: float) -> Scores:
    """Return `scores` softened by `temperature`, normalised to sum to 1.

    Raises:
        ModelError: a score is not a number, is negative, or all of them are 0.
    """
    if not isinstance(scores, Mapping) or not scores:
        raise ModelError("the model returned no scores; it must give one for every label")
    if not all(map(_is_score, scores.values())):
        raise ModelError("the model returned scores that are no probabilities (NaN or negative)")
    if not any(scores.values()):
        raise ModelError("the model returned only zeros; at least one score must be above 0")
    top = max(map(float, scores.values()))  # what is divided by it can be added up
    powered = {
        label: max(float(s) / top, _TINY) ** (1 / temperature) for label, s in scores.items()
    }
    total = sum(powered.values())
    return {label: value / total for label, value in powered.items()}


def to_emotions(scores: Scores, labels: Mapping[str, str]) -> Scores:
    """Map a model's labels to `Emotion` by an explicit map and sum what falls together.

    Args:
        scores: calibrated scores in the model's own labels.
        labels: the model's label -> `Emotion` value; every label of `scores` must be in it.

    Returns:
        Scores over the seven Ekman labels in their order, and `depression` if the map has it.

    Raises:
        ModelError: the model returned a label that its map does not know.
    """
    targets: list[str] = [*EKMAN]
    if Emotion.DEPRESSION in labels.values():
        targets.append(Emotion.DEPRESSION.value)
    mapped = dict.fromkeys(targets, 0.0)
    for label, score in scores.items():
        if label not in labels:
            raise ModelError(_unknown(repr(label)))
        mapped[labels[label]] += score
    return mapped


def require_finding(found: object, labels: Mapping[str, str]) -> None:
    """Accept what an emotion model returned for one item, in its own labels.

    Raises:
        ModelError: it is no `Perceived`, a part of it is of the wrong type, or its scores are not
            those of the labels of its map. Nothing of it is told.
    """
    if not isinstance(found, Perceived):
        raise ModelError(f"the model returned {type(found).__name__} and no finding")
    if found.missing not in get_args(Missing) or not isinstance(found.note, str):
        raise ModelError("the model returned a finding whose reason is none that is known")
    if not isinstance(found.detail, dict) or not all(
        isinstance(label, str) and _is_score(score) for label, score in found.detail.items()
    ):
        raise ModelError("the model returned a detail that is no probabilities")
    if found.missing:
        return
    calibrate(found.scores, 1.0)
    if unknown := set(found.scores) - set(labels):
        # A model that has gone wrong may return what it was given: only an emotion is named.
        raise ModelError(_unknown(", ".join(map(repr, sorted(unknown & {*map(str, Emotion)})))))
    if not labels.keys() <= found.scores.keys() and sum(found.scores.values()) < _WHOLE:
        raise ModelError(
            f"the model returned scores for {len(found.scores)} of its {len(labels)} labels"
        )


def _unknown(name: str) -> str:
    which = f"the label {name}" if name else "a label"
    return (
        f"the model returned {which}, which its label map does not know; "
        "add it under `labels:` in its entry of models.yaml"
    )


def _is_score(value: object) -> bool:
    """Say whether a value is a number, finite and not negative."""
    return (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and float(value) >= 0
    )
