"""Everything that is wrong with a file of examples, and with what stands beside it."""

from pathlib import Path

from tools.corpora.trouble import Trouble
from tools.examples.card import CARD, is_current
from tools.examples.contrasts import CONTRASTS, contrast_faults, parse_contrasts
from tools.examples.lint import faults
from tools.examples.repeats import repeats
from tools.examples.rows import SOURCE, ExampleRow, parse_rows
from tools.safety.policy import SafetyPolicy


def check(path: Path, policy: SafetyPolicy) -> list[Trouble]:
    """Return all that is wrong with a file, in the order of its lines.

    Of the file that ships, the contrast pairs and the figures of the card are checked too.

    Args:
        path: a JSON-lines file of examples that are to ship.
        policy: what is dangerous, and what no reply may say.

    Raises:
        DataError: the file cannot be read.
    """
    found: list[Trouble] = []
    rows = parse_rows(path, found.append)
    found += [
        Trouble(path.name, line, f"{row.id}: {what}")
        for line, row in rows
        for what in faults(row, policy)
    ]
    named = dict(rows)
    found += [Trouble(path.name, line, f"{named[line].id}: {what}") for line, what in repeats(rows)]
    found.sort(key=lambda trouble: trouble.line)
    if path.resolve() == SOURCE.resolve():
        found += check_contrasts(CONTRASTS, [row for _, row in rows]) if CONTRASTS.exists() else []
        if not is_current(CARD, [row for _, row in rows]):
            why = "its figures are not those of the examples; run `python -m tools examples card`"
            found.append(Trouble(CARD.name, 0, why))
    return found


def check_contrasts(path: Path, rows: list[ExampleRow]) -> list[Trouble]:
    """Return all that is wrong with a file of contrast pairs.

    Raises:
        DataError: the file cannot be read.
    """
    found: list[Trouble] = []
    pairs = parse_contrasts(path, found.append)
    wrong = contrast_faults(pairs, {row.id: row for row in rows})
    return found + [Trouble(path.name, line, what) for line, what in wrong]
