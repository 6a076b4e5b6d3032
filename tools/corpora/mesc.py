"""MESC (Chu et al. 2024): psychotherapy in a television drama, with an emotion for every line.

It is read from a path and never ships: its text belongs to somebody else, and no licence is stated.
A folder holds `MESC.csv` (every line of the training and the validation dialogues) and `val.json`,
whose texts have a description of the clip behind the words. The words are taken from the table.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tools.corpora.dialogue import Dialogue, Speaker, Turn
from tools.corpora.json_items import Item, json_items
from tools.corpora.trouble import Report, Trouble, refuse
from tools.errors import DataError
from tools.labels import Emotion

LICENCE = "none stated"

LABELS: Mapping[str, str] = {
    "anger": Emotion.ANGER,
    "disgust": Emotion.DISGUST,
    "fear": Emotion.FEAR,
    "joy": Emotion.JOY,
    "sadness": Emotion.SADNESS,
    "neutral": Emotion.NEUTRAL,
}
"""MESC's labels that are Ekman's. It has no surprise; `depression` is left out here."""

DEPRESSION_AS_SADNESS: Mapping[str, str] = {**LABELS, "depression": Emotion.SADNESS}

PROBLEMS: Mapping[str, str] = {
    "the relationship with friends and family": "Friends and family",
    "self-assessment or assessment of others": "Assessment of self or others",
    "self-assessment or assessment of others or evaluation of others": (
        "Assessment of self or others"
    ),
    "post-traumatic stress disorder": "Post-traumatic stress",
    "self-punishment": "Self-punishment and disgust",
    **{
        name.casefold(): name
        for name in (
            "Bereavement", "Occupational burnout", "Job loss or career setbacks",
            "Breakups or divorce", "Illness coping", "Therapeutic relationship",
            "Interpersonal relationships", "Parenting confusion", "Dream analysis",
            "Self-punishment and disgust", "Childhood shadow", "Parental influence",
            "Emotional transference or infidelity", "Personal development",
        )
    },
}  # fmt: skip
"""MESC's problem types in small letters, without their variants of spelling."""

Text = tuple[str, str]
"""What was said, and the corpus's own label for it."""

_SPEAKERS: Mapping[str, Speaker] = {"Client": "person", "Therapist": "supporter"}
_COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID")


def read(folder: Path, split: str = "train", report: Report = refuse) -> Iterator[Dialogue]:
    """Yield the dialogues of a split (`train`, `val`), a turn for every line of the subtitles.

    The two files share no id, so a dialogue of `val.json` is known by its utterances, each of which
    begins with the line of the table. Only `val` has problems and situations.

    Raises:
        DataError: a file is missing or not in its format, or a line is wrong and nobody is told.
    """
    held_out = [(_texts(item, line), item) for line, item in json_items(folder / "val.json")]
    for dialogue in _table(folder / "MESC.csv", report):
        held = next((item for texts, item in held_out if _same(texts, dialogue.turns)), None)
        if held is None and split == "train":
            yield dialogue
        elif held is not None and split == "val":
            yield Dialogue(
                id=dialogue.id,
                turns=dialogue.turns,
                problem=str(held.get("problem_type", "")).strip().casefold(),
                situation=str(held.get("situation", "")).strip(),
                line=dialogue.line,
                file=dialogue.file,
            )


def client_lines(dialogues: Iterable[Dialogue]) -> list[Text]:
    """Return every line of a client: a subtitle, often half a sentence."""
    return [
        (turn.text, turn.emotion)
        for dialogue in dialogues
        for turn in dialogue.turns
        if turn.speaker == "person"
    ]


def client_turns(dialogues: Iterable[Dialogue]) -> list[Text]:
    """Return what a client says until the therapist speaks, with the commonest label of its lines.

    That is the length of a message in a chat. Turns with two commonest labels are left out.
    """
    turns = []
    for dialogue in dialogues:
        for speaker, group in groupby(dialogue.turns, key=lambda turn: turn.speaker):
            said = list(group)
            first, *others = Counter(turn.emotion for turn in said).most_common(2)
            if speaker == "person" and not (others and others[0][1] == first[1]):
                turns.append((" ".join(turn.text for turn in said), first[0]))
    return turns


def _table(path: Path, report: Report) -> Iterator[Dialogue]:
    """Yield the dialogues of the table."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if lacking := set(_COLUMNS) - set(rows.fieldnames or ()):
                raise DataError(f"{path.name} of MESC lacks the columns {sorted(lacking)}")
            found: dict[str, list[tuple[int, Turn]]] = {}
            for row in rows:
                if row["Speaker"] not in _SPEAKERS or not (row["Utterance"] or "").strip():
                    report(Trouble(path.name, rows.line_num, "no line of a client or a therapist"))
                    continue
                found.setdefault(row["Dialogue_ID"], []).append((rows.line_num, _turn(row)))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(
            f"cannot read {path.name} of MESC in {path.parent.name!r}: {error}; "
            "give the folder as it was published"
        ) from error
    for id_, lines in found.items():
        turns = tuple(turn for _, turn in lines)
        yield Dialogue(id=id_, turns=turns, line=lines[0][0], file=path.name)


def _turn(row: Mapping[str, str]) -> Turn:
    speaker = _SPEAKERS[row["Speaker"]]
    strategy = (row.get("Strategy") or "").strip() if speaker == "supporter" else ""
    # Three rows spell it in small letters.
    strategy = strategy[:1].upper() + strategy[1:]
    return Turn(speaker, row["Utterance"].strip(), (row["Emotion"] or "").strip(), strategy)


def _texts(item: Item, line: int) -> list[str]:
    try:
        return [str(turn["text"]) for turn in item["dialog"]]  # type: ignore[attr-defined]
    except (KeyError, TypeError) as error:
        raise DataError(f"val.json:{line}: no MESC dialogue: {error!r}") from error


def _same(texts: Sequence[str], turns: Sequence[Turn]) -> bool:
    return len(texts) == len(turns) and all(
        text.startswith(turn.text) for text, turn in zip(texts, turns, strict=True)
    )
