"""Plain records that travel in the state: JSON-able, so that any checkpointer can store them."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # Studio needs this one before 3.12

Modality = Literal["text", "voice", "face"]
MODALITIES: tuple[Modality, ...] = ("text", "voice", "face")

Missing = Literal[
    "",
    "not given",
    "no consent",
    "gone",
    "no face",
    "no speech",
    "language",
    "too slow",
    "failed",
    "not bound",
]
"""Why a modality has no reading; the empty string means that it has one."""

Scores = dict[str, float]
"""Probabilities by label, each in [0, 1], summing to 1."""


class ClipHandle(TypedDict):
    """A reference into the in-memory `ClipStore`; media bytes never enter the state."""

    handle: str
    audio: bool
    video: bool


class Reading(TypedDict):
    """One model's belief about what the person feels.

    `scores` runs over `tools.labels.Emotion`, calibrated, summing to 1, and is empty when
    `missing` says why. `weight` in [0, 1] is the model's measured skill above chance outside the
    corpus it was trained on; 0 keeps the reading out of the plan (`experimental`). `detail` is a
    finer label set for display, empty where the model has none.
    """

    modality: Modality
    model: str
    label: str
    confidence: float
    scores: Scores
    weight: float
    experimental: bool
    missing: Missing
    note: str
    detail: Scores


class Heard(TypedDict):
    """What speech recognition made of the voice clip; `text` is empty when `missing` says why."""

    text: str
    model: str
    missing: Missing
    note: str


class UserEmotion(TypedDict):
    """The fused reading: `label` is `unknown` when nothing with a weight could be read.

    `sources` maps each modality that took part to its weight, and `person` to the weight of their
    own correction. `disagreement` is empty, or one sentence that says which sources contradict each
    other.
    """

    label: str
    confidence: float
    scores: Scores
    sources: dict[str, float]
    disagreement: str


class Example(TypedDict):
    """One counselling exchange from the example store; `similarity` in [-1, 1] is a cosine."""

    id: str
    problem: str
    stage: str
    situation: str
    said: str
    emotion: str
    intensity: int
    strategy: str
    system_emotion: str
    reply: str
    why: str
    licence: str
    similarity: NotRequired[float]


class Choice(TypedDict):
    """A decision over a label set, with its distribution and its reason in plain words."""

    label: str
    scores: Scores
    why: str


class RiskGrade(TypedDict):
    """One grading of one text: level, the names of the rules that fired, and who said so."""

    level: str
    evidence: list[str]
    detector: str


class Ticket(TypedDict):
    """A claim on one drafted sentence, which waits in memory until `check` has read it.

    `last` says that its writer has nothing to add when this one is accepted; `fixed`, that code
    chose it from a fixed text, so that the limits of a model's reply do not apply.
    """

    turn: str
    index: int
    last: bool
    fixed: bool


class Note(TypedDict):
    """Something a designer may want to know about this turn; never the person's words."""

    node: str
    text: str
