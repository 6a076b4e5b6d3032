"""What is known of a corpus, and its reading: lazily, checked, from the user's path."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tools.corpora.dialogue import Dialogue
from tools.corpora.strategies import strategy_table
from tools.corpora.trouble import Report, Trouble, refuse
from tools.errors import DataError
from tools.registry import load_attribute

Reader = Callable[[Path, str, Report], Iterator[Dialogue]]


@dataclass(frozen=True)
class Counts:
    """How much a split holds; None where nothing is published.

    Attributes:
        dialogues: conversations.
        utterances: lines, as the corpus cuts them.
        turns: turns of a person that a supporter answers, lines of one speaker joined.
    """

    dialogues: int | None = None
    utterances: int | None = None
    turns: int | None = None


@dataclass(frozen=True)
class Corpus:
    """A corpus that people bring.

    Attributes:
        name: as in `mesc:DIR`.
        title: as people call it.
        citation: the paper.
        licence: what its publishers state.
        reader: `module:attr` of its loader, imported when it is first read.
        files: split -> glob patterns, of which one has a match where the split is there. The first
            split is the one to train on.
        validation: the split to choose by; empty where none is published.
        training: every split that may be trained on; by default only the first.
        emotions: label of a turn -> `tools.labels.Emotion` value, empty where none stands for it.
        steps: state keys and thoughts that it has gold for.
        published: how much each split holds.
        selectable: a part of it serves too, so that holding less than published is not wrong.
        checked: the loader was finished against the corpus itself.
    """

    name: str
    title: str
    citation: str
    licence: str
    reader: str
    files: Mapping[str, tuple[str, ...]]
    validation: str = ""
    training: tuple[str, ...] = ()
    emotions: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    published: Mapping[str, Counts] = field(default_factory=dict)
    selectable: bool = False
    checked: bool = False

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that are published, the one to train on first."""
        return tuple(self.files)

    @cached_property
    def strategies(self) -> tuple[str, ...]:
        """Its labels of a supporter's turn; empty where it has none."""
        tables = strategy_table().corpora.items()
        return tuple(label for name, labels in tables if name == self.name for label in labels)

    def splits_in(self, folder: Path) -> tuple[str, ...]:
        """Return the splits whose files stand in a folder."""
        return tuple(
            split
            for split, patterns in self.files.items()
            if any(next(folder.glob(pattern), None) for pattern in patterns)
        )

    def read(self, folder: Path, split: str = "", report: Report = refuse) -> Iterator[Dialogue]:
        """Return the dialogues of a split one by one; a wrong one is left out whole.

        Args:
            folder: of the corpus, as published.
            split: one of `splits`; the first by default.
            report: told of everything that is wrong; by default the first such thing ends it.

        Raises:
            DataError: the folder, the split or a file of it is not there; at the end, the split
                held no dialogue; in between, something is wrong and nobody is told.
        """
        chosen = split or self.splits[0]
        self.require_split(folder, chosen)
        return self._checked(folder, chosen, report)

    def require_split(self, folder: Path, split: str) -> None:
        """Refuse a split that the corpus does not have, or the folder.

        Raises:
            DataError: it is not there; the message names those that are.
        """
        there = self.splits_in(folder)
        if split not in self.files:
            raise DataError(
                f"{self.title} has no split {split!r}; choose one of {', '.join(self.splits)} "
                f"(in {folder.name!r}: {', '.join(there) or 'none'})"
            )
        if split not in there:
            raise DataError(
                f"the folder {folder.name!r} lacks the split {split!r} of {self.title} (there: "
                f"{', '.join(there) or 'none'}); put {' or '.join(self.files[split])} into it"
            )

    def _checked(self, folder: Path, split: str, report: Report) -> Iterator[Dialogue]:
        read: Reader = load_attribute(self.reader)
        seen: set[str] = set()
        kept = 0
        for dialogue in read(folder, split, report):
            if dialogue.id in seen:
                what = f"the id {dialogue.id!r} stands there twice"
                report(dialogue.place.trouble(what, "id"))
            elif trouble := self._unknown(dialogue):
                report(trouble)
            else:
                kept += 1
                yield dialogue
            seen.add(dialogue.id)
        if not kept:
            raise DataError(
                f"the split {split!r} of {self.title} in {folder.name!r} holds no dialogue that "
                "can be used; give the folder as it was published"
            )

    def _unknown(self, dialogue: Dialogue) -> Trouble | None:
        """Return the first label that the corpus does not have."""
        strategies = {label.casefold() for label in self.strategies}
        if dialogue.emotion and dialogue.emotion not in self.emotions:
            return dialogue.place.trouble(f"unknown emotion {dialogue.emotion!r}", "label")
        for number, turn in enumerate(dialogue.turns, 1):
            if turn.emotion and turn.emotion not in self.emotions:
                what = f"unknown emotion {turn.emotion!r}"
            elif turn.strategy and turn.strategy.casefold() not in strategies:
                what = f"unknown strategy {turn.strategy!r}"
            else:
                continue
            if turn.line:
                return Trouble(dialogue.file, turn.line, what, "label")
            return dialogue.place.trouble(what, "label", number)
        return None
