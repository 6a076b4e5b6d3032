"""What is known of a turn when counselling examples are looked for."""

from dataclasses import dataclass, field

from tools.records import Example, Scores

_EARLIER = 2
"""How many of the person's earlier messages are context; more of them tell less of now."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """One search.

    Attributes:
        said: the person's words.
        earlier: what they said before that, the oldest first; the last ones are used.
        emotions: the fused probabilities by emotion; may be empty.
        stage: a value of `tools.labels.Stage`; empty when it is not known.
        problems: how likely each problem type is, adding up to 1; None to infer it from the nearest
            examples.
        licences: only examples under these licences; None for any.
    """

    said: str
    earlier: tuple[str, ...] = ()
    emotions: Scores = field(default_factory=dict)
    stage: str = ""
    problems: Scores | None = None
    licences: frozenset[str] | None = None

    @property
    def context(self) -> str:
        """What led to this turn; the turn itself at the beginning of a conversation.

        Then nothing more has to be encoded than what was said.
        """
        return "\n".join(self.earlier[-_EARLIER:]) or self.said


def context_of(example: Example) -> str:
    """Return what led to an example's exchange: the situation, and what the person said in it."""
    before = [turn["text"] for turn in example["before"] if turn["speaker"] == "person"]
    return "\n".join([example["situation"], *before[-_EARLIER:]])
