"""A condition of a graph file: typed comparisons on keys of the state, never an expression."""

from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

Comparison = Literal["eq", "ne", "lt", "le", "gt", "ge", "in"]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "le": le,
    "gt": gt,
    "ge": ge,
    "in": lambda value, allowed: value in allowed,
}


class Case(BaseModel, extra="forbid"):
    """One conditional arrow: `{when: {turn: {lt: 3}}, to: explore}`; without `when`, always.

    A key may reach into a record with a dot: `user_emotion.label`.
    """

    when: dict[str, dict[Comparison, Any]] = Field(default_factory=dict)
    to: list[str]

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("to"), str):
            return {**data, "to": [data["to"]]}
        return data

    def holds(self, state: dict[str, Any]) -> bool:
        """Tell whether every comparison holds; a missing key or another type never does."""
        return all(
            _holds(compare, _value(state, key), wanted)
            for key, comparisons in self.when.items()
            for compare, wanted in comparisons.items()
        )


def _holds(compare: str, value: Any, wanted: Any) -> bool:
    try:
        return value is not None and _COMPARE[compare](value, wanted)
    except TypeError:
        return False


def _value(state: dict[str, Any], key: str) -> Any:
    value: Any = state
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
