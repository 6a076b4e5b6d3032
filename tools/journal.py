"""Files that a kill does not spoil: a journal grows by whole lines, any other is replaced whole.

A journal holds one JSON object a line, in UTF-8. What a kill left of a last line is no record: it
is left out by whoever reads, and cut off by whoever writes next. A last line that lacks its line
break alone is whole, since no beginning of an object is an object.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from io import FileIO
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tools.errors import DataError

_AGAIN = "take the line out, and what stood there is made again"

PATIENCE_S = 10.0
"""Seconds to wait for others who write; a line takes milliseconds."""


def append(path: Path, *records: object, shared: bool = False, sync: bool = True) -> None:
    """Write records behind those that stand there, and come back when the disk has them.

    Either all of them are written or none. Without a record the file is made.

    Args:
        path: the journal; it need not be there, nor its folder.
        records: what `json` can write.
        shared: others may write at the same time; `PATH.lock` is held meanwhile.
        sync: wait for the disk. Without it the system has them: a kill of the program takes
            nothing, a power cut may.

    Raises:
        OSError: the disk is full or gone, or somebody else keeps the lock; see `writing`.
    """
    data = "".join(line(record) for record in records).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path) if shared else nullcontext(), path.open("ab+", buffering=0) as file:
        if data:
            _mend(file)
            _write(file, data)
        if sync:
            os.fsync(file.fileno())


def line(record: object) -> str:
    """Return a record as a journal holds it."""
    return json.dumps(record, ensure_ascii=False) + "\n"


def lines(path: Path, then: str = _AGAIN) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of every whole line that is not empty.

    Args:
        path: the journal.
        then: what to do about a line that is damaged.

    Raises:
        DataError: the file cannot be read, or a line is no UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path.name!r} cannot be read ({error.strerror}); see that it is in the folder "
            f"{path.absolute().parent.name!r}"
        ) from error
    # Not `splitlines`: it also cuts at marks that may stand inside a JSON string.
    found = data.split(b"\n")
    if _cut(found[-1]):
        found.pop()
    for number, each in enumerate(found, 1):
        if not each.strip():
            continue
        try:
            yield number, each.decode()
        except UnicodeDecodeError as error:
            raise _damaged(path, number, then) from error


def records(path: Path, then: str = _AGAIN) -> Iterator[tuple[int, Any]]:
    """Yield the line's number and the record of every whole line.

    Args:
        path: the journal.
        then: what to do about a line that is damaged.

    Raises:
        DataError: the file cannot be read, or a line is no JSON.
    """
    for number, text in lines(path, then):
        try:
            yield number, json.loads(text)
        except ValueError as error:
            raise _damaged(path, number, then) from error


def replace(path: Path, text: str) -> None:
    """Write a text file so that a kill leaves the old one or the new one.

    Raises:
        OSError: the disk is full or gone; see `writing`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    try:
        with fresh.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with suppress(OSError):  # that it may not be there either is no news
            fresh.unlink()
        raise


def replace_json(path: Path, value: object) -> None:
    """Write a JSON file so that a kill leaves the old one or the new one.

    Raises:
        OSError: the disk is full or gone; see `writing`.
    """
    replace(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


@contextmanager
def writing(what: str, then: str) -> Iterator[None]:
    """Turn what a disk refuses into a sentence.

    Args:
        what: is written, e.g. `the run 'a'`.
        then: what to do about it.

    Raises:
        DataError: what happened inside was an `OSError`.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        raise DataError(f"{what} cannot be written ({why}); {then}") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    lock = FileLock(f"{path}.lock", timeout=PATIENCE_S)
    try:
        lock.acquire()
    except Timeout as error:
        raise TimeoutError("another program holds its lock") from error
    try:
        yield
    finally:
        lock.release()


def _mend(file: FileIO) -> None:
    """Cut off what a kill left of a last line, so that the next one stands alone."""
    end = file.seek(0, os.SEEK_END)
    if not end:
        return
    file.seek(end - 1)
    if file.read(1) == b"\n":
        return
    file.seek(0)
    last = file.read().rpartition(b"\n")[2]
    if _cut(last):
        file.truncate(end - len(last))
    else:
        _write(file, b"\n")


def _write(file: FileIO, data: bytes) -> None:
    """Write all of `data`, or nothing: an unbuffered file may take a part of it without a word."""
    began = file.seek(0, os.SEEK_END)
    rest = memoryview(data)
    try:
        while rest:
            taken = file.write(rest)
            if not taken:
                raise OSError(errno.EIO, "the disk takes no more")
            rest = rest[taken:]
    except OSError:
        file.truncate(began)
        raise


def _cut(last: bytes) -> bool:
    """Tell whether this is the beginning of a record; what is none is not ours to leave out."""
    try:
        json.loads(last)
    except ValueError:
        return last.startswith(b"{")
    return False


def _damaged(path: Path, number: int, then: str) -> DataError:
    return DataError(f"{path.name}:{number} of {path.absolute().parent.name!r} is no JSON; {then}")
