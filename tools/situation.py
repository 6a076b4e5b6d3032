"""What is told of a turn to the models that read it whole or plan its reply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.records import EarlierTurn, Example, Scores

_EARLIER = 2
"""How many of the person's earlier messages count as what led to this one; as in `Query`."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A turn that wants a reply.

    A backend of `user_emotion` returns probabilities over `tools.labels.Emotion` for it, one of
    `strategy` over `tools.labels.Strategy`, one of `system_emotion` over `tools.labels.STANCES`; an
    empty mapping says that it has no opinion.

    Attributes:
        said: the person's words.
        before: the messages before that, the oldest first.
        tried: the strategies of past replies, the oldest first.
        stage: a value of `tools.labels.Stage`.
        emotions: the fused probabilities by emotion; empty when it is unknown.
        examples: what was retrieved, best first.
        barred: labels that will not be used whatever is said for them; a backend may ignore it.
        felt: the emotions of the person's past turns, the oldest first.
        thoughts: intermediate texts of this turn by name, e.g. `clue`.
        vectors: what the perception models made of this turn, by modality; a missing modality is
            absent. They are derived from a person's body; like thoughts, they are not shown with
            the rest.
    """

    said: str
    before: tuple[EarlierTurn, ...] = ()
    tried: tuple[str, ...] = ()
    stage: str = ""
    emotions: Scores = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    barred: frozenset[str] = frozenset()
    felt: tuple[str, ...] = ()
    thoughts: Mapping[str, str] = field(default_factory=dict, repr=False)
    vectors: Mapping[str, tuple[float, ...]] = field(default_factory=dict, repr=False)

    @property
    def context(self) -> str:
        """What the person said in the two messages before; empty at the beginning."""
        earlier = [turn["text"] for turn in self.before if turn["speaker"] == "person"]
        return "\n".join(earlier[-_EARLIER:])

    @property
    def answered(self) -> str:
        """The last reply before this turn; empty where there is none."""
        replies = [turn["text"] for turn in self.before if turn["speaker"] == "supporter"]
        return replies[-1] if replies else ""
