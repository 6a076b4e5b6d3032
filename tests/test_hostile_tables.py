"""Tables and lines of JSON without end are broken lines, told in few words."""

import csv
from pathlib import Path

import pytest

from tests.made_examples import row, write
from tests.made_hostile import (
    huge,
)
from tools.corpora.json_items import json_items
from tools.corpora.trouble import Trouble
from tools.errors import (
    DataError,
)
from tools.examples.rows import parse_rows
from tools.examples.table import parse_table


def troubles(path: Path) -> list[str]:
    told: list[Trouble] = []
    for _ in json_items(path, told.append):
        pass
    return [trouble.what for trouble in told]


@pytest.mark.parametrize("start", ["", "["])
def test_json_nested_without_end_is_a_broken_line(start: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(start + '{"a":' * 200_000 + "\n", "utf-8")
    assert len(troubles(tmp_path / "rows.jsonl")) == 1


def test_a_line_of_100_mb_is_a_broken_line_and_the_next_is_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    with file.open("w") as lines:
        lines.write('{"a": "' + "x" * (100 * 2**20) + '"}\n{"a": 1}\n')
    told: list[Trouble] = []
    assert [item for _, item in json_items(file, told.append)] == [{"a": 1}]
    assert "longer than" in told[0].what and len(told[0].what) < 200


def test_a_corpus_file_of_a_terabyte_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="larger than 1024 MB"):
        list(json_items(huge(tmp_path / "rows.jsonl", 2**40)))


def test_a_table_with_a_cell_of_100_mb_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    with file.open("w") as cells:
        cells.write("id,said\n1," + "x" * (100 * 2**20) + "\n")
    with pytest.raises(DataError, match="field larger than"):
        parse_table(file, lambda _: None, {})


def test_earlier_turns_nested_without_end_are_a_broken_row(tmp_path: Path) -> None:
    file, told = tmp_path / "rows.csv", []
    good = row()
    with file.open("w", newline="") as cells:
        table = csv.DictWriter(cells, list(good))
        table.writeheader()
        table.writerow({**good, "before": "[" * 100_000})
    parse_table(file, told.append, {})
    assert len(told) == 1


@pytest.mark.parametrize("field", ["reply", "said", "situation"])
def test_an_example_as_long_as_a_book_is_a_broken_row(field: str, tmp_path: Path) -> None:
    told: list[Trouble] = []
    file = write(tmp_path / "mine.jsonl", row(**{field: "word " * 100_000}))
    assert parse_rows(file, told.append) == [] and len(told) == 1
