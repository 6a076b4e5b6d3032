"""Published numbers that a run may be set beside, and why or why not (`tools/data`)."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, Field, field_validator, model_validator

from tools.yaml_file import read_yaml

FILE = Path(__file__).resolve().parents[1] / "data" / "published.yaml"


@dataclass(frozen=True)
class PublishedRow:
    """What one paper reports of one model on one step.

    Attributes:
        model: its name, and how it was trained where a table has several.
        corpus: as in `tools.corpora`, or the name of one that cannot be had.
        step: the state key, e.g. `strategy`.
        split: what it was scored on.
        unit: what counts as one item.
        n: items; None where the paper does not say.
        values: by metric, under the names of docs/metrics.md; in percent, as printed, but for
            perplexity and preference bias. Our label scores lie in [0, 1].
        source: the paper and table.
        comparable: whether a run on the same split and unit may be set beside it.
        why: why, or why not; one sentence or a few.
    """

    model: str
    corpus: str
    step: str
    split: str
    unit: str
    n: int | None
    values: dict[str, float]
    source: str
    comparable: bool
    why: str


class Table(BaseModel, extra="forbid"):
    """One table of a paper, as the file has it."""

    corpus: str
    split: str
    unit: str
    n: int | None
    source: str
    comparable: bool
    why: str = Field(min_length=10)
    columns: list[str] = Field(min_length=1)
    rows: dict[str, list[float | None]] = Field(min_length=1)

    @field_validator("columns")
    @classmethod
    def _of_a_step(cls, columns: list[str]) -> list[str]:
        for column in columns:
            step, _, metric = column.partition("/")
            if not step or not metric:
                raise ValueError(f"the column {column!r} is not STEP/METRIC")
        return columns

    @model_validator(mode="after")
    def _full_rows(self) -> "Table":
        for model, values in self.rows.items():
            if len(values) != len(self.columns):
                raise ValueError(
                    f"the row {model!r} has {len(values)} values for {len(self.columns)} columns"
                )
        return self


class Tables(BaseModel, extra="forbid"):
    """The whole file."""

    tables: list[Table]


def rows(corpus: str | None = None, step: str | None = None) -> list[PublishedRow]:
    """Return what is published on a corpus and a step, comparable rows first.

    Args:
        corpus: e.g. `mesc`; None for all. One without a published row gives an empty list.
        step: e.g. `strategy`; None for all.

    Raises:
        ConfigError: the file is damaged.
    """
    found = [row for row in _all() if corpus in (None, row.corpus) and step in (None, row.step)]
    return sorted(found, key=lambda row: not row.comparable)


@cache
def _all() -> tuple[PublishedRow, ...]:
    tables = read_yaml(FILE, Tables, "file of published numbers").tables
    return tuple(row for table in tables for row in _rows(table))


def _rows(table: Table) -> list[PublishedRow]:
    found = []
    for model, values in table.rows.items():
        by_step: dict[str, dict[str, float]] = {}
        for column, value in zip(table.columns, values, strict=True):
            step, _, metric = column.partition("/")
            if value is not None:
                by_step.setdefault(step, {})[metric] = value
        found += [
            PublishedRow(
                model, table.corpus, step, table.split, table.unit, table.n, scores,
                table.source, table.comparable, table.why,
            )
            for step, scores in by_step.items()
        ]  # fmt: skip
    return found
