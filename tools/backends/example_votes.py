"""Planners that follow the retrieved examples: a vote over their strategies, or their stances."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

from tools.backends.options import read_options
from tools.examples.votes import votes
from tools.models import Loading
from tools.records import Scores
from tools.situation import Situation

Key = Literal["strategy", "system_emotion"]


class Options(BaseModel, extra="forbid"):
    """There are none: how many examples vote is an option of the node `recall`."""


class ExampleVotes:
    """The k nearest examples, each with a vote of its squared similarity."""

    def __init__(self, key: Key) -> None:
        """Count the votes over one field of the examples."""
        self._key: Key = key

    def predict(self, items: Sequence[Situation], /) -> list[Scores]:
        """Return the shares of the votes; empty where no example is alike."""
        return [votes(item.examples, self._key) for item in items]


def load_strategy(loading: Loading) -> ExampleVotes:
    """Vote over the examples' strategies."""
    read_options(Options, loading)
    return ExampleVotes("strategy")


def load_stance(loading: Loading) -> ExampleVotes:
    """Vote over the examples' system emotions."""
    read_options(Options, loading)
    return ExampleVotes("system_emotion")
