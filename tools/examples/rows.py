"""The source files of the counselling examples: one exchange a line; see `docs/examples.md`.

The project's own file ships. A person's own files stand in a folder of theirs, written by
`python -m tools examples add`.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, cast

import platformdirs
from pydantic import BaseModel, Field, ValidationError, field_validator

from tools.corpora.json_items import json_items
from tools.corpora.trouble import Report, Trouble, refuse
from tools.labels import Emotion, Stage, Strategy
from tools.records import Example

SOURCE = Path(__file__).parents[1] / "data" / "examples.jsonl"

FOLDER = "ATTUNE_EXAMPLES"
"""The environment variable that names the folder of a person's own examples."""


class ProblemType(StrEnum):
    """What a conversation is about (MESC's problem types, cleaned)."""

    FRIENDS_AND_FAMILY = "Friends and family"
    BEREAVEMENT = "Bereavement"
    BURNOUT = "Occupational burnout"
    CAREER = "Job loss or career setbacks"
    BREAKUPS = "Breakups or divorce"
    ILLNESS = "Illness coping"
    TRAUMA = "Post-traumatic stress"
    THERAPY = "Therapeutic relationship"
    ASSESSMENT = "Assessment of self or others"
    INTERPERSONAL = "Interpersonal relationships"
    PARENTING = "Parenting confusion"
    DREAMS = "Dream analysis"
    SELF_PUNISHMENT = "Self-punishment and disgust"
    CHILDHOOD = "Childhood shadow"
    PARENTS = "Parental influence"
    TRANSFERENCE = "Emotional transference or infidelity"
    DEVELOPMENT = "Personal development"


_Text = Annotated[str, Field(max_length=20_000)]
"""A page or so of a book at most; what is longer is no turn of a conversation."""


class EarlierTurn(BaseModel, extra="forbid"):
    """One message before `said`."""

    speaker: Literal["person", "supporter"]
    text: _Text = Field(min_length=1)


class ExampleRow(BaseModel, extra="forbid"):
    """One line of a source file.

    A corpus may not tell everything: then `problem` is empty, `emotion` is `unknown` and
    `intensity` is 0. Rows that ship tell all of it.
    """

    id: str = Field(min_length=1)
    problem: ProblemType | Literal[""]
    stage: Stage
    situation: _Text
    before: list[EarlierTurn] = Field(default_factory=list)
    said: _Text = Field(min_length=1)
    emotion: Emotion | Literal["unknown"]
    intensity: int = Field(ge=0, le=5)
    strategy: Strategy
    system_emotion: Emotion
    reply: _Text = Field(min_length=1)
    why: _Text
    licence: str = Field(min_length=1)
    source: str = "attune"

    @field_validator("before")
    @classmethod
    def _alternates(cls, before: list[EarlierTurn]) -> list[EarlierTurn]:
        speakers = [turn.speaker for turn in before]
        if speakers != ["person", "supporter"] * (len(before) // 2):
            raise ValueError("the turns must alternate, the person's first, the supporter's last")
        return before

    def as_example(self) -> Example:
        """Return the row as the program keeps it."""
        return cast(Example, self.model_dump(mode="json"))


def parse_rows(
    path: Path, report: Report = refuse, fill: Mapping[str, str] = MappingProxyType({})
) -> list[tuple[int, ExampleRow]]:
    """Read a JSON-lines file of examples, each with its line number.

    Args:
        path: the file.
        report: told of each line that breaks the schema.
        fill: fields for rows that lack them.

    Raises:
        DataError: the file cannot be read, or a line is wrong and nobody is told.
    """
    rows: list[tuple[int, ExampleRow]] = []
    for number, item in json_items(path, report):
        try:
            rows.append((number, ExampleRow.model_validate({**fill, **item})))
        except ValidationError as error:
            report(Trouble(path.name, number, what_is_wrong(error)))
    return rows


def what_is_wrong(error: ValidationError) -> str:
    """Return the first field that breaks the schema, and how."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "the line"
    return f"{where}: {first['msg']}"


def read_examples(path: Path = SOURCE) -> list[Example]:
    """Read a JSON-lines file of examples.

    Raises:
        DataError: the file cannot be read, or a line breaks the schema (the line is named).
    """
    return [row.as_example() for _, row in parse_rows(path)]


def own_folder() -> Path:
    """Return the folder of a person's own examples, which need not exist."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else Path(platformdirs.user_data_dir("attune")) / "examples"


def sources() -> list[Path]:
    """Return every source file: the one that ships, then a person's own by name."""
    return [SOURCE, *sorted(own_folder().glob("*.jsonl"))]
