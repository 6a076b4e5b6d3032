"""The objects of a JSON array or of JSON lines, each with the line where it begins."""

import json
from collections.abc import Iterator
from pathlib import Path

from tools.corpora.trouble import Report, Trouble, refuse
from tools.errors import DataError

Item = dict[str, object]


def read_text(path: Path) -> str:
    """Read a text file that somebody else wrote.

    Raises:
        DataError: it is missing, unreadable or no UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read {path.name} in {path.parent.name!r}: {error}; "
            "give the file or folder as it was published"
        ) from error


def json_items(path: Path, report: Report = refuse) -> Iterator[tuple[int, Item]]:
    """Yield the objects of a file that holds an array, or an object a line.

    A broken line of JSON lines is reported and left out; a broken array ends the reading.

    Raises:
        DataError: the file cannot be read.
    """
    text = read_text(path)
    for line, item in _array(path, text, report) if _is_array(text) else _lines(path, text, report):
        if isinstance(item, dict):
            yield line, item
        else:
            report(Trouble(path.name, line, f"an object was expected, not {type(item).__name__}"))


def _is_array(text: str) -> bool:
    return text.lstrip()[:1] == "["


def _lines(path: Path, text: str, report: Report) -> Iterator[tuple[int, object]]:
    # Not `splitlines`: it also cuts at marks that may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            report(Trouble(path.name, number, f"no JSON: {error}"))


def _array(path: Path, text: str, report: Report) -> Iterator[tuple[int, object]]:
    decoder, place, line, counted = json.JSONDecoder(), text.index("[") + 1, 1, 0
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        line, counted = line + text.count("\n", counted, place), place
        if place >= len(text) or text[place] == "]":
            return
        try:
            item, place = decoder.raw_decode(text, place)
        except ValueError as error:
            report(Trouble(path.name, line, f"no JSON from here on: {error}"))
            return
        yield line, item
