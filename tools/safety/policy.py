"""The safety policy: grades what a person says, and reads what is about to be shown to them."""

from collections.abc import Sequence
from functools import lru_cache

from tools.labels import Danger, Risk, rank
from tools.records import Finding, RiskCourse, RiskGrade
from tools.safety.course import grade_of
from tools.safety.decoding import decoded
from tools.safety.fragments import joined
from tools.safety.patterns import Patterns, read_patterns
from tools.safety.resources import numbers
from tools.safety.speech import SpeechReader, read_speech
from tools.words import abridged

ECHO = "speaks of danger in the first person"
"""The rule that a sentence breaks when it would itself be graded as a disclosure."""

FAULT = "fault"
"""The detector that a finding names when the screen itself has failed."""


class SafetyPolicy:
    """Grade and read by the shipped patterns.

    Attributes:
        crisis_from: the level from which a turn takes the crisis route.
    """

    def __init__(
        self, patterns: Patterns, reader: SpeechReader, *, crisis_from: Risk = Risk.THIRD_PARTY
    ) -> None:
        """Join the two halves; see `load_policy`."""
        self._patterns = patterns
        self._reader = reader
        self.crisis_from = crisis_from

    def grade(
        self, text: str, *, before: Sequence[str] = (), course: RiskCourse | None = None
    ) -> RiskGrade:
        """Return how dangerous a message is, by the patterns.

        Takes any text, in milliseconds, and never raises. What a code hides is read as well, and
        what was split over messages is read together; both can only add.

        Args:
            text: the message; of one that is longer than a message may be, both ends are read.
            before: the person's earlier messages, the latest last.
            course: the conversation so far.
        """
        text = abridged(text)
        findings = self._find(text, course)
        for part in joined(before, text):
            known = [_what(finding) for finding in self._find(part.known, course)]
            findings += [f for f in self._find(part.text, course) if _what(f) not in known]
        return grade_of(findings)

    def _find(self, text: str, course: RiskCourse | None) -> list[Finding]:
        """Return what a text shows as it stands and decoded."""
        return [
            finding
            for reading in (text, *decoded(text))
            for finding in self._patterns.find(reading, course)
        ]

    def distress(self, text: str) -> bool:
        """Say whether a message tells of something that weighs on the person."""
        return self._patterns.distress(text)

    def fault(self, what: str) -> Finding:
        """Return the finding of a screen that failed: nobody knows, so it counts as danger."""
        return {
            "danger": Danger.UNSCREENED.value,
            "level": Risk.MODERATE.value,
            "whose": "own",
            "act": "disclosure",
            "rule": what,
            "detector": FAULT,
        }

    def is_crisis(self, grade: RiskGrade) -> bool:
        """Say whether a grade takes the crisis route."""
        return rank(grade["level"]) >= rank(self.crisis_from)

    def grade_or_fault(self, text: str) -> RiskGrade:
        """Return how dangerous a message is; what cannot be graded counts as danger."""
        try:
            return self.grade(text)
        except Exception as error:
            return grade_of([self.fault(type(error).__name__)])

    def is_dangerous(self, text: str) -> bool:
        """Say whether a message takes the crisis route; what cannot be graded does."""
        return self.is_crisis(self.grade_or_fault(text))

    def read(
        self, sentence: str, *, private: Sequence[str] = (), heard: str = "", fixed: bool = False
    ) -> str:
        """Return the name of the rule that a sentence breaks, or an empty string.

        Args:
            sentence: as it would be shown.
            private: prompt texts, of which no eight words in a row may appear.
            heard: what the person said so far, the latest last; a reply keeps to its language, and
                may name a disorder or say goodbye only after them.
            fixed: code wrote it from a checked file; only then may it hold a listed number.
        """
        broken = self._reader.read(sentence, private=private, heard=heard, fixed=fixed)
        if not broken and self._patterns.first_person(sentence):
            return ECHO
        return broken


def _what(finding: Finding) -> tuple[str, str]:
    return finding["rule"], finding["level"]


@lru_cache(maxsize=1)
def load_policy() -> SafetyPolicy:
    """Return the policy of the shipped files, compiled once.

    Raises:
        ConfigError: a file is missing or wrong.
    """
    return SafetyPolicy(read_patterns(), read_speech(numbers()))
