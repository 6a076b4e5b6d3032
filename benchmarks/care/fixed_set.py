"""The fixed set: what people say in conversations of ten turns and more, and in single openings.

The person's turns were written before any reply was seen, and stay as they are whatever is
answered. A test holds their hash: a changed set is another set, and starts its numbers anew.
"""

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from tools.errors import DataError

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "care"
FILES = ("conversations.jsonl", "openings.jsonl")

Act = Literal["", "asks", "changes", "corrects", "dunno", "leaves", "pushes"]
"""What a turn does besides telling: it asks what to do, changes the topic, corrects the supporter,
has nothing to say, takes leave, or pushes back."""


class PersonTurn(BaseModel, extra="forbid"):
    """One message of the person.

    Attributes:
        text: what they write.
        emotion: what they feel, one of `tools.labels.EKMAN`, as its author meant it.
        act: what the message does besides telling.
    """

    text: str = Field(min_length=1)
    emotion: Literal["anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral"]
    act: Act = ""


class Probe(BaseModel, extra="forbid"):
    """A turn that leans on something of the beginning without naming it.

    Attributes:
        turn: which turn it is, from 1.
        remember: beginnings of words of which a reply that remembers has one.
    """

    turn: int = Field(ge=10)
    remember: list[str] = Field(min_length=1)


class Talk(BaseModel, extra="forbid"):
    """One conversation, or a single opening, which has no probe."""

    id: str = Field(min_length=1)
    problem: str
    voice: str
    turns: list[PersonTurn] = Field(min_length=1)
    probe: Probe | None = None


def read_talks(folder: Path = FOLDER) -> list[Talk]:
    """Return the conversations, then the openings, in the order of their files.

    Raises:
        DataError: a file is missing, or a line is not in the format.
    """
    return [talk for name in FILES for talk in _read(folder / name)]


def digest(folder: Path = FOLDER) -> str:
    """Return the SHA-256 of the files of the set, in order."""
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in FILES)).hexdigest()


def _read(path: Path) -> list[Talk]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise DataError(
            f"the file {path.name!r} of the fixed set cannot be read ({error}); restore it"
        ) from error
    talks = []
    for number, line in enumerate(lines, 1):
        try:
            talks.append(Talk.model_validate_json(line))
        except ValidationError as error:
            raise DataError(
                f"line {number} of {path.name!r} is no conversation "
                f"({error.errors()[0]['msg']}); correct it"
            ) from error
    return talks
