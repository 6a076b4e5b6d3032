"""The figures of the data card, which are written by the program and never by hand."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from tools.errors import DataError
from tools.examples.coverage import SHORT, STRATEGIES, Spread, spreads
from tools.examples.rows import ExampleRow
from tools.wording import opening

CARD = Path(__file__).parents[1] / "data" / "examples_card.md"

_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"


def is_current(card: Path, rows: Sequence[ExampleRow]) -> bool:
    """Say whether a card holds the figures of these examples.

    Raises:
        DataError: the card cannot be read, or has no place for figures.
    """
    head, figures, _ = _parts(card)
    return figures == _figures(rows)


def fill(card: Path, rows: Sequence[ExampleRow]) -> None:
    """Write the figures of these examples into a card.

    Raises:
        DataError: the card cannot be read, or has no place for figures.
    """
    head, _, tail = _parts(card)
    card.write_text(f"{head}{_BEGIN}\n{_figures(rows)}\n{_END}{tail}", "utf-8")


def _parts(card: Path) -> tuple[str, str, str]:
    try:
        head, rest = card.read_text("utf-8").split(_BEGIN)
        figures, tail = rest.split(_END)
    except (OSError, ValueError) as error:
        raise DataError(
            f"the card {card.name!r} cannot be filled ({error}); it needs {_BEGIN!r} and {_END!r}"
        ) from error
    return head, figures.strip("\n"), tail


def _figures(rows: Sequence[ExampleRow]) -> str:
    lengths = [len(row.reply.split()) for row in rows]
    with_before = sum(bool(row.before) for row in rows)
    lines = [
        f"{len(rows)} examples, {with_before} of them with earlier turns; "
        f"{len({opening(row.reply) for row in rows})} different openings of three words; "
        f"{min(lengths, default=0)} to {max(lengths, default=0)} words a reply, "
        f"{mean(lengths or [0]):.1f} on average.",
    ]
    for spread in spreads(rows):
        lines += ["", *_markdown(spread)]
    return "\n".join(lines)


def _markdown(spread: Spread) -> list[str]:
    names = [SHORT.get(strategy, strategy) for strategy in STRATEGIES]
    lines = [f"| {spread.title} | {' | '.join(names)} | all |", "|---" * (len(names) + 2) + "|"]
    for label in spread.labels:
        counts = spread.row(label)
        lines.append(f"| {label} | {' | '.join(map(str, counts))} | {sum(counts)} |")
    empty = ", ".join(spread.empty) or "none"
    return [*lines, "", f"Empty cells of {spread.title}: {empty}."]
