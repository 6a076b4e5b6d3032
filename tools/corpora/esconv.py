"""ESConv (Liu et al. 2021): help-seekers and supporters, eight strategies, an emotion a dialogue.

It is read from a path and never ships. A folder holds `train.txt`, `valid.txt` and `test.txt`, a
conversation in JSON a line, or `ESConv.json` as first published, an array that is the one split
`all`: the usual 70/15/15 is drawn from it with seed 13 by whoever wants it. `FailedESConv.json`,
the conversations that its authors turned down, is the split `failed`.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from tools.corpora.dialogue import Dialogue, Speaker, Turn
from tools.corpora.json_items import first_wrong, placed_items
from tools.corpora.trouble import Report, refuse

PROBLEMS: Mapping[str, str] = {
    "job crisis": "Job loss or career setbacks",
    "breakup with partner": "Breakups or divorce",
    "problems with friends": "Friends and family",
    "conflict with parents": "Friends and family",
    "Issues with Parents": "Friends and family",
    "Issues with Children": "Parenting confusion",
    "Appearance Anxiety": "Assessment of self or others",
    "School Bullying": "Interpersonal relationships",
    "academic pressure": "Personal development",
    "Procrastination": "Personal development",
}
"""ESConv's problems that are near one of MESC's; the others stand for no problem type."""

_SPEAKERS: Mapping[str, Speaker] = {
    "usr": "person",
    "seeker": "person",
    "speaker": "person",
    "sys": "supporter",
    "supporter": "supporter",
    "listener": "supporter",
}
_ARRAYS: Mapping[str, str] = {"all": "ESConv.json", "failed": "FailedESConv.json"}
_STRAYS: Mapping[str, str] = {
    "Approval and Reassurance": "Affirmation and Reassurance",
    "Direct Guidance": "Providing Suggestions",
}
"""Labels of `FailedESConv.json` that were renamed before the corpus was published."""


class _Line(BaseModel, extra="ignore"):
    speaker: str
    text: str = ""
    content: str = ""
    strategy: str = ""
    annotation: dict[str, object] = {}


class _Conversation(BaseModel, extra="ignore"):
    emotion_type: str
    problem_type: str
    situation: str
    dialog: list[_Line] = Field(min_length=1)


def read(folder: Path, split: str = "train", report: Report = refuse) -> Iterator[Dialogue]:
    """Yield the conversations of a split.

    Args:
        folder: of the corpus.
        split: `train`, `valid`, `test`, `all` or `failed`; `train` is the whole array where only
            that is there.
        report: told of each conversation that is not in its format.

    Raises:
        DataError: the file is missing, or a conversation is wrong and nobody is told.
    """
    file = folder / _ARRAYS.get(split, f"{split}.txt")
    if split == "train" and not file.exists() and (folder / _ARRAYS["all"]).exists():
        file = folder / _ARRAYS["all"]
    seen: set[str] = set()
    for place, item in placed_items(file, report):
        whole = json.dumps(item, sort_keys=True)
        if whole in seen:  # it has no ids
            report(place.trouble("the same conversation stands there twice", "id"))
            continue
        seen.add(whole)
        try:
            found = _Conversation.model_validate(item)
        except ValidationError as error:
            what, turn = first_wrong(error)
            report(place.trouble(f"no ESConv conversation: {what}", turn=turn))
            continue
        unknown = (n for n, said in enumerate(found.dialog, 1) if said.speaker not in _SPEAKERS)
        if turn := next(unknown, 0):
            what = f"unknown speaker {found.dialog[turn - 1].speaker!r}"
            report(place.trouble(what, turn=turn))
            continue
        yield Dialogue(
            id=f"{file.stem}-{place.number or place.line}",
            turns=tuple(map(_turn, found.dialog)),
            problem=found.problem_type.strip(),
            situation=found.situation.strip(),
            emotion=found.emotion_type.strip(),
            line=place.line,
            file=place.file,
            number=place.number,
        )


def _turn(said: _Line) -> Turn:
    speaker = _SPEAKERS[said.speaker]
    label = said.strategy or str(said.annotation.get("strategy") or "")
    strategy = _STRAYS.get(label, label) if speaker == "supporter" else ""
    text = " ".join((said.text or said.content).split())
    return Turn(speaker, text, strategy=strategy)
