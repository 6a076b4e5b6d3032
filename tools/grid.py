"""A table of texts; the same for a terminal and for Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Grid:
    """One table.

    Attributes:
        title: what it shows, with the unit and what the intervals are over.
        head: the names of the columns.
        rows: as many cells each.
        below: a sentence or two that it cannot be read without.
        words: how many columns at the left hold words; the others stand at the right. All, where
            this is 0.
    """

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    below: str = ""
    words: int = 0

    def rich(self) -> "Table":
        """Return it for the terminal."""
        from rich.box import SIMPLE
        from rich.markup import escape
        from rich.table import Table

        table = Table(
            title=escape(self.title), caption=escape(self.below), box=SIMPLE, pad_edge=False,
            title_justify="left", caption_justify="left",
        )  # fmt: skip
        for place, name in enumerate(self.head):
            right = self.words and place >= self.words
            table.add_column(escape(name), justify="right" if right else "left")
        for row in self.rows:
            table.add_row(*map(escape, row))
        return table

    def markdown(self) -> str:
        """Return it as Markdown, with an empty line behind it."""
        lines = [f"**{self.title}**", "", _line(self.head), _line(["---"] * len(self.head))]
        lines += [_line(row) for row in self.rows]
        return "\n".join([*lines, *(["", self.below] if self.below else []), "", ""])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
