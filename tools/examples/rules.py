"""What the shipped examples are held to; see `tools/data/example_rules.yaml`."""

import re
from functools import cache
from pathlib import Path

from pydantic import BaseModel, Field

from tools.wording import compiled, first_match
from tools.yaml_file import read_yaml

FILE = Path(__file__).parents[1] / "data" / "example_rules.yaml"


class Limits(BaseModel, extra="forbid"):
    """A count that must lie between two others, both allowed."""

    least: int = Field(ge=0)
    most: int = Field(ge=1)

    def breaks(self, count: int) -> bool:
        """Say whether a count lies outside."""
        return not self.least <= count <= self.most

    def __str__(self) -> str:
        """Return `18 to 50`."""
        return f"{self.least} to {self.most}"


class Copies(BaseModel, extra="forbid"):
    """Likeness in [0, 1] from which two texts of at least so many words count as copies."""

    said: float = Field(gt=0, le=1)
    reply: float = Field(gt=0, le=1)
    words: int = Field(ge=1)


class RuleFile(BaseModel, extra="forbid"):
    """Limits and patterns; the file says what each is for."""

    licences: frozenset[str]
    words: Limits
    first_sentence: Limits
    sentences: Limits
    one_sentence_until: str
    earlier_turns: int
    same_opening: int
    copies: Copies
    taken_over: int
    clinical: list[str]
    speaks_of_itself: list[str]
    lists: list[str]


@cache
def rules() -> RuleFile:
    """Return the rules.

    Raises:
        ConfigError: the file is wrong.
    """
    return read_yaml(FILE, RuleFile, "file of rules")


def clinical(text: str) -> str:
    """Return the clinical word that a text holds; empty where it holds none."""
    return first_match(_patterns("clinical"), text)


def speaks_of_itself(text: str) -> str:
    """Return the words with which a reply tells of a life of its own; empty where it does not."""
    return first_match(_patterns("speaks_of_itself"), text)


def is_list(text: str) -> bool:
    """Say whether a text is laid out or counted out as a list."""
    return "\n" in text or bool(first_match(_patterns("lists"), text))


@cache
def _patterns(kind: str) -> tuple[re.Pattern[str], ...]:
    patterns: list[str] = getattr(rules(), kind)
    return compiled(patterns)
