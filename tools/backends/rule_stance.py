"""The system emotion by rule: gladness meets joy, sorrow meets sadness, calm the rest."""

from collections.abc import Sequence

from pydantic import BaseModel

from tools.backends.options import read_options
from tools.models import Loading
from tools.records import Scores
from tools.situation import Situation
from tools.stances import meet


class Options(BaseModel, extra="forbid"):
    """There are none."""


class RuleStance:
    """`tools.stances.meet` over the fused emotion."""

    def predict(self, items: Sequence[Situation], /) -> list[Scores]:
        """Return the probability of each stance."""
        return [meet(item.emotions) for item in items]


def load(loading: Loading) -> RuleStance:
    """Build the rule."""
    read_options(Options, loading)
    return RuleStance()
