"""AnnoMI (Wu et al. 2022, 2023): motivational interviews, with the therapist's behaviour.

It is read from a path and never ships: no licence is stated. A folder holds `AnnoMI-simple.csv` or
`AnnoMI-full.csv`; the full table has a row for every annotator, of which the first is read. Only
interviews of high quality are read. It names no emotions and has no splits.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.corpora.dialogue import Dialogue, Speaker, Turn
from tools.corpora.table import read_rows
from tools.corpora.trouble import Report, Trouble, refuse

_SPEAKERS: Mapping[str, Speaker] = {"client": "person", "therapist": "supporter"}
_COLUMNS = (
    "transcript_id", "mi_quality", "topic", "utterance_id", "interlocutor", "utterance_text",
    "main_therapist_behaviour",
)  # fmt: skip

_Place = tuple[int, int, Turn]
"""Number of the utterance, line of the table, what was said."""


def read(folder: Path, split: str = "train", report: Report = refuse) -> Iterator[Dialogue]:
    """Yield the interviews of high quality.

    Args:
        folder: of the corpus.
        split: there is only `train`.
        report: told of each row that is not in its format.

    Raises:
        DataError: the file is missing, lacks a column, or a row is wrong and nobody is told.
    """
    file = next((f for f in (folder / "AnnoMI-simple.csv", folder / "AnnoMI-full.csv")
                 if f.exists()), folder / "AnnoMI-simple.csv")  # fmt: skip
    topics: dict[str, str] = {}
    found: dict[str, dict[int, _Place]] = {}
    wrong: set[str] = set()
    for line, row in read_rows(file, _COLUMNS, "AnnoMI"):
        id_ = row["transcript_id"]
        if row["mi_quality"] == "low":
            continue
        try:
            if row["mi_quality"] != "high":
                raise ValueError(f"unknown quality {row['mi_quality']!r}")
            number, speaker = int(row["utterance_id"]), _SPEAKERS[row["interlocutor"]]
        except (ValueError, KeyError) as error:
            if id_ not in wrong:
                report(Trouble(file.name, line, f"no AnnoMI utterance: {error}"))
            wrong.add(id_)
            continue
        behaviour = row["main_therapist_behaviour"] if speaker == "supporter" else ""
        turn = Turn(speaker, row["utterance_text"].strip(), strategy=behaviour, line=line)
        topics[id_] = row["topic"]
        found.setdefault(id_, {}).setdefault(number, (number, line, turn))
    for id_, said in found.items():
        if id_ in wrong:
            continue
        places = sorted(said.values(), key=lambda place: place[0])
        yield Dialogue(
            id=id_,
            turns=tuple(turn for _, _, turn in places),
            problem=topics[id_],
            line=min(line for _, line, _ in places),
            file=file.name,
        )
