"""Contrastive decoding: a reply leans towards what a thought adds to it.

PAL (Findings of ACL 2023) adds up the logits with and without the persona,
(1 + a) with - a without, with a weight a for each strategy.
"""

from collections.abc import Mapping

from pydantic import BaseModel, Field, field_validator

from agents.state import ConversationState, thoughts_of
from tools.errors import UnknownName
from tools.labels import Strategy


class Contrast(BaseModel, extra="forbid"):
    """What a reply is contrasted with, and how strongly.

    Attributes:
        without: the thoughts that the other prompt lacks; without any of them there is no contrast.
        weight: the weight a, where the strategy has none of its own.
        weights: the weight a by strategy.
    """

    without: tuple[str, ...] = Field(min_length=1)
    weight: float = Field(default=0.5, ge=0, le=4)
    weights: dict[str, float] = Field(default_factory=dict)

    @field_validator("weights")
    @classmethod
    def _known(cls, weights: Mapping[str, float]) -> Mapping[str, float]:
        labels = [strategy.value for strategy in Strategy]
        for label, weight in weights.items():
            if label not in labels:
                raise ValueError(str(UnknownName("strategy", label, labels)))
            if not 0 <= weight <= 4:
                raise ValueError(f"the weight of {label!r} must lie between 0 and 4")
        return weights

    def share(self, state: ConversationState) -> float:
        """Return the weight for this turn; 0 where there is nothing to contrast."""
        if not set(self.without) & thoughts_of(state).keys():
            return 0.0
        return self.weights.get(state["strategy"]["label"], self.weight)
