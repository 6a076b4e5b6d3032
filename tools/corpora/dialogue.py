"""One record for every corpus of dialogues: who said what, with the corpus's own labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Speaker = Literal["person", "supporter"]


@dataclass(frozen=True)
class Turn:
    """What one of the two says.

    Attributes:
        speaker: who.
        text: what was said; in a subtitled corpus a line, often half a sentence.
        emotion: the corpus's own label; empty where it has none.
        strategy: the corpus's own label of a supporter's turn; empty where it has none.
    """

    speaker: Speaker
    text: str
    emotion: str = ""
    strategy: str = ""


@dataclass(frozen=True)
class Dialogue:
    """A conversation, with labels as the corpus spells them.

    Attributes:
        id: unique in its corpus.
        turns: the oldest first, at least one.
        problem: what it is about; empty where the corpus does not say.
        situation: a sentence of background; empty likewise.
        emotion: the label of the whole conversation; empty likewise.
        line: where it begins in its file, from 1.
        file: the name of that file.
    """

    id: str
    turns: tuple[Turn, ...]
    problem: str = ""
    situation: str = ""
    emotion: str = ""
    line: int = 0
    file: str = ""


def merged(turns: Sequence[Turn]) -> list[Turn]:
    """Join what each says until the other speaks; the commonest labels win, the first of equals.

    That is the length of a message in a chat. MESC and ESConv cut one into several turns. A turn
    without words is left out.
    """
    joined = []
    spoken = [turn for turn in turns if turn.text]
    for speaker, group in groupby(spoken, key=lambda turn: turn.speaker):
        said = list(group)
        joined.append(
            Turn(
                speaker,
                " ".join(turn.text for turn in said),
                _commonest([turn.emotion for turn in said]),
                _commonest([turn.strategy for turn in said]),
            )
        )
    return joined


def _commonest(labels: Sequence[str]) -> str:
    [(label, _)] = Counter(labels).most_common(1)
    return label
