"""Examples in a CSV file: a column a field of `docs/examples.md`, `before` as JSON."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from tools.corpora.trouble import Report, Trouble
from tools.errors import DataError
from tools.examples.rows import ExampleRow, what_is_wrong


def parse_table(
    path: Path, report: Report, fill: Mapping[str, str]
) -> list[tuple[int, ExampleRow]]:
    """Read a CSV file with a header, each row with the line it ends on; empty cells are left out.

    Args:
        path: the file.
        report: told of each row that breaks the schema.
        fill: fields for rows that lack them.

    Raises:
        DataError: the file cannot be read or is no CSV.
    """
    rows: list[tuple[int, ExampleRow]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            for cells in lines:
                try:
                    rows.append(
                        (lines.line_num, ExampleRow.model_validate({**fill, **_fields(cells)}))
                    )
                except ValidationError as error:
                    report(Trouble(path.name, lines.line_num, what_is_wrong(error)))
                except (ValueError, RecursionError) as error:
                    report(Trouble(path.name, lines.line_num, f"before: no JSON: {error}"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot read the examples {path.name!r}: {error}") from error
    return rows


def _fields(cells: dict[str, str]) -> dict[str, object]:
    fields: dict[str, object] = {
        # A row that is too long has its further cells under no name.
        str(name): value
        for name, value in cells.items()
        if value not in ("", None)
    }
    for name in ("problem", "situation", "why"):
        if name in cells:
            fields[name] = cells[name] or ""
    if "before" in fields:
        fields["before"] = json.loads(str(fields["before"]))
    return fields
