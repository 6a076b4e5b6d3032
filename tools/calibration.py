"""From a model's own scores to calibrated probabilities over the shared emotion labels.

Calibration is temperature scaling (Guo et al. 2017, section 4.2): the logarithms of the scores are
divided by one temperature fitted on held-out data, and normalised again. A temperature above 1
makes a model less sure.
"""

import math
from collections.abc import Mapping

from pydantic import BaseModel, Field

from tools.errors import ModelError
from tools.labels import EKMAN, Emotion
from tools.records import Scores

_TINY = 1e-9


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
    if not scores or any(not math.isfinite(s) or s < 0 for s in scores.values()):
        raise ModelError("the model returned scores that are no probabilities (NaN or negative)")
    if not any(scores.values()):
        raise ModelError("the model returned only zeros; at least one score must be above 0")
    powered = {label: max(s, _TINY) ** (1 / temperature) for label, s in scores.items()}
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
            raise ModelError(
                f"the model returned the label {label!r}, which its label map does not know; "
                "add it under `labels:` in its entry of models.yaml"
            )
        mapped[labels[label]] += score
    return mapped
