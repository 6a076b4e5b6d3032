"""What a context head learns from: the turns of a corpus's dialogues, with the labels before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tools.corpora.corpus import Corpus
from tools.corpora.dialogue import Dialogue, MediaFile
from tools.corpora.exchange import Exchange, Unit, exchanges
from tools.records import Scores
from tools.situation import Situation

History = Literal["gold", "predicted", "none"]
Place = tuple[str, int]
"""A dialogue's id, and the number of a person's turn in it, from 0."""

_BEFORE = 8


@dataclass(frozen=True)
class ContextRow:
    """A turn, or a line, of a person with what is to be told of it.

    Attributes:
        situation: what was known; its labels of past turns, and its emotion, are gold.
        gold: task -> label, for the tasks that have one.
        dialogue: its id; rows of one dialogue never stand on both sides of a split.
        turn: the number of the person's turn, or line, in the dialogue, from 0.
        media: its clip, where the corpus's folder has it.
    """

    situation: Situation
    gold: Mapping[str, str]
    dialogue: str
    turn: int
    media: MediaFile | None = None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.dialogue, self.turn


def rows_of(
    corpus: Corpus, dialogues: Iterable[Dialogue], unit: Unit = "turns"
) -> list[ContextRow]:
    """Return a row per exchange, in order: the turns and labels that an evaluation asks for.

    What a corpus describes of a clip (`Turn.clue`) is left out: MESC has it for no training
    dialogue.

    Args:
        corpus: whose labels they are.
        dialogues: of one split.
        unit: what has a label; a line has no answer, and so no strategy and no system emotion.
    """
    return [_row(exchange) for exchange in exchanges(corpus, dialogues, unit)]


def _row(exchange: Exchange) -> ContextRow:
    gold = exchange.labels
    situation = Situation(
        said=exchange.turn.text,
        before=exchange.before[-_BEFORE:],
        tried=exchange.tried,
        felt=exchange.felt,
        emotions={gold["user_emotion"]: 1.0} if "user_emotion" in gold else {},
    )
    return ContextRow(situation, gold, exchange.dialogue.id, exchange.number, exchange.turn.media)


def without_history(rows: Sequence[ContextRow]) -> list[ContextRow]:
    """Return the rows without the labels of past turns and without the gold emotion."""
    return [
        replace(row, situation=replace(row.situation, felt=(), tried=(), emotions={}))
        for row in rows
    ]


def with_history(
    rows: Sequence[ContextRow], predicted: Mapping[str, Mapping[Place, Scores]]
) -> list[ContextRow]:
    """Return the rows with predicted labels in place of the gold ones, past and present.

    Args:
        rows: of whole dialogues.
        predicted: task -> what a model that has not seen the dialogue says of each turn.
    """
    found = []
    for row in rows:
        past = {
            task: tuple(
                max(said, key=said.__getitem__)
                for turn in range(row.turn)
                if (said := of.get((row.dialogue, turn)))
            )
            for task, of in predicted.items()
        }
        situation = replace(
            row.situation,
            felt=past.get("user_emotion", ()),
            tried=past.get("strategy", ()),
            emotions=predicted.get("user_emotion", {}).get(row.place, {}),
        )
        found.append(replace(row, situation=situation))
    return found
