"""What every perception node does around its model: consent, media, time-out, calibration.

A sense never raises: what goes wrong becomes a reading that says why it is missing, so that the
turn goes on and the joins behind it are plain.
"""

import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel, Field

from agents.context import Context, Kit
from agents.state import ConversationState
from tools.breaker import within
from tools.calibration import calibrate, require_finding, to_emotions
from tools.clips import Clip
from tools.errors import AttuneError, Busy
from tools.perceived import Perceived
from tools.records import Missing, Modality, Reading
from tools.safety.course import has_minor

T = TypeVar("T")
_TIMEOUT_S = 10.0


class SenseOptions(BaseModel, extra="forbid"):
    """Options of a perception node.

    Attributes:
        timeout: seconds after which the modality counts as missing.
    """

    timeout: float = Field(default=_TIMEOUT_S, gt=0)


class _Absent(Exception):
    """There is nothing to perceive; carries the reason."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing)
        self.missing: Missing = missing


def speech_clip(state: ConversationState, context: Context, kit: Kit) -> Clip:
    """Return the turn's clip with speech, whose words count; raise `_Absent` where none may."""
    return _clip(state, kit, "audio", allowed=context.microphone)


def voice_clip(state: ConversationState, context: Context, kit: Kit) -> Clip:
    """Return the clip with a voice to be read; raise `_Absent` where there is none to be used."""
    return _of_an_adult(_clip(state, kit, "audio", allowed=context.microphone), state)


def face_clip(state: ConversationState, context: Context, kit: Kit) -> Clip:
    """Return the clip with a face to be read; raise `_Absent` where there is none to be used."""
    return _of_an_adult(_clip(state, kit, "video", allowed=context.camera), state)


def _of_an_adult(clip: Clip, state: ConversationState) -> Clip:
    if has_minor(state["risk"]):
        raise _Absent("adults only")
    return clip


def _clip(state: ConversationState, kit: Kit, kind: str, *, allowed: bool) -> Clip:
    handles = [h for h in state["clips"] if (h["audio"] if kind == "audio" else h["video"])]
    if not handles:
        raise _Absent("not given")
    if not allowed:
        raise _Absent("no consent")
    clip = kit.services.clips.get(handles[-1])
    if clip is None:
        raise _Absent("gone")
    return clip


async def attempt(work: Callable[[], Awaitable[T]], kit: Kit) -> T | Perceived:
    """Run `work` in the node's time and turn every way of failing into a finding that says so."""
    timeout = kit.options.timeout if isinstance(kit.options, SenseOptions) else _TIMEOUT_S
    try:
        if kit.model is None:
            raise _Absent("not bound")
        async with within(timeout):
            return await work()
    except _Absent as absent:
        return Perceived(missing=absent.missing)
    except TimeoutError:
        return Perceived(missing="too slow", note=f"no answer within {timeout:g} s")
    except Busy as error:
        return Perceived(missing="too slow", note=str(error))
    except Exception as error:
        return Perceived(missing="failed", note=_told(error))


def _told(error: Exception) -> str:
    """Return what may be told of an error: our own sentence, or a foreign one's name.

    The message of a foreign exception may hold what the person said.
    """
    return str(error) if isinstance(error, AttuneError) else type(error).__name__


async def sense(
    modality: Modality, kit: Kit, work: Callable[[], Awaitable[Perceived]], turn: str = ""
) -> dict[str, Reading]:
    """Run one emotion model and return its calibrated reading, keyed by modality.

    Args:
        modality: which sense it is.
        kit: the node's share; its model says labels, temperature and skill.
        work: asks the model; may raise anything.
        turn: the turn's id, under which the model's embedding waits for models that read several
            modalities together; without one it is dropped.

    Returns:
        `{modality: reading}`, for the state's `readings`.
    """
    model = kit.model
    found = await attempt(work, kit)
    try:
        require_finding(found, model.config.labels if model else {})
    except Exception as error:
        found = Perceived(missing="failed", note=_told(error))
    reading: Reading = {
        "modality": modality,
        "model": model.name if model else "",
        "label": "",
        "confidence": 0.0,
        "scores": {},
        "weight": 0.0,
        "experimental": True,
        "missing": found.missing,
        "note": found.note,
        "detail": {name: float(score) for name, score in found.detail.items()},
    }
    if model is None or found.missing:
        return {modality: reading}
    if turn and found.vector and all(map(math.isfinite, found.vector)):
        kit.services.vectors.put(turn, modality, tuple(map(float, found.vector)))
    calibrated = calibrate(found.scores, model.config.temperature)
    scores = to_emotions(calibrated, model.config.labels)
    label = max(scores, key=scores.__getitem__)
    skill = model.config.skill
    weight = skill.weight if skill else 0.0
    return {
        modality: {
            **reading,
            "label": label,
            "confidence": scores[label],
            "scores": scores,
            "weight": weight,
            "experimental": weight == 0.0,
        }
    }
