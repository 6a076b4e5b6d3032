"""What a folder with a corpus holds, beside what is published of it, and all that is wrong."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tools.corpora.corpus import Corpus, Counts
from tools.corpora.dialogue import Dialogue, answered, merged
from tools.corpora.trouble import Trouble
from tools.errors import DataError


@dataclass
class SplitCheck:
    """What was found in a split.

    Attributes:
        found: what it holds, without the dialogues that were left out.
        published: what it should hold.
        labels: kind of label -> how often each occurs; `""` counts turns without one.
        several: turns whose labels differ, so that none of them is the turn's.
        clues: turns with a text that describes the clip.
        media: turns whose clip is there.
        missing: turns whose clip the corpus has and the folder lacks.
        troubles: what is wrong, with its place.
        different: sentences on counts that are not as published.
        refused: why reading ended, where it did.
    """

    found: Counts = field(default_factory=lambda: Counts(0, 0, 0))
    published: Counts = field(default_factory=Counts)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    several: int = 0
    clues: int = 0
    media: int = 0
    missing: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    refused: str = ""

    @property
    def wrong(self) -> bool:
        """True where anything is."""
        return bool(self.troubles or self.different or self.refused)

    def of_kind(self, kind: str) -> Counter[str]:
        """Return what is wrong of one kind of `Trouble`, and how often."""
        return Counter(trouble.what for trouble in self.troubles if trouble.kind == kind)

    def to_json(self) -> dict[str, object]:
        """Return all of it as plain values."""
        return {
            "found": asdict(self.found),
            "published": asdict(self.published),
            "labels": {kind: dict(counts) for kind, counts in self.labels.items()},
            "several_labels": self.several,
            "clues": self.clues,
            "clips": self.media,
            "clips_missing": self.missing,
            "unknown_labels": dict(self.of_kind("label")),
            "duplicate_ids": sum(self.of_kind("id").values()),
            "troubles": [str(trouble) for trouble in self.troubles],
            "different": self.different,
            "refused": self.refused,
            "wrong": self.wrong,
        }


def check_split(corpus: Corpus, folder: Path, split: str) -> SplitCheck:
    """Read a split to its end, and count."""
    check = SplitCheck(published=corpus.published.get(split, Counts()))
    dialogues = utterances = turns = 0
    try:
        for dialogue in corpus.read(folder, split, check.troubles.append):
            dialogues += 1
            utterances += len(dialogue.turns)
            turns += answered(merged(dialogue.turns))
            _count(check, dialogue)
    except DataError as error:
        check.refused = str(error)
    check.found = Counts(dialogues, utterances, turns)
    if not check.refused:
        check.different = _differences(check, corpus)
    return check


def _count(check: SplitCheck, dialogue: Dialogue) -> None:
    if dialogue.emotion:
        check.labels.setdefault("emotion of the dialogue", Counter())[dialogue.emotion] += 1
    if dialogue.problem:
        check.labels.setdefault("problem", Counter())[dialogue.problem] += 1
    for turn in dialogue.turns:
        kind = f"emotion of the {turn.speaker}"
        check.labels.setdefault(kind, Counter())[turn.emotion] += 1
        if turn.speaker == "supporter":
            check.labels.setdefault("strategy", Counter())[turn.strategy] += 1
        check.several += bool(turn.labels and not turn.emotion)
        check.clues += bool(turn.clue)
        check.media += turn.media is not None
        check.missing += bool(turn.missing)


def _differences(check: SplitCheck, corpus: Corpus) -> list[str]:
    different = []
    for name, published in asdict(check.published).items():
        found = getattr(check.found, name)
        if published is None or found == published or (corpus.selectable and found < published):
            continue
        different.append(f"{found} {name} were read, and {published} are published")
    return different
