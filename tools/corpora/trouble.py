"""What is wrong in a file that somebody else wrote, and where."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tools.errors import DataError


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong.

    Attributes:
        file: the file's name.
        line: where, from 1; 0 where it is about the file as a whole.
        what: what is wrong, without the file.
        kind: a label that the corpus does not have, an id that stands there twice, or something
            that is not in its format.
    """

    file: str
    line: int
    what: str
    kind: Literal["format", "label", "id"] = "format"

    def __str__(self) -> str:
        """Return `file:line: what`."""
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


Report = Callable[[Trouble], None]
"""Called with each thing that is wrong; what it concerns is left out, and reading goes on."""


def refuse(trouble: Trouble) -> None:
    """Stop at the first thing that is wrong.

    Raises:
        DataError: always.
    """
    raise DataError(f"{trouble}; correct the file, or leave the line out")
