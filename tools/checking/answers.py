"""What an answer of each task has to be: every judge returns what is wrong, as clauses."""

import math
from collections.abc import Iterable, Mapping, Sequence

from tools.acceptance import require_transcript
from tools.calibration import require_finding
from tools.errors import ModelError
from tools.guard import Verdict
from tools.labels import RISK_ORDER, Danger
from tools.perceived import Perceived
from tools.safety.detector import Estimate
from tools.transcript import Transcript

_SUM = 1e-3
"""How far from 1 probabilities may sum, as 16-bit numbers do."""

_LENGTH = 1e-3


def never(answer: object) -> bool:
    """Say no."""
    return False


def is_read(answer: object) -> bool:
    """Say whether an emotion was found."""
    return isinstance(answer, Perceived) and not answer.missing


def is_heard(answer: object) -> bool:
    """Say whether words were heard."""
    return isinstance(answer, Transcript) and bool(answer.text.strip())


def is_described(answer: object) -> bool:
    """Say whether anything was seen."""
    return isinstance(answer, str) and bool(answer.strip())


def is_alarmed(answer: object) -> bool:
    """Say whether danger was found."""
    return isinstance(answer, Estimate) and bool(answer.findings)


def finding(answer: object, labels: Mapping[str, str]) -> list[str]:
    """Judge what an emotion model found, in its own labels."""
    if isinstance(answer, Perceived) and not answer.missing:
        if unknown := sorted(set(map(str, answer.scores)) - set(labels)):
            return [f"the labels {_listed(unknown)} stand in no `labels:`; map them onto Emotion"]
        if absent := sorted(set(labels) - set(answer.scores)):
            return [
                f"there is no score for {_listed(absent)}; return one for every label of the "
                "entry, or take the label out of `labels:`"
            ]
        if troubles := probabilities(answer.scores):
            return troubles
    try:
        require_finding(answer, labels)
    except ModelError as error:
        return [str(error)]
    if isinstance(answer, Perceived) and not all(map(_is_number, answer.vector)):
        return ["the vector has numbers that are not finite"]
    return []


def choice(answer: object, labels: Sequence[str]) -> list[str]:
    """Judge probabilities over some labels; an empty mapping is no opinion."""
    if not isinstance(answer, Mapping):
        return [f"it returned {type(answer).__name__}; return probabilities by label, as a dict"]
    if unknown := sorted(set(map(str, answer)) - set(labels)):
        return [f"it returned the labels {_listed(unknown)}; the task knows {_listed(labels)}"]
    return probabilities(answer) if answer else []


def probabilities(scores: Mapping[str, object]) -> list[str]:
    """Judge whether numbers are finite, in [0, 1] and sum to 1."""
    for label, score in scores.items():
        if not _is_number(score):
            return [f"the score of {label!r} is {score!r}; return finite numbers"]
        if not -1e-6 <= _number(score) <= 1 + 1e-6:
            return [f"the score of {label!r} is {_number(score):.3g}; return numbers in [0, 1]"]
    total = sum(map(_number, scores.values()))
    if abs(total - 1) > _SUM:
        return [f"the probabilities sum to {total:.3f}; divide them by their sum"]
    return []


def vector(answer: object) -> list[str]:
    """Judge one embedding."""
    import numpy as np

    if not isinstance(answer, np.ndarray) or answer.ndim != 1 or not len(answer):
        return [f"it returned {type(answer).__name__}; return a vector of shape (n,)"]
    if not np.isfinite(answer).all():
        return ["the vector has numbers that are not finite"]
    length = float(np.linalg.norm(answer.astype(np.float64)))
    if abs(length - 1) > _LENGTH:
        return [f"the vector has length {length:.3f}; divide it by that"]
    return []


def transcript(answer: object) -> list[str]:
    """Judge what was heard."""
    try:
        require_transcript(answer)
    except ModelError as error:
        return [str(error)]
    return []


def description(answer: object) -> list[str]:
    """Judge what was said of a clip."""
    return [] if isinstance(answer, str) else [f"it returned {type(answer).__name__}; return text"]


def estimate(answer: object) -> list[str]:
    """Judge what a detector of danger says of one message."""
    if not isinstance(answer, Estimate):
        return [f"it returned {type(answer).__name__}; return a `tools.safety.detector.Estimate`"]
    if not _is_number(answer.score) or not 0 <= answer.score <= 1:
        return [f"the score is {answer.score!r}; return a probability in [0, 1]"]
    for found in answer.findings:
        if found["danger"] not in [danger.value for danger in Danger]:
            return [f"the danger {found['danger']!r} is none of `tools.labels.Danger`"]
        if found["level"] not in RISK_ORDER[2:]:
            return [f"the level {found['level']!r} is none from {RISK_ORDER[2]!r} up"]
    return []


def verdict(answer: object) -> list[str]:
    """Judge what a guard makes of a reply."""
    if not isinstance(answer, Verdict):
        return [f"it returned {type(answer).__name__}; return a `tools.guard.Verdict`"]
    if not isinstance(answer.safe, bool):
        return [f"`safe` is {answer.safe!r}; return True or False"]
    if not _is_number(answer.score) or not 0 <= answer.score <= 1:
        return [f"the score is {answer.score!r}; return a probability in [0, 1]"]
    if not answer.safe and not answer.categories:
        return ["a reply is unsafe without a category; name at least one"]
    return []


def _number(value: object) -> float:
    return float(value)  # type: ignore[arg-type]  # `_is_number` has looked


def _is_number(value: object) -> bool:
    try:
        return not isinstance(value, str | bool) and math.isfinite(_number(value))
    except (TypeError, ValueError):
        return False


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(map(repr, labels))
