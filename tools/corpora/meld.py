"""MELD (Poria et al. 2019): scenes of a comedy, several speakers, an emotion for every utterance.

It is read from a path and never ships. A folder holds `train_sent_emo.csv`, `dev_sent_emo.csv` and
`test_sent_emo.csv`, and the clips `dia{D}_utt{U}.mp4` in the folders that the archive unpacks to.
Nobody supports anybody here: every utterance counts as a person's, and `who` tells them apart.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from tools.corpora.dialogue import Dialogue, MediaFile, Turn
from tools.corpora.quotes import mended
from tools.corpora.table import read_rows
from tools.corpora.trouble import Report, Trouble, refuse

CLIPS: Mapping[str, str] = {
    "train": "train_splits",
    "dev": "dev_splits_complete",
    "test": "output_repeated_splits_test",
}
"""Split -> the folder with its clips."""

_COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")

_Row = tuple[int, Mapping[str, str]]


def read(folder: Path, split: str = "train", report: Report = refuse) -> Iterator[Dialogue]:
    """Yield the dialogues of a split (`train`, `dev`, `test`), in the order of the file.

    Raises:
        DataError: the file is missing or lacks a column, or a row is wrong and nobody is told.
    """
    file, clips = folder / f"{split}_sent_emo.csv", folder / CLIPS[split]
    for id_, rows in groupby(
        read_rows(file, _COLUMNS, "MELD"), key=lambda row: row[1]["Dialogue_ID"]
    ):
        turns: dict[str, Turn] = {}
        wrong: list[Trouble] = []
        for line, row in rows:
            number = row["Utterance_ID"]
            if number in turns:
                what = f"the utterance {number!r} stands there twice"
                wrong.append(Trouble(file.name, line, what, "id"))
            elif what := _why_not(row):
                wrong.append(Trouble(file.name, line, what))
            else:
                turns[number] = _turn(row, line, clips)
        if wrong:
            report(wrong[0])
        else:
            said = tuple(turns.values())
            yield Dialogue(id=id_, turns=said, line=said[0].line, file=file.name)


def _why_not(row: Mapping[str, str]) -> str:
    if not all(row[column].strip() for column in _COLUMNS):
        return "an utterance needs its text, its speaker, an emotion and two ids"
    if not (row["Dialogue_ID"].isdecimal() and row["Utterance_ID"].isdecimal()):
        return f"the ids {row['Dialogue_ID']!r} and {row['Utterance_ID']!r} must be numbers"
    return ""


def _turn(row: Mapping[str, str], line: int, clips: Path) -> Turn:
    clip = clips / f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}.mp4"
    there = clip.is_file()
    return Turn(
        "person",
        mended(row["Utterance"]).strip(),
        row["Emotion"].strip().casefold(),
        media=MediaFile(clip, video=True) if there else None,
        missing="" if there else clip.name,
        who=mended(row["Speaker"]).strip(),
        line=line,
    )
