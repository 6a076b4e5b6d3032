"""MESC (Chu et al. 2024): psychotherapy in a television drama, with an emotion for every line.

It is read from a path and never ships: its text belongs to somebody else, and no licence is stated.
A folder holds `MESC.csv` (every line of the training and the validation dialogues) and `val.json`.
"""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tools.errors import DataError
from tools.labels import Emotion

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

Row = Mapping[str, str]
Text = tuple[str, str]
"""What was said, and the corpus's own label for it."""


def read_dialogues(folder: Path) -> list[list[Row]]:
    """Read the training dialogues: those of `MESC.csv` that are not in `val.json`.

    The two files share no id, so a dialogue of `val.json` is known by its utterances, each of which
    begins with the line of the table.

    Raises:
        DataError: a file is missing or not in its format.
    """
    try:
        with (folder / "MESC.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        held_out = [
            [turn["text"] for turn in dialogue["dialog"]]
            for dialogue in json.loads((folder / "val.json").read_text("utf-8"))
        ]
        dialogues: dict[str, list[Row]] = {}
        for row in rows:
            _ = row["Utterance"].strip(), row["Emotion"].strip(), row["Speaker"].strip()
            dialogues.setdefault(row["Dialogue_ID"], []).append(row)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise DataError(
            f"cannot read MESC in {folder.name!r}: {type(error).__name__}: {error}; "
            "it must hold MESC.csv and val.json as published"
        ) from error
    return [
        lines for lines in dialogues.values() if not any(_same(texts, lines) for texts in held_out)
    ]


def client_lines(dialogues: Sequence[Sequence[Row]]) -> list[Text]:
    """Return every line of a client: a subtitle, often half a sentence."""
    return [
        (row["Utterance"].strip(), row["Emotion"])
        for lines in dialogues
        for row in lines
        if row["Speaker"] == "Client"
    ]


def client_turns(dialogues: Sequence[Sequence[Row]]) -> list[Text]:
    """Return what a client says until the therapist speaks, with the commonest label of its lines.

    That is the length of a message in a chat. Turns with two commonest labels are left out.
    """
    turns = []
    for lines in dialogues:
        for speaker, group in groupby(lines, key=lambda row: row["Speaker"]):
            said = list(group)
            first, *others = Counter(row["Emotion"] for row in said).most_common(2)
            if speaker == "Client" and not (others and others[0][1] == first[1]):
                turns.append((" ".join(row["Utterance"].strip() for row in said), first[0]))
    return turns


def _same(texts: Sequence[str], lines: Sequence[Row]) -> bool:
    return len(texts) == len(lines) and all(
        text.startswith(line["Utterance"].strip()) for text, line in zip(texts, lines, strict=True)
    )
