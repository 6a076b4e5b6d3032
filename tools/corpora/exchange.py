"""A person's turn and its answer: the one way from a dialogue to what is learnt and scored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tools.corpora.corpus import Corpus
from tools.corpora.dialogue import Dialogue, Turn, merged
from tools.corpora.strategies import taken_for
from tools.records import EarlierTurn

Unit = Literal["turns", "utterances"]
"""A turn is all that the person says until the supporter answers; an utterance is a line."""

UNITS: tuple[Unit, ...] = ("turns", "utterances")


@dataclass(frozen=True)
class Exchange:
    """What a person says, what was said before it, and what is said to it.

    Attributes:
        corpus: whose labels the turns have.
        dialogue: where it stands.
        past: the turns, or lines, before it, the oldest first.
        turn: the person's.
        answer: the supporter's; None to a line, and where a corpus has no supporter.
    """

    corpus: Corpus
    dialogue: Dialogue
    past: Sequence[Turn]
    turn: Turn
    answer: Turn | None

    @property
    def number(self) -> int:
        """How many turns, or lines, of a person stand before it."""
        return sum(turn.speaker == "person" for turn in self.past)

    @property
    def before(self) -> tuple[EarlierTurn, ...]:
        """The words of the past, the oldest first; a clip without words is left out."""
        return tuple(EarlierTurn(speaker=t.speaker, text=t.text) for t in self.past if t.text)

    @property
    def gold(self) -> dict[str, str]:
        """The corpus's own label, or text, by step; a step that is not labelled is absent."""
        gold = {"user_emotion": self.turn.emotion, "clue": self.turn.clue, **self.turn.thoughts}
        if self.answer is not None:
            gold |= {
                "strategy": self.answer.strategy,
                "system_emotion": self.answer.emotion,
                "response": self.answer.text,
                **self.answer.thoughts,
            }
        return {step: label for step, label in gold.items() if label}

    @property
    def labels(self) -> dict[str, str]:
        """The gold labels as Attune's; one that has no counterpart is absent."""
        gold, emotions = self.gold, self.corpus.emotions
        own = {
            "user_emotion": emotions.get(gold.get("user_emotion", ""), ""),
            "strategy": self._taken(gold.get("strategy", "")),
            "system_emotion": emotions.get(gold.get("system_emotion", ""), ""),
        }
        return {step: label for step, label in own.items() if label}

    @property
    def felt(self) -> tuple[str, ...]:
        """The emotions of the person's past turns, as Attune's, the oldest first."""
        said = (t.emotion for t in self.past if t.speaker == "person")
        return tuple(own for label in said if (own := self.corpus.emotions.get(label, "")))

    @property
    def tried(self) -> tuple[str, ...]:
        """The strategies of past replies, likewise."""
        replies = (t.strategy for t in self.past if t.speaker == "supporter")
        return tuple(own for label in replies if (own := self._taken(label)))

    def _taken(self, strategy: str) -> str:
        return taken_for(self.corpus.name).get(strategy.casefold(), "")


def exchanges(
    corpus: Corpus, dialogues: Iterable[Dialogue], unit: Unit = "turns"
) -> Iterator[Exchange]:
    """Yield what the persons of some dialogues say, in order.

    With `turns`, lines of one speaker in a row are one turn, whose label is the commonest of its
    lines, and those that a supporter answers are yielded. With `utterances`, and of a corpus that
    has no supporter, every line of a person is, and no answer belongs to it.
    """
    alone = not {"strategy", "response"} & set(corpus.steps)
    for dialogue in dialogues:
        if alone or unit == "utterances":
            for place, turn in enumerate(dialogue.turns):
                if turn.speaker == "person" and (turn.text or turn.media):
                    yield Exchange(corpus, dialogue, dialogue.turns[:place], turn, None)
            continue
        turns = merged(dialogue.turns)
        for place, (turn, answer) in enumerate(zip(turns, turns[1:], strict=False)):
            if turn.speaker == "person" and answer.speaker == "supporter":
                yield Exchange(corpus, dialogue, turns[:place], turn, answer)
