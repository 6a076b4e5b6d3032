"""Moments of a conversation that a message tells by its words: a greeting, a leave, a correction.

The rules stand in `tools/data/moments.yaml`. Every language is tried on every message, whatever
that of the conversation is: people switch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from tools.errors import ConfigError
from tools.safety.folding import fold
from tools.safety.signs import Sign, SignMaker
from tools.yaml_file import read_yaml

FILE = Path(__file__).with_name("data") / "moments.yaml"

Need = Literal["", "contrary", "offered"]
"""What must be the case besides the words; see the file."""

Patterns = dict[str, list[str]]
"""Patterns by language."""

_LONGEST = 2_000
"""Characters of a message that are read; whoever only greets or corrects says so in few."""


class Rule(BaseModel, extra="forbid"):
    """One rule; the data file says what its parts mean."""

    moment: str
    since: int = Field(default=1, ge=1)
    until: int | None = Field(default=None, ge=1)
    longest: int = Field(default=40, ge=1)
    needs: Need = ""
    whole: Patterns = {}
    begins: Patterns = {}
    holds: Patterns = {}
    fill: Patterns = {}


class MomentFile(BaseModel, extra="forbid"):
    """The whole file; `<name>` in a pattern stands for `words[name]`."""

    words: dict[str, str]
    rules: list[Rule]


@dataclass(frozen=True)
class _Reader:
    """One rule, compiled."""

    rule: Rule
    whole: Sign | None
    begins: Sign | None
    holds: Sign | None
    fill: Sign | None

    def fits(self, folded: str, turn: int) -> bool:
        """Say whether a folded message of a turn is what the rule describes."""
        rule = self.rule
        if turn < rule.since or (rule.until is not None and turn > rule.until):
            return False
        if sum(word not in (".", ",", '"') for word in folded.split()) > rule.longest:
            return False
        if self.holds and self.holds.shows(folded):
            return True
        if self.begins and any(start == 1 for start, _ in self.begins.matches(folded)):
            return True
        return self.whole is not None and self._is_whole(folded)

    def _is_whole(self, folded: str) -> bool:
        assert self.whole is not None
        left = _without(self.whole, folded)
        if left == folded:
            return False
        return not (_without(self.fill, left) if self.fill else left).strip(' .,"')


def _without(sign: Sign, folded: str) -> str:
    """Return a folded text with a mark in the place of every match."""
    parts, at = [], 0
    for start, end in sign.matches(folded):
        parts += [folded[at:start], "."]
        at = end
    return "".join([*parts, folded[at:]])


class Moments:
    """The rules of one file."""

    def __init__(self, file: MomentFile) -> None:
        """Compile the rules.

        Raises:
            ConfigError: a pattern is wrong, or a rule has none.
        """
        maker = SignMaker(file.words, {})
        self._readers = [_compile(rule, maker) for rule in file.rules]

    def found(self, text: str, turn: int) -> Iterator[tuple[str, Need]]:
        """Give the moments that a message may be, the first in the file first, with their needs.

        Args:
            text: what was said.
            turn: the number of the turn, from 1.
        """
        if len(text) > _LONGEST:
            return
        folded = fold(text.replace("\n", ".\n"))
        for reader in self._readers:
            if reader.fits(folded, turn):
                yield reader.rule.moment, reader.rule.needs


def _compile(rule: Rule, maker: SignMaker) -> _Reader:
    def sign(patterns: Mapping[str, list[str]]) -> Sign | None:
        every = [pattern for language in patterns.values() for pattern in language]
        return maker.make(rule.moment, every, []) if every else None

    if not (rule.whole or rule.begins or rule.holds):
        raise ConfigError(
            f"a rule of the moment {rule.moment!r} has no patterns; write one or remove the rule"
        )
    return _Reader(rule, sign(rule.whole), sign(rule.begins), sign(rule.holds), sign(rule.fill))


@lru_cache(maxsize=4)
def read_moments(file: Path = FILE) -> MomentFile:
    """Read and check the rules; nothing is compiled yet.

    Raises:
        ConfigError: the file is missing or wrong.
    """
    return read_yaml(file, MomentFile, "moment file")


@lru_cache(maxsize=1)
def load_moments() -> Moments:
    """Return the shipped rules, compiled once.

    Raises:
        ConfigError: the file is missing or wrong.
    """
    return Moments(read_moments())


def moment_names(file: Path = FILE) -> tuple[str, ...]:
    """Return every moment that has a rule, each once."""
    return tuple(dict.fromkeys(rule.moment for rule in read_moments(file).rules))
