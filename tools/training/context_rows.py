"""What a context head learns from: the turns of a corpus's dialogues, with the labels before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from tools.corpora.corpus import Corpus
from tools.corpora.dialogue import Dialogue, MediaFile, Turn, merged
from tools.corpora.strategies import taken_for
from tools.records import EarlierTurn, Scores
from tools.situation import Situation

Unit = Literal["turns", "utterances"]
History = Literal["gold", "predicted", "none"]
Place = tuple[str, int]
"""A dialogue's id, and the number of a person's turn in it, from 0."""

_BEFORE = 8


@dataclass(frozen=True)
class ContextRow:
    """A turn of a person, or a part of it, with what is to be told of it.

    Attributes:
        situation: what was known; its labels of past turns, and its emotion, are gold.
        gold: task -> label, for the tasks that have one.
        dialogue: its id; rows of one dialogue never stand on both sides of a split.
        turn: the number of the person's turn in the dialogue, from 0.
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
    """Return a row per turn of a person that a supporter answers, in order.

    Lines of one speaker in a row are one turn, and the commonest label of its lines is its own.
    With `utterances` a turn gives a row for each pair of a line of the person and a line of the
    answer that has a label of its own: labels are then those of lines. What a corpus describes of a
    clip (`Turn.clue`) is left out: MESC has it for no training dialogue.

    Args:
        corpus: whose labels they are.
        dialogues: of one split.
        unit: what has a label.
    """
    return [row for dialogue in dialogues for row in _rows(corpus, dialogue, unit)]


def alone(corpus: Corpus, dialogues: Iterable[Dialogue], labels: set[str]) -> list[ContextRow]:
    """Return a row for each labelled text of a corpus of single utterances, e.g. GoEmotions."""
    found = []
    for dialogue in dialogues:
        turn = dialogue.turns[0]
        label = corpus.emotions.get(turn.emotion, "")
        if label in labels and turn.text:
            gold = {"user_emotion": label}
            found.append(ContextRow(Situation(said=turn.text), gold, dialogue.id, 0))
    return found


def _rows(corpus: Corpus, dialogue: Dialogue, unit: Unit) -> Iterator[ContextRow]:
    strategies = taken_for(corpus.name)
    spoken = [turn for turn in dialogue.turns if turn.text]
    lines = [list(g) for _, g in groupby(spoken, key=lambda turn: (turn.speaker, turn.who))]
    before: list[EarlierTurn] = []
    felt: list[str] = []
    tried: list[str] = []
    number = 0
    turns = merged(dialogue.turns)
    for place, turn in enumerate(turns):
        emotion = corpus.emotions.get(turn.emotion, "")
        if turn.speaker == "person":
            reply = turns[place + 1] if place + 1 < len(turns) else None
            if reply is not None and reply.speaker == "supporter":
                situation = Situation(
                    said=turn.text,
                    before=tuple(before[-_BEFORE:]),
                    tried=tuple(tried),
                    felt=tuple(felt),
                    emotions={emotion: 1.0} if emotion else {},
                )
                asked = [turn] if unit == "turns" else lines[place]
                answers = [reply] if unit == "turns" else lines[place + 1]
                for row in _labelled(corpus, strategies, situation, asked, answers):
                    yield ContextRow(*row, dialogue.id, number, turn.media)
            number += 1
            felt += [emotion] if emotion else []
        elif label := strategies.get(turn.strategy.casefold(), ""):
            tried.append(label)
        before.append(EarlierTurn(speaker=turn.speaker, text=turn.text))


def _labelled(
    corpus: Corpus,
    strategies: Mapping[str, str],
    situation: Situation,
    asked: Sequence[Turn],
    answers: Sequence[Turn],
) -> Iterator[tuple[Situation, dict[str, str]]]:
    """Yield the parts of a turn, each with its labels; the shorter list of lines is repeated."""
    for place in range(max(len(asked), len(answers))):
        turn, reply = asked[place % len(asked)], answers[place % len(answers)]
        emotion = corpus.emotions.get(turn.emotion, "")
        told = {
            "user_emotion": emotion,
            "strategy": strategies.get(reply.strategy.casefold(), ""),
            "system_emotion": corpus.emotions.get(reply.emotion, ""),
        }
        part = replace(situation, said=turn.text, emotions={emotion: 1.0} if emotion else {})
        yield part, {task: label for task, label in told.items() if label}


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
