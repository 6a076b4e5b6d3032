"""A way back from a damaged SQLite file: what can be read is carried over into a new one."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from tools.errors import StorageError
from tools.storage import migration
from tools.storage.failures import explained
from tools.storage.sqlite import own, private, reading
from tools.storage.tables import metadata

REACH = 100_000
"""How many row numbers to try one by one between the last readable row and the next."""

_LOG = ("-wal", "-shm")
"""Endings of the files that belong to a file of SQLite."""


@dataclass(frozen=True, kw_only=True)
class Repair:
    """What a repair did.

    Attributes:
        carried: how many rows of each table are in the new file.
        aside: where the damaged file is now; it goes with the next deletion.
    """

    carried: dict[str, int]
    aside: Path


def repair(path: Path) -> Repair | None:
    """Put a damaged file aside and begin a new one with what can be read; None if it is whole.

    Killed half-way, it leaves the damaged file where it was. Needs no key.

    Raises:
        StorageError: there is no such file, or another process has it.
    """
    if not path.exists():
        raise StorageError(f"there is no store at {path}: name one with ATTUNE_STORE")
    lock = own(path)
    try:
        with explained(str(path)):
            _take_back(path)
            if _whole(path):
                return None
            new = path.with_name(f"{path.name}.new")
            new.unlink(missing_ok=True)
            private(new)
            carried = _carry(path, new)
            aside = path.with_name(f"{path.name}.damaged-{datetime.now():%Y%m%d-%H%M%S}")
            # A second name, so that at no moment there is no file at all; and its log out of the
            # way before the new file comes, which it does not belong to.
            os.link(path, aside)
            for end in _LOG:
                old = path.with_name(path.name + end)
                if old.exists():
                    old.rename(aside.with_name(aside.name + end))
            os.replace(new, path)
        return Repair(carried=carried, aside=aside)
    finally:
        lock.release()


def _take_back(path: Path) -> None:
    """Bring back the log that a repair had put aside when it was killed."""
    for aside in list(path.parent.glob(f"{path.name}.damaged-*")):
        if not aside.name.endswith(_LOG) and aside.samefile(path):
            for end in _LOG:
                log = aside.with_name(aside.name + end)
                if log.exists():
                    log.rename(path.with_name(path.name + end))
            aside.unlink()


def _whole(path: Path) -> bool:
    with closing(reading(path)) as connection:
        try:
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise
            return False


def _carry(old: Path, new: Path) -> dict[str, int]:
    """Copy every row that can be read from the `old` file into tables made in the `new` one."""
    carried = {}
    with closing(reading(old)) as source:
        _make(new, _revision(source))
        with closing(sqlite3.connect(new)) as target:
            for table in metadata.sorted_tables:
                columns = [row[1] for row in target.execute(f"PRAGMA table_info({table.name})")]
                row = f"({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
                target.executemany(
                    f"INSERT OR IGNORE INTO {table.name} {row}",
                    _rows(source, table.name, ", ".join(columns)),
                )
            # A message whose conversation could not be read belongs to nothing.
            target.execute(
                "DELETE FROM waiting WHERE conversation NOT IN (SELECT id FROM conversations)"
            )
            target.commit()
            for table in metadata.sorted_tables:
                counted = target.execute(f"SELECT count(*) FROM {table.name}").fetchone()
                carried[table.name] = int(counted[0])
    return carried


def _revision(source: sqlite3.Connection) -> str:
    try:
        found = source.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        found = None
    return str(found[0]) if found else "head"


def _make(path: Path, revision: str) -> None:
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
    with engine.begin() as connection:
        migration.upgrade(connection, revision)


def _rows(source: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    """Yield what can be read of a table: from its start, from its end, then what lies between."""
    ends: list[int] = []
    for order in ("ASC", "DESC"):
        number = 0
        try:
            statement = f"SELECT rowid, {columns} FROM {table} ORDER BY rowid {order}"
            for number, *row in source.execute(statement):
                if order == "DESC" and number <= ends[0]:
                    return
                yield tuple(row)
        except sqlite3.DatabaseError:
            ends.append(number)
            continue
        return
    first, last = ends
    for number in range(first + 1, min(last, first + REACH)):
        try:
            found = source.execute(f"SELECT {columns} FROM {table} WHERE rowid = ?", (number,))
            yield from found.fetchall()
        except sqlite3.DatabaseError:
            continue
