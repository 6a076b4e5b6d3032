"""ESCoT (Zhang et al. 2024): made dialogues whose last reply has a chain of reasons.

It is read from a path and never ships: no licence is stated. A folder holds `train.json`,
`val.json` and `test.json`. Only the last reply of a dialogue has a strategy, one of 13, and the
thoughts that led to it; emotions are told in free words, which are not mapped.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from tools.corpora.dialogue import Dialogue, Speaker, Turn
from tools.corpora.json_items import first_wrong, placed_items
from tools.corpora.trouble import Report, refuse

_SPEAKERS: Mapping[str, Speaker] = {"seeker": "person", "supporter": "supporter"}


class _Line(BaseModel, extra="ignore"):
    speaker: str
    content: str


class _Data(BaseModel, extra="ignore"):
    dialog: list[_Line] = Field(min_length=1)
    strategy: str
    response: str


class _Chain(BaseModel, extra="ignore"):
    emotion: str = ""
    emotion_stimuli: str = ""
    individual_appraisal: str = ""
    strategy_reason: str = ""

    def thoughts(self) -> dict[str, str]:
        named = {
            "emotion": self.emotion,
            "stimulus": self.emotion_stimuli,
            "appraisal": self.individual_appraisal,
            "reason": self.strategy_reason,
        }
        return {name: text.strip() for name, text in named.items() if text.strip()}


class _Entry(BaseModel, extra="ignore"):
    id: int | str
    original_data: _Data
    cot_data: _Chain = _Chain()


def read(folder: Path, split: str = "train", report: Report = refuse) -> Iterator[Dialogue]:
    """Yield the dialogues of a split (`train`, `val`, `test`); the response is their last turn.

    Raises:
        DataError: the file is missing, or a dialogue is wrong and nobody is told.
    """
    file = folder / f"{split}.json"
    for place, item in placed_items(file, report):
        try:
            found = _Entry.model_validate(item)
        except ValidationError as error:
            what, turn = first_wrong(error)
            report(place.trouble(f"no ESCoT dialogue: {what}", turn=turn))
            continue
        data = found.original_data
        unknown = (n for n, said in enumerate(data.dialog, 1) if said.speaker not in _SPEAKERS)
        if turn := next(unknown, 0):
            report(place.trouble(f"unknown speaker {data.dialog[turn - 1].speaker!r}", turn=turn))
            continue
        turns = [Turn(_SPEAKERS[said.speaker], said.content.strip()) for said in data.dialog]
        response = Turn(
            "supporter",
            data.response.strip(),
            strategy=data.strategy.strip(),
            thoughts=found.cot_data.thoughts(),
        )
        yield Dialogue(
            id=f"{split}-{found.id}",
            turns=(*turns, response),
            situation=found.cot_data.emotion_stimuli.strip(),
            line=place.line,
            file=place.file,
            number=place.number,
        )
