"""The stance that meets a feeling: the system emotion as a rule over the user emotion."""

from collections.abc import Mapping

from tools.labels import STANCES
from tools.records import Scores

MEETS: Mapping[str, str] = {
    "joy": "joy",
    "sadness": "sadness",
    "depression": "sadness",
    "fear": "neutral",
    "anger": "neutral",
    "disgust": "neutral",
    "surprise": "neutral",
    "neutral": "neutral",
}
"""Gladness meets joy and sorrow meets sadness; fear and anger are met by calm."""


def meet(emotions: Scores) -> Scores:
    """Return the probability of each of `tools.labels.STANCES`; calm where nothing is known."""
    scores: Scores = dict.fromkeys(STANCES, 0.0)
    for emotion, probability in emotions.items():
        scores[MEETS[emotion]] += probability
    if not emotions:
        scores["neutral"] = 1.0
    total = sum(scores.values()) or 1.0
    return {label: score / total for label, score in scores.items()}
