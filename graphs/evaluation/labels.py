"""Between a corpus's labels and Attune's: what a step is told, and in which labels it is scored.

A feeling is scored in Attune's emotions, which every corpus is mapped onto by a table; a strategy
in the corpus's own labels, onto which the ten are mapped (`tools/data/strategies.yaml`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from tools.corpora.corpus import Corpus
from tools.corpora.strategies import nearest, taken_for
from tools.labels import STANCES, UNKNOWN, Strategy
from tools.records import Choice, Scores, UserEmotion

LABELLED: tuple[str, ...] = ("user_emotion", "strategy", "system_emotion")
"""Steps that choose among labels; the others write text."""


@dataclass(frozen=True)
class LabelSpace:
    """The labels of a corpus, as they stand to Attune's."""

    corpus: Corpus

    def labels(self, step: str) -> tuple[str, ...]:
        """Return the labels in which a step is scored."""
        if step == "strategy":
            return self.corpus.strategies
        return tuple(dict.fromkeys(label for label in self.corpus.emotions.values() if label))

    def gold(self, step: str, label: str) -> str:
        """Return a gold label as it is scored; empty where no label of Attune's stands for it."""
        if step == "strategy":
            return label
        return self.corpus.emotions.get(label, "")

    def scored(self, step: str, label: str) -> str:
        """Return one of Attune's labels as it is scored; empty for none."""
        if step == "strategy":
            return nearest(label, self.corpus.name) if label else ""
        return "" if label == UNKNOWN else label

    def scored_all(self, step: str, scores: Scores) -> Scores:
        """Return a distribution in the labels that are scored."""
        found: dict[str, float] = {}
        for label, share in scores.items():
            name = self.scored(step, label)
            found[name] = found.get(name, 0.0) + share
        return found

    def told(self, step: str, label: str) -> dict[str, Any] | None:
        """Return the record that a graph is given for a gold label; None where it has no such one.

        A stance that the corpus's therapist takes and no machine may (anger, fear) has none.
        """
        if step == "strategy":
            taken = taken_for(self.corpus.name)
            own = label if label in set(Strategy) else taken.get(label.casefold(), "")
            return cast(dict[str, Any], _choice(own)) if own else None
        own = self.gold(step, label)
        if not own or (step == "system_emotion" and own not in STANCES):
            return None
        return cast(dict[str, Any], _felt(own) if step == "user_emotion" else _choice(own))

    def emitted(self, step: str, own: Sequence[str]) -> frozenset[str]:
        """Return the scored labels that sources with Attune's labels `own` can come to."""
        return frozenset(self.scored(step, label) for label in own)


def _choice(label: str) -> Choice:
    return Choice(label=label, scores={label: 1.0}, why="It is given.")


def _felt(label: str) -> UserEmotion:
    return UserEmotion(
        label=label, confidence=1.0, scores={label: 1.0}, sources={"given": 1.0}, disagreement=""
    )
