"""Plain records that travel in the state: JSON-able, so that any checkpointer can store them."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # Studio needs this one before 3.12

Modality = Literal["text", "voice", "face"]
MODALITIES: tuple[Modality, ...] = ("text", "voice", "face")

Missing = Literal[
    "",
    "not given",
    "no consent",
    "adults only",
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


class EarlierTurn(TypedDict):
    """One message of an example before the person's last one."""

    speaker: Literal["person", "supporter"]
    text: str


class Example(TypedDict):
    """One counselling exchange from the example store.

    `before` holds the turns before `said`, the oldest first; `source` names the corpus, `attune`
    for the project's own; `similarity` in [-1, 1] is a cosine.
    """

    id: str
    problem: str
    stage: str
    situation: str
    before: list[EarlierTurn]
    said: str
    emotion: str
    intensity: int
    strategy: str
    system_emotion: str
    reply: str
    why: str
    licence: str
    source: str
    similarity: NotRequired[float]


class Summary(TypedDict):
    """What a conversation keeps of messages that prompts no longer show.

    `lines` are sentences of the person, the oldest first; `upto` is the index of the first message
    that is still shown.
    """

    lines: list[str]
    upto: int


class Choice(TypedDict):
    """A decision over a label set, with its distribution and its reason in plain words."""

    label: str
    scores: Scores
    why: str


Whose = Literal["own", "other"]
"""Who is in danger: the person themself, or somebody whom they tell of."""

Act = Literal["disclosure", "seeking"]
"""What the person does: tells of danger, or asks for information that could do harm."""


class Finding(TypedDict):
    """One sign of danger.

    `danger` is a `tools.labels.Danger` value, `level` a `Risk` value from `low` up, `rule` the name
    of what fired, `detector` who said so: `patterns`, `trained`, `answer`, `course` or `fault`.
    """

    danger: str
    level: str
    whose: Whose
    act: Act
    rule: str
    detector: str


class RiskGrade(TypedDict):
    """One grading of one message; `level` is the gravest of the person's own dangers.

    Where only somebody else is in danger it is `third_party`.
    """

    level: str
    findings: list[Finding]


class Standing(TypedDict):
    """How one danger stands in a conversation.

    `quiet` counts the turns in a row that brought nothing new of it; `denied` says that the person
    answered no when asked directly, `eased` that they are safe or with people who help, and that
    nothing has come since.
    """

    level: str
    quiet: int
    denied: bool
    eased: bool


class RiskCourse(TypedDict):
    """The risk of a conversation so far.

    `peak` and `now` are by danger; `third_party` among them stands for everybody else. `watched`
    says of the last turns, the latest last, whether danger almost showed, and `distress` that the
    person has told of something that weighs on them.
    """

    turn: int
    peak: dict[str, str]
    now: dict[str, Standing]
    watched: list[bool]
    distress: bool


class Reminded(TypedDict):
    """When things last happened in a conversation, in seconds since 1970; 0 for never.

    `begun` is the start of the unbroken stretch of talk, `last` the latest turn, `told` when the
    person was last told that this is an AI, `paused` when a break was last suggested. `away` is how
    many seconds passed between the turn before and the latest.
    """

    begun: float
    last: float
    told: float
    paused: float
    away: NotRequired[float]


class Due(TypedDict):
    """Fixed lines that a turn says beside its reply, by name (`tools.safety.reminders`)."""

    before: list[str]
    after: list[str]


class Ticket(TypedDict):
    """A claim on one drafted sentence, which waits in memory until `check` has read it.

    `last` says that its writer has nothing to add when this one is accepted; `fixed`, that code
    chose it from a fixed text, so that the limits of a model's reply do not apply; `stands_in`,
    that it is said in place of a model's.
    """

    turn: str
    index: int
    last: bool
    fixed: bool
    stands_in: bool


class Note(TypedDict):
    """Something a designer may want to know about this turn; never the person's words."""

    node: str
    text: str
