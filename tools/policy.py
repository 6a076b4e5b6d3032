"""The safety policy: grades what a person says, and reads what is about to be shown to them."""

from collections.abc import Sequence
from enum import StrEnum

from tools.labels import Risk
from tools.records import RiskGrade


class Kind(StrEnum):
    """What a risk is about; the crisis wording differs by it."""

    OVERDOSE = "overdose"
    SUICIDE = "suicide"
    SELF_HARM = "self_harm"
    VIOLENCE_AT_HOME = "violence_at_home"
    HARM_TO_OTHERS = "harm_to_others"


class SafetyPolicy:
    """Grade and read by patterns."""

    def __init__(self, *, crisis_from: Risk = Risk.LOW) -> None:
        """See `load_policy`."""
        self.crisis_from = crisis_from

    def grade(self, text: str) -> RiskGrade:
        """Return how dangerous a message is, with the names of the rules that fired."""
        return {"level": Risk.NONE.value, "evidence": [], "detector": "patterns"}

    def kind(self, grade: RiskGrade) -> Kind:
        """Return what the gravest rule of a grade is about; `suicide` when no rule fired."""
        return Kind.SUICIDE

    def is_crisis(self, grade: RiskGrade) -> bool:
        """Say whether a grade takes the crisis route."""
        order = tuple(Risk)
        return order.index(Risk(grade["level"])) >= order.index(self.crisis_from)

    def read(self, sentence: str, *, private: Sequence[str] = ()) -> str:
        """Return the name of the rule that a sentence breaks, or an empty string."""
        return ""


def load_policy() -> SafetyPolicy:
    """Return the policy of the shipped pattern files."""
    return SafetyPolicy()
