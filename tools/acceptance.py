"""What is accepted of the model of a task: how much it may fail, and what it may return."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, get_args

from tools.breaker import Tolerance
from tools.calibration import calibrate, require_finding
from tools.catalogue import ModelConfig
from tools.errors import ModelError
from tools.labels import Emotion
from tools.records import Missing
from tools.transcript import Transcript

_TOLERANCES: Mapping[str, Tolerance] = {
    # While one of these rests, every conversation is answered as if in danger, or by fixed lines.
    "risk": Tolerance(rest=5.0, longest=30.0),
    "guard": Tolerance(rest=10.0, longest=60.0),
    # A small machine takes long over the first word of a reply; `respond` says how long it may.
    "respond": Tolerance(failures=2, patience=20.0),
    "embed": Tolerance(hung=30.0),
}


def tolerance(task: str) -> Tolerance:
    """Return how much a model of a task may fail before it is left alone."""
    return _TOLERANCES.get(task, Tolerance())


def acceptance(config: ModelConfig) -> Callable[[Any], None] | None:
    """Return what holds an output of a model that reads a person to its type and its labels."""
    if config.task in ("text_emotion", "face_emotion", "voice_emotion"):
        return partial(require_finding, labels=config.labels)
    if config.task == "user_emotion":
        return require_emotions
    if config.task == "describe":
        return require_description
    return require_transcript if config.task == "listen" else None


def require_emotions(found: object) -> None:
    """Accept what a model that reads all of a turn returned: nothing, or scores of emotions.

    Raises:
        ModelError: it is no mapping, names something that is no `Emotion`, or its scores are not
            finite and positive. Nothing of it is told.
    """
    if not isinstance(found, Mapping):
        raise ModelError(f"the model returned {type(found).__name__} and no scores of emotions")
    if not found:
        return
    if not set(found) <= {emotion.value for emotion in Emotion}:
        raise ModelError("the model returned a label that is no emotion of `tools.labels.Emotion`")
    calibrate(dict(found), 1.0)


def require_description(found: object) -> None:
    """Accept what a video-language model said of one clip.

    Raises:
        ModelError: it is no text. Nothing of it is told.
    """
    if not isinstance(found, str):
        raise ModelError(f"the model returned {type(found).__name__} and no description")


def require_transcript(found: object) -> None:
    """Accept what a recogniser returned for one clip.

    Raises:
        ModelError: it is no `Transcript`, a part of it is of the wrong type, or it has no words
            and no reason for that. Nothing of it is told.
    """
    if not isinstance(found, Transcript):
        raise ModelError(f"the model returned {type(found).__name__} and no transcript")
    if not isinstance(found.text, str) or not isinstance(found.note, str):
        raise ModelError("the model returned a transcript that is no text")
    if found.missing not in get_args(Missing):
        raise ModelError("the model returned a transcript whose reason is none that is known")
    if not found.text.strip() and not found.missing:
        raise ModelError("the model returned an empty transcript without a reason")
