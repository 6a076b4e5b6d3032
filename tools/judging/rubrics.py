"""Rubrics: what is asked of a reply, on which scale, and what earns a high and a low score.

A rubric is a YAML file in `tools/data/rubrics`, or one of your own. Ours are written in our own
words after published criteria; the names, the scales and the number of criteria are theirs.
"""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from tools.errors import UnknownName
from tools.yaml_file import read_yaml

FOLDER = Path(__file__).resolve().parents[1] / "data" / "rubrics"

Kind = Literal["absolute", "pairwise"]

NOT_APPLICABLE = "n/a"
"""The answer to a criterion that says nothing about this reply, where the rubric allows it."""

FIRST, SECOND, TIE = "A", "B", "tie"
"""The answers to a comparison: the reply that was shown first, the other one, neither."""


class Scale(BaseModel, extra="forbid", frozen=True):
    """The scores of an absolute rubric: every whole number from `low` to `high`.

    Attributes:
        low: the worst score.
        high: the best one.
        levels: what single scores mean, for every criterion alike.
    """

    low: int
    high: int
    levels: dict[int, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"the scale from {self.low} to {self.high} holds no two scores")
        if beyond := sorted(level for level in self.levels if not self.low <= level <= self.high):
            raise ValueError(f"the level {beyond[0]} is not on the scale")
        return self

    @property
    def values(self) -> tuple[int, ...]:
        """Every score, the lowest first."""
        return tuple(range(self.low, self.high + 1))


class Criterion(BaseModel, extra="forbid", frozen=True):
    """One thing that is judged.

    Attributes:
        name: its published name.
        definition: what it means, in a sentence or two.
        questions: what to ask oneself.
        high: what earns a high score, or wins a comparison.
        low: what earns a low score, or loses it.
        middle: what earns a score between, where that is no matter of degree.
    """

    name: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    questions: list[str] = Field(min_length=1)
    high: str = Field(min_length=1)
    low: str = Field(min_length=1)
    middle: str = ""


class Rubric(BaseModel, extra="forbid", frozen=True):
    """A whole rubric.

    Attributes:
        name: its short name, that of the file.
        title: its name for people.
        source: the paper or repository that the criteria are from.
        licence: what holds for the words here and for those of the source.
        caution: what a reader of the scores must know.
        kind: `absolute` scores single replies, `pairwise` compares the replies of two runs.
        scale: the scores; an absolute rubric has one.
        skippable: whether a criterion may be answered by `n/a`.
        criteria: what is judged, in order.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    source: str
    licence: str
    caution: str = ""
    kind: Kind
    scale: Scale | None = None
    skippable: bool = False
    criteria: list[Criterion] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if (self.scale is None) != (self.kind == "pairwise"):
            raise ValueError("an absolute rubric needs a scale, and a pairwise one has none")
        if self.skippable and self.kind == "pairwise":
            raise ValueError("only a criterion of an absolute rubric can be skipped")
        names = [criterion.name for criterion in self.criteria]
        if twice := sorted(name for name in set(names) if names.count(name) > 1):
            raise ValueError(f"the criterion {twice[0]!r} stands there twice")
        return self

    @property
    def answers(self) -> tuple[str, ...]:
        """Every allowed answer to a criterion."""
        if self.scale is None:
            return (FIRST, SECOND, TIE)
        skip = (NOT_APPLICABLE,) if self.skippable else ()
        return (*map(str, self.scale.values), *skip)

    @cached_property
    def sha256(self) -> str:
        """Hash of what the rubric says, in 64 hex digits; comments and layout do not count."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def rubric_names() -> list[str]:
    """Return the rubrics that ship."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def find_rubric(name: str) -> Rubric:
    """Return a rubric that ships, by its name, or one of your own, by its path.

    Raises:
        UnknownName: there is neither.
        ConfigError: the file breaks the schema.
    """
    shipped, own = FOLDER / f"{name}.yaml", Path(name)
    if name in rubric_names():
        return read_yaml(shipped, Rubric, "rubric")
    if own.is_file():
        return read_yaml(own, Rubric, "rubric")
    raise UnknownName("rubric", name, rubric_names())
