"""What a perception backend returns for one item."""

from dataclasses import dataclass, field

from tools.records import Missing, Scores


@dataclass(frozen=True)
class Perceived:
    """A model's raw finding, in its own labels, before calibration and mapping.

    Attributes:
        scores: probabilities by the model's own labels; empty when `missing` says why.
        missing: why there is nothing to report, e.g. `no face`.
        note: one short clause for the designer, e.g. `5 of 8 frames showed a face`.
        detail: a finer label set for display, never used in the plan (GoEmotions' 28).
        vector: the model's embedding of the item, for models that read several modalities
            together; empty where it gives none, or when `missing` says why.
    """

    scores: Scores = field(default_factory=dict)
    missing: Missing = ""
    note: str = ""
    detail: Scores = field(default_factory=dict)
    vector: tuple[float, ...] = field(default=(), repr=False)
