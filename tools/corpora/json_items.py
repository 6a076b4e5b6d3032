"""The objects of a JSON array or of JSON lines, each with its place."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from pydantic import ValidationError

from tools.corpora.trouble import Place, Report, Trouble, refuse
from tools.errors import DataError

Item = dict[str, object]

MAX_BYTES = 2**30
"""Size of a corpus file; the largest that is known has a twentieth of it."""

MAX_LINE = 2**20
"""Characters of one object in a file of JSON lines; a long conversation has a tenth of it."""


def read_text(path: Path) -> str:
    """Read a text file that somebody else wrote.

    Raises:
        DataError: it is missing, unreadable, larger than 1 GiB, or no UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise OSError(f"it is larger than {MAX_BYTES // 2**20} MB")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read {path.name} in {path.parent.name!r}: {error}; "
            "give the file or folder as it was published"
        ) from error


def json_items(path: Path, report: Report = refuse) -> Iterator[tuple[int, Item]]:
    """Yield the objects of a file, each with the line where it begins; see `placed_items`."""
    return ((place.line, item) for place, item in placed_items(path, report))


def placed_items(path: Path, report: Report = refuse) -> Iterator[tuple[Place, Item]]:
    """Yield the objects of a file that holds an array, or an object a line.

    A broken line of JSON lines is reported and left out; a broken array ends the reading.

    Raises:
        DataError: the file cannot be read.
    """
    text = read_text(path)
    items = _array(path, text, report) if _is_array(text) else _lines(path, text, report)
    for place, item in items:
        if isinstance(item, dict):
            yield place, item
        else:
            report(place.trouble(f"an object was expected, not {type(item).__name__}"))


def first_wrong(error: ValidationError) -> tuple[str, int]:
    """Return what is wrong first in an object, and in which of its turns, from 1; 0 in none."""
    first = error.errors()[0]
    fields = ".".join(part for part in first["loc"] if isinstance(part, str))
    turn = next((part + 1 for part in first["loc"] if isinstance(part, int)), 0)
    return f"{fields}: {first['msg']}", turn


def _is_array(text: str) -> bool:
    return text.lstrip()[:1] == "["


def _lines(path: Path, text: str, report: Report) -> Iterator[tuple[Place, object]]:
    # Not `splitlines`: it also cuts at marks that may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if len(line) > MAX_LINE:
            report(Trouble(path.name, number, f"longer than {MAX_LINE} characters"))
            continue
        try:
            yield Place(path.name, number), json.loads(line)
        except (ValueError, RecursionError) as error:
            report(Trouble(path.name, number, f"no JSON: {error}"))


def _array(path: Path, text: str, report: Report) -> Iterator[tuple[Place, object]]:
    decoder, at, line, counted = json.JSONDecoder(), text.index("[") + 1, 1, 0
    for number in count(1):
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        line, counted = line + text.count("\n", counted, at), at
        place = Place(path.name, line, number)
        if text[at : at + 1] == "]":
            return
        if at >= len(text):
            report(place.trouble("the file ends before its array does, as if cut off"))
            return
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            report(place.trouble(f"no JSON from here on: {error}"))
            return
        yield place, item
