"""What is wrong in a file that somebody else wrote, and where."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tools.errors import DataError

Kind = Literal["format", "label", "id"]


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong.

    Attributes:
        file: the file's name.
        line: where, from 1; 0 where it is about the file as a whole.
        what: what is wrong, without the file.
        kind: a label that the corpus does not have, an id that stands there twice, or something
            that is not in its format.
        number: which object of a JSON array it is in, from 1; 0 where the file has a line for each.
        turn: which turn of that, from 1; 0 where the line tells, or all of them are meant.
    """

    file: str
    line: int
    what: str
    kind: Kind = "format"
    number: int = 0
    turn: int = 0

    def __str__(self) -> str:
        """Return `file:line: what`, or `file, dialogue 17, turn 4: what`."""
        return f"{Place(self.file, self.line, self.number).told(self.turn)}: {self.what}"


@dataclass(frozen=True)
class Place:
    """Where an object of a file stands; the fields are those of `Trouble`."""

    file: str
    line: int
    number: int = 0

    def told(self, turn: int = 0) -> str:
        """Return the place in words; an array may be one long line, which tells nothing."""
        told = self.file
        if self.line > (self.number > 0):
            told += f":{self.line}"
        if self.number:
            told += f", dialogue {self.number}"
        return f"{told}, turn {turn}" if turn else told

    def trouble(self, what: str, kind: Kind = "format", turn: int = 0) -> Trouble:
        """Return what is wrong here."""
        return Trouble(self.file, self.line, what, kind, self.number, turn)


Report = Callable[[Trouble], None]
"""Called with each thing that is wrong; what it concerns is left out, and reading goes on."""


def refuse(trouble: Trouble) -> None:
    """Stop at the first thing that is wrong.

    Raises:
        DataError: always.
    """
    raise DataError(f"{trouble}; correct the file, or take that out of it")
