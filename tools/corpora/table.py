"""The rows of a corpus that was published as a table with a head."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.errors import DataError


def read_rows(
    file: Path, columns: Sequence[str], title: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield every row with the line where it ends, its lacking cells empty.

    Args:
        file: a CSV file in UTF-8.
        columns: those that are read; the file may have more.
        title: of the corpus, for messages.

    Raises:
        DataError: the file cannot be read, or lacks a column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened)
            if lacking := set(columns) - set(rows.fieldnames or ()):
                raise DataError(f"{file.name} of {title} lacks the columns {sorted(lacking)}")
            for row in rows:
                yield rows.line_num, {column: row[column] or "" for column in columns}
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(
            f"cannot read {file.name} of {title} in {file.parent.name!r}: {error}; "
            "give the folder as it was published"
        ) from error
