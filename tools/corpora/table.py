"""The rows of a corpus that was published as a table with a head."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.errors import DataError


def read_rows(
    file: Path, columns: Sequence[str], title: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield every row with the line where it ends.

    Args:
        file: a CSV file in UTF-8.
        columns: those that it must have; it may have more.
        title: of the corpus, for messages.

    Raises:
        DataError: the file cannot be read, lacks a column, or a row has too few cells.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened)
            head = list(rows.fieldnames or ())
            if lacking := [column for column in columns if column not in head]:
                raise DataError(
                    f"{file.name} of {title} lacks the columns {', '.join(lacking)} (there: "
                    f"{', '.join(head) or 'none'}); give a CSV file with commas, as published"
                )
            for row in rows:
                if any(cell is None for cell in row.values()):
                    cells = sum(cell is not None for cell in row.values())
                    raise DataError(
                        f"{file.name}:{rows.line_num}: the row has {cells} cells and the head "
                        f"{len(head)}, as if cut off; give the whole file"
                    )
                yield rows.line_num, {column: row[column] for column in head}
    except UnicodeDecodeError as error:
        raise DataError(
            f"{file.name} of {title} in {file.parent.name!r} is no UTF-8 ({error.reason}); "
            "give the file as it was published"
        ) from error
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(
            f"cannot read {file.name} of {title} in {file.parent.name!r}: {error}; "
            "give the folder as it was published"
        ) from error
