"""ESConv (Liu et al. 2021): help-seekers and supporters, eight strategies, an emotion a dialogue.

It is read from a path and never ships. A folder holds `train.txt`, `valid.txt` and `test.txt`, a
conversation in JSON a line, or `ESConv.json` as first published, an array that is the one split
`all`: the usual 70/15/15 is drawn from it with seed 13 by whoever wants it. `FailedESConv.json`,
the conversations that its authors turned down, is the split `failed`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from tools.corpora.dialogue import Dialogue, Speaker, Turn
from tools.corpora.json_items import json_items
from tools.corpora.trouble import Report, Trouble, refuse

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
    for line, item in json_items(file, report):
        try:
            found = _Conversation.model_validate(item)
            turns = tuple(_turn(said) for said in found.dialog)
        except (ValidationError, KeyError) as error:
            report(Trouble(file.name, line, f"no ESConv conversation: {_first(error)}"))
            continue
        yield Dialogue(
            id=f"{file.stem}-{line}",
            turns=turns,
            problem=found.problem_type.strip(),
            situation=found.situation.strip(),
            emotion=found.emotion_type.strip(),
            line=line,
            file=file.name,
        )


def situations(folder: Path) -> list[tuple[str, str]]:
    """Return the situations of the training conversations, each with its emotion.

    Raises:
        DataError: the file is missing, or a line is not in its format (the line is named).
    """
    return [(dialogue.situation, dialogue.emotion) for dialogue in read(folder)]


def _turn(said: _Line) -> Turn:
    speaker = _SPEAKERS[said.speaker]
    label = said.strategy or str(said.annotation.get("strategy") or "")
    strategy = _STRAYS.get(label, label) if speaker == "supporter" else ""
    text = " ".join((said.text or said.content).split())
    return Turn(speaker, text, strategy=strategy)


def _first(error: ValidationError | KeyError) -> str:
    if isinstance(error, KeyError):
        return f"unknown speaker {error}"
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
