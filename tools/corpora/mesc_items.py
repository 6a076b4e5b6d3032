"""The JSON files of MESC, whose texts have a description of the clip behind the words."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from tools.corpora.dialogue import Speaker, Turn
from tools.corpora.json_items import first_wrong, placed_items
from tools.corpora.mesc_table import strategy_label
from tools.corpora.trouble import Place, Report

MARKERS = (
    "The speaker",
    "The emotion state of the speaker",
    "It is difficult to determine",
)
"""How a clue begins. On the validation split the first of them parts all 2,714 lines rightly."""

SPEAKERS: Mapping[str, Speaker] = {"user": "person", "sys": "supporter"}
"""Who is who in the JSON files."""


class Line(BaseModel, extra="ignore"):
    """What one of the two says, with the clue behind it."""

    text: str
    speaker: str = ""
    emotion: str = ""
    strategy: str = ""


class Item(BaseModel, extra="ignore"):
    """A dialogue of a split file; it has no id."""

    dialog: list[Line] = Field(min_length=1)
    problem_type: str = ""
    situation: str = ""


Placed = tuple[Place, Item]


def find_file(folder: Path, split: str) -> Path | None:
    """Return the file of a split, as JSON or as JSON lines; None where there is neither."""
    names = (f"{split}.json", f"{split}.txt")
    return next((folder / name for name in names if (folder / name).exists()), None)


def read_items(file: Path, report: Report) -> Iterator[Placed]:
    """Yield the dialogues of a split file; what is no dialogue is reported.

    Raises:
        DataError: the file cannot be read, or something is wrong and nobody is told.
    """
    for place, item in placed_items(file, report):
        try:
            yield place, Item.model_validate(item)
        except ValidationError as error:
            what, turn = first_wrong(error)
            report(place.trouble(f"no MESC dialogue: {what}", turn=turn))


def parted(said: Line) -> Turn:
    """Part words and clue where the first of `MARKERS` stands.

    Raises:
        ValueError: the speaker is neither of the two, or there is no emotion.
    """
    if said.speaker not in SPEAKERS:
        raise ValueError(f"unknown speaker {said.speaker!r}")
    if not emotion_label(said):
        raise ValueError("a line has no emotion")
    starts = [place for marker in MARKERS if (place := said.text.find(marker)) > 0]
    cut = min(starts, default=len(said.text))
    speaker = SPEAKERS[said.speaker]
    strategy = strategy_label(said.strategy) if speaker == "supporter" else ""
    text, clue = said.text[:cut].strip(), said.text[cut:].strip()
    return Turn(speaker, text, emotion_label(said), strategy, clue=clue)


def emotion_label(said: Line) -> str:
    """Return the emotion as the table spells it."""
    return said.emotion.strip().casefold()
