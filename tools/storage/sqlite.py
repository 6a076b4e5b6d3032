"""Conversations in one SQLite file, which one process owns."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from tools.errors import StorageError
from tools.storage.failures import SQLITE
from tools.storage.keys import Keys
from tools.storage.store import TableStorage

PATIENCE = 5.0
"""How long to wait for another program that holds the file, in seconds."""
ROOM = 16 * 2**20
"""Room on the disk, in bytes, without which the store is not called ready."""


def asides(path: Path) -> list[Path]:
    """Return what repairs left beside a file: damaged files, and a new one that was broken off."""
    return sorted(
        beside
        for kind in ("damaged-*", "new*")
        for beside in path.parent.glob(f"{path.name}.{kind}")
    )


def private(path: Path) -> None:
    """Make a file, and its folder where it is missing, that only this user can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


def own(path: Path) -> FileLock:
    """Take the lock of a store's file; whoever dies gives it back.

    Raises:
        StorageError: another process has it.
    """
    # Released in another thread than it was taken in.
    lock = FileLock(f"{path}.lock", timeout=0, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise StorageError(
            f"another Attune has {path} open: stop that one, or set ATTUNE_STORE to another file "
            "for this one"
        ) from None
    return lock


def reading(path: Path, *, patience: float = PATIENCE) -> sqlite3.Connection:
    """Connect to a file without ever changing it: not even its log is worked in."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None)


class SqliteStorage(TableStorage):
    """One file, one process, one connection, one thread: nothing to lock against.

    What was written is on the disk when a method returns (write-ahead log, a flush each commit).
    """

    kind = "sqlite"
    threads = 1

    def __init__(
        self,
        path: Path,
        keys: Keys,
        *,
        patience: float = PATIENCE,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the file, the keys, and the seconds to wait for a file that is locked."""
        super().__init__(str(path), keys, now=now)
        self.path = path
        self._patience = patience
        self._lock: FileLock | None = None

    def _see(self) -> None:
        if not self.path.exists():
            raise self._missing()

    def _connect(self) -> Engine:
        private(self.path)
        self._lock = own(self.path)
        self._check()
        engine = create_engine(
            URL.create("sqlite", database=str(self.path)),
            # One connection for good: the store has one thread.
            poolclass=StaticPool,
            connect_args={"timeout": self._patience, "check_same_thread": False},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def _check(self) -> None:
        """See that the file is whole: better now than in the middle of a conversation."""
        with closing(reading(self.path, patience=self._patience)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise StorageError(SQLITE["SQLITE_CORRUPT"].format(where=self.path))

    def _execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement outside any transaction, as PRAGMA and VACUUM ask for."""
        assert self._engine is not None
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            return list(cursor.fetchall())
        finally:
            connection.close()

    def _settle(self) -> None:
        assert self._engine is not None
        # Not before: a file that is refused stays as it is.
        self._execute("PRAGMA journal_mode=WAL")
        # A connection that has changed it still holds the file, and cannot check the log in.
        self._engine.dispose()
        # What a killed process left in the log, deleted bytes among it, goes into the file now.
        self._checkpoint()

    def _disconnect(self) -> None:
        super()._disconnect()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _sweep(self) -> None:
        self._forget_asides()
        try:
            self._execute("VACUUM")
        finally:
            # Even without room for the first: what was deleted is overwritten with zeros.
            self._checkpoint()

    def _forget_asides(self) -> None:
        """Delete damaged files: what could be read of them was carried over."""
        for path in asides(self.path):
            path.unlink(missing_ok=True)

    async def delete_all(self, owner: str) -> int:
        """Delete everything of somebody; also from damaged files, where it may be and not here."""
        count = await super().delete_all(owner)
        await self._threaded(self._forget_asides)
        return count

    def _checkpoint(self) -> None:
        """Bring everything into the file, and leave nothing in the log."""
        [(busy, *_)] = self._execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise StorageError(
                f"another program is reading {self.path}, so deleted bytes are still in its log: "
                "close that program and start this one again"
            )

    def _probe(self, connection: Connection) -> None:
        if shutil.disk_usage(self.path.parent).free < ROOM:
            raise StorageError(SQLITE["SQLITE_FULL"].format(where=self.path))
        super()._probe(connection)

    def _alone(self, connection: Connection) -> None:
        """Do nothing: no other process has the file."""

    async def _living(self) -> Collection[int]:
        return (self.process,)


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    """Set up a connection; `_begin` below begins transactions, for tables' changes too."""
    connection.isolation_level = None
    for pragma in (
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten with zeros
        "synchronous=FULL",  # flushed at each commit, not only at checkpoints
        "fullfsync=ON",  # macOS: past the disk's own cache
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # At once for writing: a lock that somebody else holds shows here, before any work.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
