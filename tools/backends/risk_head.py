"""Danger in a message: a small trained network on token states of the shared MiniLM encoder.

`python -m tools train risk` makes its two files: `model.safetensors` and `card.yaml`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, Field

from tools.backends.heads import read_head, require_fit, shared_encoder
from tools.backends.minilm import MiniLM
from tools.backends.pooling_network import Architecture, PoolingNetwork
from tools.labels import Danger, Risk
from tools.models import Loading
from tools.records import Finding
from tools.safety.detector import TRAINED, Estimate

SPEAKERS = ("harmless", "own", "other", "seeking")
"""What a message is: without danger, telling of the person's own or of somebody else's, or asking
for information that could do harm. One of them holds."""

DANGERS = tuple(d.value for d in Danger if d is not Danger.UNSCREENED)
GRAVITIES = (Risk.MODERATE.value, Risk.HIGH.value, Risk.IMMINENT.value)
"""At least so grave, each for itself; below all of them a danger is low."""

_HALF = 0.5


class Thresholds(BaseModel, extra="forbid"):
    """From which probability of danger, in [0, 1], a message counts.

    Attributes:
        danger: as danger.
        almost: for the trend over turns.
        minor: as a sign of somebody who is under age, whatever else it is.
    """

    danger: float = Field(gt=0, lt=1)
    almost: float = Field(gt=0, lt=1)
    minor: float = Field(gt=0, lt=1)


class Card(BaseModel, extra="ignore"):
    """What the backend reads from the model card beside the weights; the rest is for people."""

    architecture: Architecture
    thresholds: Thresholds


def load(loading: Loading) -> "RiskHead":
    """Load a head and the encoder that its option `encoder` names.

    Raises:
        WeightsError: a file is missing, or card, weights and encoder do not fit each other.
        ConfigError: the option `encoder` is missing or names no MiniLM model.
    """
    return open_head(loading.weights(), shared_encoder(loading))


def open_head(folder: Path, encoder: MiniLM) -> "RiskHead":
    """Build the network that a folder's card describes, and load its weights.

    Raises:
        WeightsError: a file is missing, or card, weights and encoder do not fit each other.
    """
    card, network = read_head(folder, "risk", Card, lambda card: empty_network(card.architecture))
    sizes = card.architecture
    require_fit(folder, "risk", encoder, width=sizes.width, deepest=max(sizes.layers))
    return RiskHead(encoder, network.to(encoder.device).eval(), card.thresholds)


def empty_network(architecture: Architecture) -> PoolingNetwork:
    """Return a network of random weights with a risk head's labels."""
    return PoolingNetwork(architecture, len(SPEAKERS), len(DANGERS) + len(GRAVITIES))


class RiskHead:
    """Danger in English texts: whether, whose, of what kind, and how grave."""

    def __init__(self, encoder: MiniLM, network: PoolingNetwork, thresholds: Thresholds) -> None:
        """Judge with `network` from the token states of `encoder`."""
        self._encoder = encoder
        self.network = network
        self._thresholds = thresholds

    def predict(self, items: Sequence[str], /) -> list[Estimate]:
        """Return one estimate per text."""
        found: dict[int, Estimate] = {}
        for places, states in self._encoder.stream(items, self.network.architecture.layers):
            with torch.inference_mode():
                speakers, signs = self.network(states)
            rows = zip(places, speakers.softmax(1).tolist(), signs.sigmoid().tolist(), strict=True)
            for place, speaker, sign in rows:
                found[place] = estimate(
                    dict(zip(SPEAKERS, speaker, strict=True)),
                    dict(zip((*DANGERS, *GRAVITIES), sign, strict=True)),
                    self._thresholds,
                )
        return [found[place] for place in range(len(items))]


def estimate(
    speakers: Mapping[str, float], signs: Mapping[str, float], thresholds: Thresholds
) -> Estimate:
    """Turn probabilities into findings.

    Args:
        speakers: by `SPEAKERS`, summing to 1.
        signs: by `DANGERS` and `GRAVITIES`, each in [0, 1].
        thresholds: from the card.
    """
    score = 1 - speakers["harmless"]
    findings = [_found(Danger.MINOR.value, Risk.LOW.value, "own", signs[Danger.MINOR.value])]
    if signs[Danger.MINOR] < thresholds.minor:
        findings = []
    if score >= thresholds.danger:
        kinds = [danger for danger in DANGERS if danger != Danger.MINOR]
        likely = [danger for danger in kinds if signs[danger] >= _HALF]
        level = next((g for g in reversed(GRAVITIES) if signs[g] >= _HALF), Risk.LOW.value)
        told = max(SPEAKERS[1:], key=lambda name: speakers[name])
        for danger in likely or [max(kinds, key=lambda danger: signs[danger])]:
            findings.append(_found(danger, level, told, score))
    return Estimate(score, findings, almost=score >= thresholds.almost)


def _found(danger: str, level: str, told: str, probability: float) -> Finding:
    return {
        "danger": danger,
        "level": level,
        "whose": "other" if told == "other" else "own",
        "act": "seeking" if told == "seeking" else "disclosure",
        "rule": f"probability {probability:.2f}",
        "detector": TRAINED,
    }
