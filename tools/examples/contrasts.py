"""Poor replies beside the good ones of the examples, each with what is wrong with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from tools.corpora.json_items import json_items
from tools.corpora.trouble import Report, Trouble, refuse
from tools.examples.questions import questions
from tools.examples.rows import ExampleRow, what_is_wrong
from tools.wording import advice, cliche

CONTRASTS = Path(__file__).parents[1] / "data" / "contrasts.jsonl"

Mistake = Literal[
    "advice", "platitude", "repeats", "no_question", "many_questions", "speaks_as_person",
    "wrong_feeling", "invents", "lecture", "stock_opening", "claims_human",
]  # fmt: skip
"""What the default model really does wrong."""


class Contrast(BaseModel, extra="forbid"):
    """One line of the file.

    Attributes:
        id: stable name.
        example: the id of the example whose message it answers.
        poor: the reply that should not be given.
        mistake: its kind.
        why: what is wrong with it, in one line.
    """

    id: str = Field(min_length=1)
    example: str = Field(min_length=1)
    poor: str = Field(min_length=1)
    mistake: Mistake
    why: str = Field(min_length=1)


def parse_contrasts(path: Path = CONTRASTS, report: Report = refuse) -> list[tuple[int, Contrast]]:
    """Read the pairs, each with its line number.

    Args:
        path: the file.
        report: told of each line that breaks the schema.

    Raises:
        DataError: the file cannot be read, or a line is wrong and nobody is told.
    """
    found = []
    for line, item in json_items(path, report):
        try:
            found.append((line, Contrast.model_validate(item)))
        except ValidationError as error:
            report(Trouble(path.name, line, what_is_wrong(error)))
    return found


def contrast_faults(
    found: list[tuple[int, Contrast]], examples: Mapping[str, ExampleRow]
) -> Iterator[tuple[int, str]]:
    """Yield the line and what is wrong with a pair.

    A mistake that can be seen in the wording must be there to be seen.

    Args:
        found: the pairs with their lines.
        examples: the examples by id.
    """
    ids: set[str] = set()
    for line, pair in found:
        if pair.id in ids:
            yield line, f"id: {pair.id!r} stands there twice"
        ids.add(pair.id)
        example = examples.get(pair.example)
        if example is None:
            yield line, f"example: there is none named {pair.example!r}"
        elif pair.poor.strip() == example.reply.strip():
            yield line, "poor: it is the good reply"
        if not _shows(pair):
            yield line, f"poor: nothing of {pair.mistake!r} can be seen in it"


def _shows(pair: Contrast) -> bool:
    asked = sum(sentence.count("?") for sentence in questions(pair.poor))
    match pair.mistake:
        case "no_question":
            return asked == 0
        case "many_questions":
            return asked > 1
        case "advice":
            return bool(advice(pair.poor))
        case "platitude":
            return bool(cliche(pair.poor))
        case _:
            return True
