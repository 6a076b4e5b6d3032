"""`MESC.csv`: every line of the dialogues as it was spoken, with its labels and its time."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.corpora.dialogue import Dialogue, Speaker, Turn
from tools.corpora.episodes import Episodes, clip, find_episodes, seconds
from tools.corpora.table import read_rows
from tools.corpora.trouble import Report, Trouble

NAME = "MESC.csv"

_SPEAKERS: Mapping[str, Speaker] = {"Client": "person", "Therapist": "supporter"}
_COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID")
_PLACES = ("Season", "Episode", "StartTime", "EndTime")


def strategy_label(label: str) -> str:
    """Return a strategy as MESC spells it; three rows of the table do so in small letters."""
    label = label.strip()
    return label[:1].upper() + label[1:]


def read_table(folder: Path, report: Report) -> Iterator[Dialogue]:
    """Yield the dialogues of the table; one with a wrong row is reported and left out whole.

    Raises:
        DataError: the table is missing, cannot be read, or lacks a column.
    """
    episodes = find_episodes(folder, report)
    turns: dict[str, dict[str, Turn]] = {}
    wrong: set[str] = set()
    last = ""
    for line, row in read_rows(folder / NAME, _COLUMNS, "MESC"):
        id_ = row["Dialogue_ID"]
        said = turns.setdefault(id_, {})
        number = row.get("Utterance_ID") or str(len(said))
        if said and id_ != last:
            trouble = _twice(line, f"the dialogue {id_!r}")
        elif number in said:
            trouble = _twice(line, f"the utterance {number!r} of the dialogue {id_!r}")
        else:
            trouble = None
            try:
                said[number] = _turn(row, line, episodes)
            except ValueError as error:
                trouble = Trouble(NAME, line, str(error))
        if trouble and id_ not in wrong:
            report(trouble)
            wrong.add(id_)
        last = id_
    for id_, spoken in turns.items():
        if id_ not in wrong:
            lines = tuple(spoken.values())
            yield Dialogue(id=id_, turns=lines, line=lines[0].line, file=NAME)


def _twice(line: int, what: str) -> Trouble:
    return Trouble(NAME, line, f"{what} stands there twice", "id")


def _turn(row: Mapping[str, str], line: int, episodes: Episodes) -> Turn:
    text, speaker = row["Utterance"].strip(), _SPEAKERS.get(row["Speaker"])
    if speaker is None or not text or not row["Dialogue_ID"]:
        raise ValueError("no line of a client or a therapist")
    emotion = row["Emotion"].strip().casefold()
    if not emotion:
        raise ValueError("the line has no emotion")
    media, missing = None, ""
    if all(row.get(column) for column in _PLACES):
        begin, end = seconds(row["StartTime"]), seconds(row["EndTime"])
        if end < begin:
            raise ValueError(f"the line ends at {row['EndTime']!r}, before it begins")
        media, missing = clip(episodes, int(row["Season"]), int(row["Episode"]), begin, end)
    strategy = strategy_label(row.get("Strategy", "")) if speaker == "supporter" else ""
    return Turn(speaker, text, emotion, strategy, media=media, missing=missing, line=line)
