"""Which English sentences advise, and which console with a stock phrase; see `adherence.yaml`."""

import re
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from pydantic import BaseModel, Field

from tools.yaml_file import read_yaml

FILE = Path(__file__).parent / "data" / "adherence.yaml"

_WORD = re.compile(r"[\w']+")
_STRAIGHT = str.maketrans("’‘“”", "''\"\"")


_QUOTED = re.compile(r"(?<!\w)(['\"])(?:(?!\1).|(?<=\w)'(?=\w))*?\1(?!\w)")


class WordingFile(BaseModel, extra="forbid"):
    """Regular expressions over one sentence; the file says how they are applied."""

    advice: list[str] = Field(min_length=1)
    cliches: list[str] = Field(min_length=1)


def advice(sentence: str) -> str:
    """Return the words of a sentence that advise; empty where none do."""
    return first_match(_patterns("advice"), sentence)


def cliche(sentence: str) -> str:
    """Return the stock phrase that a sentence holds; empty where it holds none."""
    return first_match(_patterns("cliches"), sentence)


def words(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return _WORD.findall(straight(text).casefold())


def opening(text: str) -> str:
    """Return the first three words of a text in small letters."""
    return " ".join(words(text)[:3])


def longest_run(a: list[str], b: list[str]) -> list[str]:
    """Return the longest run of words that stands in both texts."""
    found = SequenceMatcher(None, a, b, autojunk=False).find_longest_match()
    return a[found.a : found.a + found.size]


def straight(text: str) -> str:
    """Return a text with curly quotes and apostrophes made straight."""
    return text.translate(_STRAIGHT)


def unquoted(text: str) -> str:
    """Return a text with straight quotes in which `_` stands for each quotation.

    What somebody else said is neither advice nor a question of the reply.
    """
    return _QUOTED.sub("_", straight(text))


def compiled(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    """Compile patterns that are bounded by word edges, without regard to case."""
    return tuple(re.compile(rf"(?<!\w)(?:{p})(?!\w)", re.IGNORECASE) for p in patterns)


def first_match(patterns: tuple[re.Pattern[str], ...], sentence: str) -> str:
    """Return what the first pattern that matches matches; empty where none does."""
    text = straight(sentence)
    return next((found.group().strip() for p in patterns if (found := p.search(text))), "")


@cache
def _patterns(kind: str) -> tuple[re.Pattern[str], ...]:
    patterns: list[str] = getattr(read_yaml(FILE, WordingFile, "wording file"), kind)
    return compiled(patterns)
