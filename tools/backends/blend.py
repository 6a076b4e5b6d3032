"""A weighted mixture of other planners, by the names that they have in `models.yaml`."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from tools.backends.options import read_options
from tools.errors import ConfigError
from tools.host import Backend
from tools.models import Loading
from tools.records import Scores
from tools.situation import Situation

Planner = Backend[Situation, Scores]


class Options(BaseModel, extra="forbid"):
    """What a blend is made of.

    Attributes:
        parts: model -> its weight; they need not sum to 1.
    """

    parts: dict[str, Annotated[float, Field(gt=0)]] = Field(min_length=1)


class Blend:
    """A linear opinion pool (Stone 1961): the weighted mean of what the parts say."""

    def __init__(self, parts: Mapping[str, tuple[Planner, float]]) -> None:
        """Mix `parts`, each with its weight, by name."""
        self._parts = parts

    def predict(self, items: Sequence[Situation], /) -> list[Scores]:
        """Return one mixture an item, over the parts that have an opinion of it."""
        mixed: list[Scores] = [{} for _ in items]
        for planner, weight in self._parts.values():
            for scores, found in zip(mixed, planner.predict(items), strict=True):
                for label, score in found.items():
                    scores[label] = scores.get(label, 0.0) + weight * score
        return [_normalised(scores) for scores in mixed]


def _normalised(scores: Scores) -> Scores:
    total = sum(scores.values())
    return {label: score / total for label, score in scores.items()} if total else {}


def load(loading: Loading) -> Blend:
    """Load the parts.

    Raises:
        ConfigError: a part serves another task, or is a blend itself.
        UnknownName: no such model.
        WeightsError: the weights of a part are missing or damaged.
    """
    options = read_options(Options, loading)
    for name in options.parts:
        part = loading.models.config(name)
        if part.task != loading.config.task:
            raise ConfigError(
                f"the blend {loading.name!r} is for {loading.config.task!r} and its part {name!r} "
                f"for {part.task!r}; name models of one task"
            )
        if part.backend == loading.config.backend:
            raise ConfigError(
                f"the blend {loading.name!r} has the blend {name!r} in it; name its parts instead"
            )
    return Blend({n: (loading.models.backend(n), w) for n, w in options.parts.items()})
