"""The source file of the counselling examples: one exchange a line."""

from pathlib import Path
from typing import Literal, cast

from pydantic import BaseModel, Field, ValidationError

from tools.errors import DataError
from tools.labels import Emotion, Stage, Strategy
from tools.records import Example

SOURCE = Path(__file__).parents[1] / "data" / "examples.jsonl"


class EarlierTurn(BaseModel, extra="forbid"):
    """One message before `said`."""

    speaker: Literal["person", "supporter"]
    text: str = Field(min_length=1)


class ExampleRow(BaseModel, extra="forbid"):
    """One line of the source file; see `docs/examples.md`."""

    id: str
    problem: str
    stage: Stage
    situation: str
    before: list[EarlierTurn] = Field(default_factory=list)
    said: str = Field(min_length=1)
    emotion: Emotion
    intensity: int = Field(ge=1, le=5)
    strategy: Strategy
    system_emotion: Emotion
    reply: str = Field(min_length=1)
    why: str
    licence: str
    source: str = "attune"


def read_examples(path: Path = SOURCE) -> list[Example]:
    """Read a JSON-lines file of examples.

    Raises:
        DataError: the file cannot be read, or a line breaks the schema (the line is named).
    """
    examples: list[Example] = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise DataError(f"cannot read the examples {path.name!r}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = ExampleRow.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise DataError(f"{path.name}, line {number}: {where}: {first['msg']}") from error
        examples.append(cast(Example, row.model_dump(mode="json")))
    return examples
