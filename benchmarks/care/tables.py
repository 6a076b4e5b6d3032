"""How measures are written: one cell, a Markdown table, and a table in the terminal."""

from collections.abc import Sequence

from rich.table import Table

from benchmarks.care.arms import ARMS
from benchmarks.care.scores import Line
from tools.metrics.resampling import Measured

TITLES = {
    "alone": "(a) model alone",
    "alone_own": "(a2) own model alone",
    "no_retrieval": "(b) no retrieval",
    "full": "(c) full",
}
"""What the arms are called in tables."""


def columns(lines: Sequence[Line]) -> list[str]:
    """Return the arms of some lines, in the order of `ARMS`."""
    present = {arm for line in lines for arm in line.arms}
    return [arm for arm in ARMS if arm in present]


def cell(measured: Measured | None, unit: str) -> str:
    """Return a value with its interval and n, e.g. `12.0% (8.1 to 16.5), n 178`."""
    if measured is None:
        return "n/a"
    scale, digits = (100.0, 1) if unit == "%" else (1.0, 3 if not unit else 1)
    if unit == "s":
        digits = 2
    text = f"{measured.value * scale:.{digits}f}{'%' if unit == '%' else ''}"
    if measured.low is not None and measured.high is not None:
        text += f" ({measured.low * scale:.{digits}f} to {measured.high * scale:.{digits}f})"
    return f"{text}, n {measured.n}"


def markdown(lines: Sequence[Line]) -> str:
    """Return a Markdown table of measures by arm."""
    arms = columns(lines)
    rows = [["", *(TITLES[arm] for arm in arms)], ["---"] * (len(arms) + 1)]
    rows += [
        [_head(line), *(cell(line.arms.get(arm), line.unit) for arm in arms)] for line in lines
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def shown(lines: Sequence[Line]) -> Table:
    """Return a table for the terminal."""
    arms = columns(lines)
    table = Table("measure", *(TITLES[arm] for arm in arms))
    for line in lines:
        table.add_row(_head(line), *(cell(line.arms.get(arm), line.unit) for arm in arms))
    return table


def _head(line: Line) -> str:
    return f"{line.name}, {line.unit}" if line.unit not in ("", "%") else line.name
