"""What a running turn has come to, for the case that it breaks off as a whole."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from langgraph.types import Overwrite

from agents.context import Context, Services
from agents.lifeline import Lifeline, names_help
from agents.state import ConversationState
from agents.turn import FRESH
from tools.records import Note, RiskCourse, RiskGrade
from tools.safety.course import advance, in_danger, untroubled


class Trace:
    """Follows a turn from outside of the graph, where neither a node nor a checkpoint can fail."""

    def __init__(self, words: str, services: Services) -> None:
        """Follow the turn in which somebody typed `words`."""
        self._words, self._services = words, services
        self._known: dict[str, Any] = {}

    def follow(self, update: Mapping[str, Any] | None) -> None:
        """Take up what a node has written."""
        self._known |= update or {}

    @property
    def turn(self) -> str:
        """The turn's id; empty before it has begun."""
        return str(self._known.get("turn_id", ""))

    @property
    def risk(self) -> RiskCourse | None:
        """How danger stands after the screens that have run; None before the first."""
        return self._known.get("risk")

    @property
    def grade(self) -> RiskGrade:
        """What the screens have found; before the first one has ended, what the policy finds."""
        known: RiskGrade | None = self._known.get("grade")
        if known and (self._known.get("route") or known["findings"]):
            return known
        return self._services.policy.grade_or_fault(self._words)

    @property
    def in_danger(self) -> bool:
        """Whether the person is in danger, as far as is known."""
        return in_danger(self.grade, self.risk)

    def lifeline(self, said: Sequence[str], context: Context) -> list[str]:
        """Return what is still to be said after a turn broke off, to somebody in danger.

        Args:
            said: what was said before that.
            context: of the turn.
        """
        if not self.in_danger or names_help(said, context):
            return []
        lines = Lifeline(self._services.phrases).lines(context, self.grade)
        return [line for line in lines if line not in said]

    def state(self, said: list[str], why: str) -> ConversationState:
        """Return a whole state of the turn, as far as it went, with a note of why it broke off."""
        plain = {**FRESH, "due": {"before": [], "after": []}, **self._known}
        known = {k: v.value if isinstance(v, Overwrite) else v for k, v in plain.items()}
        known["grade"] = self.grade
        known["risk"] = self.risk or advance(untroubled(), 1, self.grade["findings"])
        known["said"] = said
        known["notes"] = [Note(node="", text=f"the turn broke off: {why}")]
        return cast(ConversationState, known)
