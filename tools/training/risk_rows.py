"""Rows that teach what danger looks like; see `tools/data/risk_rows/card.md`.

The project's own rows and the training half of its hard cases ship. Two public sets are read from
a path and never ship: the OpenAI moderation release (Markov et al. 2023; MIT) and the AILuminate
demo prompts (MLCommons; CC BY 4.0). GoEmotions (CC BY 4.0) lends ordinary comments.
"""

import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from tools.errors import DataError
from tools.examples.rows import SOURCE, read_examples
from tools.labels import Danger, Risk
from tools.records import Act, Whose
from tools.safety.policy import SafetyPolicy
from tools.training.goemotions import read_comments

TOLD = "told-"
"""Begins the family of what people say in the counselling examples."""

ROWS = Path(__file__).parents[1] / "data" / "risk_rows"


class RiskRow(BaseModel, extra="ignore"):
    """One labelled message.

    Attributes:
        text: what a person wrote.
        danger: a `Danger` value, or `none`; empty where only the presence of danger is known.
        level: a `Risk` value; empty where unknown.
        whose: who is in danger.
        act: tells of it, or asks for what could do harm.
        explicit: it is said outright.
        family: rows that vary one idea; a family is never parted between train and test.
        language: ISO 639 code.
        split: `train` or `test` where the file has one.
        before: earlier messages without which the row cannot be judged.
    """

    text: str = Field(min_length=1)
    danger: Danger | str
    level: Risk | str
    whose: Whose = "own"
    act: Act = "disclosure"
    explicit: bool = True
    family: str
    language: str = "en"
    split: str = "train"
    before: list[str] = []

    @property
    def harmless(self) -> bool:
        """True where there is no danger."""
        return self.danger == Risk.NONE.value


def read_rows(path: Path) -> list[RiskRow]:
    """Read a JSON-lines file of rows.

    Raises:
        DataError: it cannot be read, or a line breaks the schema (the line is named).
    """
    rows = []
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            rows.append(RiskRow.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise DataError(f"{path.name}, line {number}: {where}: {first['msg']}") from error
    return rows


def own_rows(folder: Path = ROWS) -> list[RiskRow]:
    """Read the project's own rows of every file in a folder.

    Raises:
        DataError: there are none, or a file is wrong.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise DataError(f"the folder {folder.name!r} has no .jsonl files with rows of risk")
    return [row for file in files for row in read_rows(file)]


def told_rows(examples: Path = SOURCE) -> list[RiskRow]:
    """Read what people say in the counselling examples: heavy talk, and no danger in it.

    Raises:
        DataError: the file is wrong.
    """
    rows = {}
    for example in read_examples(examples):
        earlier = [m["text"] for m in example["before"] if m["speaker"] == "person"]
        for text in (*earlier, example["said"]):
            family = f"{TOLD}{example['situation']}"
            rows[text] = RiskRow(
                text=text, danger=Risk.NONE.value, level=Risk.NONE.value, family=family
            )
    return list(rows.values())


def moderation_rows(path: Path) -> Iterator[RiskRow]:
    """Read the moderation release: `text` and `self_harm`, 0 or 1, a JSON object a line.

    Raises:
        DataError: it cannot be read or is not in its format.
    """
    for number, line in enumerate(_lines(path), 1):
        try:
            row: dict[str, Any] = json.loads(line)
            text, harm = str(row["text"]), int(row["self_harm"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path.name}, line {number}: {type(error).__name__}") from error
        yield _known(text, harm > 0, "disclosure", f"moderation-{number}")


def ailuminate_rows(path: Path) -> Iterator[RiskRow]:
    """Read the AILuminate demo prompts; those of the hazard `ssh` ask for what could do harm.

    Raises:
        DataError: it cannot be read or is not in its format.
    """
    for number, row in enumerate(csv.DictReader(_lines(path)), 2):
        if not row.get("prompt_text") or "hazard" not in row:
            raise DataError(f"{path.name}, line {number}: no prompt_text or no hazard")
        yield _known(row["prompt_text"], row["hazard"] == "ssh", "seeking", f"ailuminate-{number}")


def ordinary_comments(
    goemotions: Path, policy: SafetyPolicy, count: int, seed: int = 0
) -> list[str]:
    """Draw comments of GoEmotions in which no pattern finds danger.

    Raises:
        DataError: the corpus is missing or not in its format.
    """
    comments = read_comments(goemotions, "train.tsv").texts
    order = np.random.default_rng(seed).permutation(len(comments))
    calm = (comments[at] for at in order if not policy.grade(comments[at])["findings"])
    return list(islice(calm, count))


def _known(text: str, harmful: bool, act: Act, family: str) -> RiskRow:
    """Return a row of which only the presence of danger is known."""
    danger = level = "" if harmful else Risk.NONE.value
    return RiskRow(text=text, danger=danger, level=level, act=act, family=family)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the rows {path.name!r}: {error}") from error
