"""How well a text-emotion model does outside the corpus it was trained on.

Fusion weighs a model by this number (`tools.calibration.Skill`), not by the score on the corpus
that it knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypedDict

import numpy as np

from tools.calibration import Skill, calibrate, to_emotions
from tools.catalogue import ModelConfig
from tools.corpora import emotions, esconv, mesc
from tools.errors import ConfigError, DataError
from tools.labels import EKMAN
from tools.perceived import Perceived
from tools.records import Scores
from tools.training.scores import ClassScores, Floats, Places, class_scores


class TextEmotionModel(Protocol):
    """What can be measured: any text-emotion backend."""

    def predict(self, items: Sequence[str], /) -> Sequence[Perceived]:
        """Return one finding per text."""
        ...


@dataclass(frozen=True)
class Balance:
    """How far a model's classes are balanced, so that it can be measured at other amounts.

    Attributes:
        amount: how many times the log-frequency of each class was taken off its logit.
        frequencies: the classes' frequencies in its training data, by the model's labels.
    """

    amount: float
    frequencies: Mapping[str, float]

    def at(self, amount: float, findings: Sequence[Scores]) -> list[Scores]:
        """Return the findings' scores as they would be with another amount."""
        factors = {
            label: share ** (self.amount - amount) for label, share in self.frequencies.items()
        }
        raw = [{label: s * factors[label] for label, s in scores.items()} for scores in findings]
        return [{label: s / sum(row.values()) for label, s in row.items()} for row in raw]


class AtBalance(TypedDict):
    """Recall, averaged over classes, and calibration errors at one amount of balancing."""

    balance: float
    uar_among: float
    uar_free: float
    ece_among: float
    ece_free: float


class Outside(TypedDict):
    """The scores on one corpus.

    `corpus` tells what was measured and how. In `among` the model may only name emotions that the
    corpus has, in `free` any of the seven; `unread` counts texts that the model marked missing.
    """

    corpus: str
    among: ClassScores
    free: ClassScores
    unread: int
    balances: list[AtBalance]


AMOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Amounts of balancing that are tried: from the training data's frequencies to equal ones."""


def measure_corpora(
    model: TextEmotionModel,
    config: ModelConfig,
    mesc_at: Path | None,
    esconv_at: Path | None,
    balance: Balance | None = None,
) -> list[Outside]:
    """Score a model on the corpora that are given.

    Raises:
        ConfigError: no corpus is given.
        DataError: a corpus is not in its format.
    """
    found: list[Outside] = []
    if mesc_at is not None:
        dialogues = list(mesc.read(mesc_at))
        units = {
            "client turns": mesc.client_turns(dialogues),
            "client lines": mesc.client_lines(dialogues),
        }
        maps = {
            "without depression": emotions.MESC,
            "depression as sadness": mesc.DEPRESSION_AS_SADNESS,
        }
        found += [
            measure(model, config, f"MESC train, {unit}, {how}", texts, labels, balance)
            for unit, texts in units.items()
            for how, labels in maps.items()
        ]
    if esconv_at is not None:
        situations = esconv.situations(esconv_at)
        found.append(
            measure(model, config, "ESConv train, situations", situations, emotions.ESCONV, balance)
        )
    if not found:
        raise ConfigError("there is nothing to measure on; give --mesc DIR, --esconv DIR or both")
    return found


def measure(
    model: TextEmotionModel,
    config: ModelConfig,
    corpus: str,
    texts: Sequence[tuple[str, str]],
    labels: Mapping[str, str],
    balance: Balance | None = None,
) -> Outside:
    """Score a model on texts of another corpus.

    Texts that the model marks missing are left out, as fusion leaves them out.

    Args:
        model: the backend.
        config: its entry, for its label map and temperature.
        corpus: what is measured.
        texts: texts with the corpus's labels.
        labels: the corpus's labels -> `Emotion`; texts of none of Ekman's seven are left out.
        balance: measure also at other amounts of balancing than the model's own.

    Raises:
        DataError: no text is left.
    """
    ours = {label: emotion for label, emotion in labels.items() if emotion in _EMOTIONS}
    kept = [(text, ours[label]) for text, label in texts if label in ours]
    findings = model.predict([text for text, _ in kept])
    read = [
        (finding.scores, label)
        for finding, (_, label) in zip(findings, kept, strict=True)
        if not finding.missing
    ]
    if not read:
        raise DataError(f"{corpus}: no text with one of {', '.join(ours)} could be read")
    truth = np.array([_EMOTIONS.index(label) for _, label in read])
    own = _emotions([scores for scores, _ in read], config)
    balances = (
        [
            _at_balance(amount, balance.at(amount, [scores for scores, _ in read]), truth, config)
            for amount in AMOUNTS
        ]
        if balance
        else []
    )
    return {
        "corpus": corpus,
        "among": _score(_among(own, truth), truth),
        "free": _score(own, truth),
        "unread": len(kept) - len(read),
        "balances": balances,
    }


def as_skill(outside: Outside) -> Skill:
    """Return the scores as fusion wants them.

    `among` is taken, because chance is one of the corpus's classes in `Skill.weight`.
    """
    scores = outside["among"]
    return Skill(
        uar=round(scores["uar"], 3),
        classes=len(scores["classes"]),
        n=scores["n"],
        corpus=f"{outside['corpus']}, among its emotions",
    )


_EMOTIONS = [str(emotion) for emotion in EKMAN]


def _emotions(findings: Sequence[Scores], config: ModelConfig) -> Floats:
    rows = [
        to_emotions(calibrate(scores, config.temperature), config.labels) for scores in findings
    ]
    return np.array([[row[emotion] for emotion in _EMOTIONS] for row in rows])


def _at_balance(
    amount: float, findings: Sequence[Scores], truth: Places, config: ModelConfig
) -> AtBalance:
    probabilities = _emotions(findings, config)
    among, free = _score(_among(probabilities, truth), truth), _score(probabilities, truth)
    return {
        "balance": amount,
        "uar_among": among["uar"],
        "uar_free": free["uar"],
        "ece_among": among["ece"],
        "ece_free": free["ece"],
    }


def _score(probabilities: Floats, truth: Places) -> ClassScores:
    return class_scores(probabilities, truth, _EMOTIONS)


def _among(probabilities: Floats, truth: Places) -> Floats:
    """Leave only the emotions that occur in `truth`."""
    places = sorted(set(truth.tolist()))
    kept = np.zeros_like(probabilities)
    kept[:, places] = probabilities[:, places] + 1e-9
    shares: Floats = kept / kept.sum(1, keepdims=True)
    return shares
