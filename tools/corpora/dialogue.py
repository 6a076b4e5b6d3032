"""One record for every corpus: who said what, with the corpus's own labels and clips."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Literal

from tools.corpora.trouble import Place

Speaker = Literal["person", "supporter"]


@dataclass(frozen=True)
class MediaFile:
    """A clip of a turn, or the part of a longer file that is the turn.

    Attributes:
        path: the file, which was there when the corpus was read.
        begin: seconds from the start of the file; None where the whole file is the turn.
        end: likewise.
        audio: the corpus has sound in such files.
        video: it has pictures in them.
    """

    path: Path
    begin: float | None = None
    end: float | None = None
    audio: bool = True
    video: bool = False


@dataclass(frozen=True)
class Turn:
    """What one of the two says.

    Attributes:
        speaker: who.
        text: what was said; in a subtitled corpus a line, often half a sentence.
        emotion: the corpus's own label; empty where it has none, or several that differ.
        strategy: the corpus's own label of a supporter's turn; empty where it has none.
        clue: a text that describes the clip, where the corpus has one. It was not spoken.
        media: the clip, where it was found.
        missing: the name of the clip that the corpus has and the folder lacks.
        who: the speaker's name in the corpus, to form groups by.
        thoughts: gold intermediate texts by name, e.g. ESCoT's `stimulus`.
        labels: all labels, where the corpus may give several.
        line: where it stands in its file, from 1; 0 where only the dialogue's place is known.
    """

    speaker: Speaker
    text: str
    emotion: str = ""
    strategy: str = ""
    clue: str = ""
    media: MediaFile | None = None
    missing: str = ""
    who: str = ""
    thoughts: Mapping[str, str] = field(default_factory=dict, hash=False)
    labels: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Dialogue:
    """A conversation, with labels as the corpus spells them.

    A corpus of single utterances is read as dialogues of one turn.

    Attributes:
        id: unique in its split.
        turns: the oldest first, at least one.
        problem: what it is about; empty where the corpus does not say.
        situation: a sentence of background; empty likewise.
        emotion: the label of the whole conversation; empty likewise.
        line: where it begins in its file, from 1.
        file: the name of that file.
        number: its place in a file that holds an array, from 1; 0 in another.
    """

    id: str
    turns: tuple[Turn, ...]
    problem: str = ""
    situation: str = ""
    emotion: str = ""
    line: int = 0
    file: str = ""
    number: int = field(default=0, compare=False)

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.file, self.line, self.number)


def merged(turns: Sequence[Turn]) -> list[Turn]:
    """Join what each says until another speaks; the commonest labels win, the first of equals.

    That is the length of a message in a chat. MESC and ESConv cut one into several turns. A turn
    with neither words nor a clip is left out. Clues are joined; of several clips that are parts of
    one file the whole stretch is kept, else the first clip.
    """
    joined = []
    spoken = [turn for turn in turns if turn.text or turn.media or turn.missing]
    for (speaker, who), group in groupby(spoken, key=lambda turn: (turn.speaker, turn.who)):
        said = list(group)
        joined.append(
            Turn(
                speaker,
                " ".join(turn.text for turn in said if turn.text),
                _commonest([turn.emotion for turn in said]),
                _commonest([turn.strategy for turn in said]),
                clue=" ".join(turn.clue for turn in said if turn.clue),
                media=_stretch([turn.media for turn in said if turn.media]),
                missing=next((turn.missing for turn in said if turn.missing), ""),
                who=who,
                thoughts={name: text for turn in said for name, text in turn.thoughts.items()},
                labels=tuple(dict.fromkeys(label for turn in said for label in turn.labels)),
                line=said[0].line,
            )
        )
    return joined


def answered(turns: Sequence[Turn]) -> int:
    """Count the turns of a person that a supporter answers; give `merged` turns."""
    return sum(
        said.speaker == "person" and reply.speaker == "supporter"
        for said, reply in zip(turns, turns[1:], strict=False)
    )


def _commonest(labels: Sequence[str]) -> str:
    [(label, _)] = Counter(labels).most_common(1)
    return label


def _stretch(clips: Sequence[MediaFile]) -> MediaFile | None:
    if not clips:
        return None
    first, ends = clips[0], [clip.end for clip in clips if clip.path == clips[0].path]
    if len(ends) < len(clips):
        return first
    last = max((end for end in ends if end is not None), default=None)
    return MediaFile(first.path, first.begin, last, first.audio, first.video)
