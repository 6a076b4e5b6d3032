"""MESC (Chu et al. 2024): psychotherapy in a television drama, with an emotion for every line.

It is read from a path and never ships: its text belongs to somebody else, and no licence is stated.
A folder holds `MESC.csv` (every line as it was spoken) and `train.json`, `val.json`, `test.json` or
the same as JSON lines (`.txt`), whose texts have a description of the clip behind the words, the
clue. Without a file for training, the training dialogues are those of the table that are in no
other split; they have no clue, problem or situation then.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tools.corpora.dialogue import Dialogue, Turn
from tools.corpora.emotions import MESC as EMOTIONS
from tools.corpora.mesc_items import (
    SPEAKERS,
    Item,
    Line,
    Placed,
    emotion_label,
    find_file,
    parted,
    read_items,
)
from tools.corpora.mesc_table import NAME, read_table, strategy_label
from tools.corpora.trouble import Place, Report, refuse
from tools.errors import DataError
from tools.labels import Emotion

TRAINING = 815
"""Dialogues of the training split as published."""

DEPRESSION_AS_SADNESS: Mapping[str, str] = {**EMOTIONS, "depression": Emotion.SADNESS}
"""MESC's labels in Ekman's, for what knows no `depression`."""

_PROBLEMS = (
    "Friends and family", "Assessment of self or others", "Post-traumatic stress",
    "Bereavement", "Occupational burnout", "Job loss or career setbacks", "Breakups or divorce",
    "Illness coping", "Therapeutic relationship", "Interpersonal relationships",
    "Parenting confusion", "Dream analysis", "Self-punishment and disgust", "Childhood shadow",
    "Parental influence", "Emotional transference or infidelity", "Personal development",
)  # fmt: skip

PROBLEMS: Mapping[str, str] = {
    "the relationship with friends and family": "Friends and family",
    "self-assessment or assessment of others": "Assessment of self or others",
    "self-assessment or assessment of others or evaluation of others": (
        "Assessment of self or others"
    ),
    "post-traumatic stress disorder": "Post-traumatic stress",
    "self-punishment": "Self-punishment and disgust",
    **{name.casefold(): name for name in _PROBLEMS},
    **{name: name for name in _PROBLEMS},
}
"""MESC's problem types, in small letters or cleaned -> one name each for all spellings."""


def read(folder: Path, split: str = "train", report: Report = refuse) -> Iterator[Dialogue]:
    """Yield the dialogues of a split (`train`, `val`, `test`), a turn for every line.

    The files share no id. A dialogue of `val.json` is known by its texts, each of which begins with
    the line of the table; what is left of a text is the clue. Without a table, or where that lacks
    the dialogues of the test split, a text is parted by `MARKERS`, and there are no times.

    Raises:
        DataError: a file is missing or not in its format, a line is wrong and nobody is told, or
            the training dialogues cannot be told from the others.
    """
    file = find_file(folder, split)
    if file is None and split == "train":
        yield from _left_over(folder, report)
        return
    if file is None:
        raise DataError(
            f"the folder {folder.name!r} lacks {split}.json of MESC; give it as it was published"
        )
    if not (folder / NAME).exists():
        yield from _by_markers(read_items(file, report), split, report)
        return
    table = _Table(read_table(folder, report))
    placed = list(read_items(file, report))
    found = [table.find(item) for _, item in placed]
    if split == "test" and not any(found):
        yield from _by_markers(placed, split, report)
        return
    for at, ((place, item), spoken) in enumerate(zip(placed, found, strict=True)):
        if spoken is None and any(item == earlier for _, earlier in placed[:at]):
            report(place.trouble("the dialogue stands there twice", "id"))
        elif spoken is None:
            report(place.trouble(f"the dialogue matches none of {NAME}"))
        elif dialogue := _with_clues(spoken, item, place, report):
            yield dialogue


class _Table:
    """The dialogues of the table, found by what is said in them."""

    def __init__(self, dialogues: Iterable[Dialogue]) -> None:
        self.dialogues = list(dialogues)
        self._by_length: dict[int, list[Dialogue]] = {}
        for dialogue in self.dialogues:
            self._by_length.setdefault(len(dialogue.turns), []).append(dialogue)

    def find(self, item: Item) -> Dialogue | None:
        """Return the dialogue whose lines are how the texts of `item` begin, each only once."""
        same_length = self._by_length.get(len(item.dialog), [])
        for place, known in enumerate(same_length):
            if _same(item.dialog, known.turns):
                return same_length.pop(place)
        return None


def _same(lines: Sequence[Line], turns: Sequence[Turn]) -> bool:
    return all(line.text.startswith(turn.text) for line, turn in zip(lines, turns, strict=True))


def _left_over(folder: Path, report: Report) -> Iterator[Dialogue]:
    """Yield the dialogues of the table that are in no other split."""
    table = _Table(read_table(folder, report))
    held: set[str] = set()
    for split in ("val", "test"):
        file = find_file(folder, split)
        if file is None and split == "val":
            raise DataError(
                f"the folder {folder.name!r} lacks val.json of MESC, without which the training "
                "dialogues cannot be told from the others; put it there"
            )
        placed = list(read_items(file, refuse)) if file else []
        found = [table.find(item) for _, item in placed]
        if split == "test" and not any(found):
            continue
        for (place, _), known in zip(placed, found, strict=True):
            if known is None:
                raise DataError(
                    f"{place.told()}: the dialogue matches none of {NAME}, so that the "
                    "training dialogues cannot be told from the others; give both as published"
                )
            held.add(known.id)
    left = [dialogue for dialogue in table.dialogues if dialogue.id not in held]
    if len(left) > TRAINING:
        raise DataError(
            f"{NAME} of MESC holds {len(left)} dialogues beside those of the other splits, but the "
            f"training split has {TRAINING}; put val.json and test.json beside it, whole"
        )
    yield from left


def _with_clues(spoken: Dialogue, item: Item, place: Place, report: Report) -> Dialogue | None:
    turns = []
    for number, (said, turn) in enumerate(zip(item.dialog, spoken.turns, strict=True), 1):
        both = (
            (said.speaker, SPEAKERS.get(said.speaker), turn.speaker),
            (said.emotion, emotion_label(said), turn.emotion),
            (said.strategy, strategy_label(said.strategy), turn.strategy),
        )
        for label, here, there in both:
            if label and here != there:
                what = f"{label!r} stands as {there!r} in {NAME}:{turn.line}"
                report(place.trouble(what, turn=number))
                return None
        turns.append(replace(turn, clue=said.text[len(turn.text) :].strip()))
    return _dialogue(spoken.id, turns, item, place, report)


def _by_markers(placed: Iterable[Placed], split: str, report: Report) -> Iterator[Dialogue]:
    for number, (place, item) in enumerate(placed):
        turns: list[Turn] = []
        try:
            for said in item.dialog:
                turns.append(parted(said))
        except ValueError as error:
            report(place.trouble(str(error), turn=len(turns) + 1))
            continue
        if dialogue := _dialogue(f"{split}-{number}", turns, item, place, report):
            yield dialogue


def _dialogue(
    id_: str, turns: Sequence[Turn], item: Item, place: Place, report: Report
) -> Dialogue | None:
    problem = item.problem_type.strip()
    if problem and problem.casefold() not in PROBLEMS:
        report(place.trouble(f"unknown problem type {problem!r}", "label"))
        return None
    return Dialogue(
        id=id_,
        turns=tuple(replace(turn, line=0) for turn in turns),
        problem=PROBLEMS.get(problem.casefold(), ""),
        situation=item.situation.strip(),
        line=place.line,
        file=place.file,
        number=place.number,
    )
