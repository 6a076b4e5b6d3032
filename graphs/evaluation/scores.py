"""What a run's predictions were worth, as `scores.json` holds it."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict  # pydantic needs this one before 3.12

from tools.metrics.labels import LabelScores
from tools.metrics.perplexity import Perplexity
from tools.metrics.preference import Preference


class Bin(TypedDict):
    """The items of one range of confidence; see `tools.metrics.calibration.ConfidenceBin`."""

    low: float
    high: float
    confidence: float | None
    accuracy: float | None
    n: int


class Calibration(TypedDict):
    """How far the probabilities of a step can be believed: ECE in [0, 1], Brier in [0, 2]."""

    ece: float
    brier: float
    reliability: list[Bin]


class Emitted(TypedDict):
    """What the bound sources can come to.

    Attributes:
        share: of the gold labels, those that they can come to at all, in [0, 1].
        never: gold labels that they cannot come to.
        never_named: gold labels that no prediction names.
    """

    share: float
    never: list[str]
    never_named: list[str]


class GroupScore(TypedDict):
    """The `n` items of one group, and the share of them that is right, in [0, 1]."""

    accuracy: float
    n: int


class StepScores(LabelScores):
    """A step that chooses among labels.

    Attributes:
        kind: tells it from a text.
        labels: the corpus's, in the order of the confusion.
        left_out: items whose gold label stands for none of Attune's.
        outside: items whose likeliest label is none of the corpus's.
        unsure: items whose label the page would not have shown.
        unsure_as_wrong: accuracy in which these count as wrong, in [0, 1].
        calibration: of the closed distributions.
        emitted: what the bound sources can come to.
        groups: accuracy by group, by kind of group.
        preference: strategy preference bias; None for other steps.
    """

    kind: Literal["labels"]
    labels: list[str]
    left_out: int
    outside: int
    unsure: int
    unsure_as_wrong: float
    calibration: Calibration
    emitted: Emitted
    groups: dict[str, dict[str, GroupScore]]
    preference: Preference | None


class Adherence(TypedDict):
    """The `n` replies that had a plan, and the share of them that keeps to it, in [0, 1]."""

    share: float
    n: int


class Words(TypedDict):
    """Words of a text on average: of the run's, and of the references."""

    mean: float
    references: float


class WrittenScores(TypedDict):
    """A step that writes text. Where all texts are empty, the two counts are all there is.

    Attributes:
        kind: tells it from labels.
        n: items with a reference.
        empty: those of them without a text.
        overlap: with the references, by exact name of the measure.
        diversity: by exact name of the measure.
        diversity_of_references: likewise.
        words: on average.
        stood_in: replies of which a sentence is not the model's; like what follows, of replies
            alone.
        adherence: to the plan; absent where no reply had one.
        repeated_openings: share that begins as an earlier one, in [0, 1].
        perplexity: of the references; absent where nobody asked.
    """

    kind: Literal["text"]
    n: int
    empty: int
    overlap: NotRequired[dict[str, float]]
    diversity: NotRequired[dict[str, float]]
    diversity_of_references: NotRequired[dict[str, float]]
    words: NotRequired[Words]
    stood_in: NotRequired[int]
    adherence: NotRequired[Adherence]
    repeated_openings: NotRequired[float]
    perplexity: NotRequired[Perplexity]


class Latency(TypedDict):
    """Milliseconds of a node, waiting included."""

    median: float
    p95: float


class RunScores(TypedDict):
    """All scores of a run.

    Attributes:
        items: how many there are.
        steps: by step.
        failed: items without any prediction.
        screened: how many messages the screen graded so, by grade.
        modalities: how often a modality was read, or why it was not, by modality.
        clips: how many there were, were not in the folder, and could not be read.
        ms: by node.
        given: how many items were given the step's gold label, by step.
        scored_with: versions of the packages that score; written by the folder.
    """

    items: int
    steps: dict[str, Annotated[StepScores | WrittenScores, Field(discriminator="kind")]]
    failed: int
    screened: dict[str, int]
    modalities: dict[str, dict[str, int]]
    clips: dict[str, int]
    ms: dict[str, Latency]
    given: dict[str, int]
    scored_with: NotRequired[dict[str, str]]


RUN_SCORES = TypeAdapter(RunScores)
