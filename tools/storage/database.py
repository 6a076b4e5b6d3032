"""A database that is opened, brought up to date, deleted from and sealed again.

How SQLite and Postgres differ is left to each.
"""

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, delete, false, select

from tools.errors import StorageError
from tools.storage import migration, rows
from tools.storage.failures import explained
from tools.storage.keys import Keys
from tools.storage.records import Condition
from tools.storage.rotation import Report, reseal
from tools.storage.tables import conversations
from tools.storage.vault import Vault

T = TypeVar("T")


class Database(ABC):
    """A database with the tables, encrypted, from which what is deleted is gone.

    Statements run in threads of the store's own, so that the event loop never waits for a disk.
    What was started is finished, even where whoever waited for it was cancelled.
    """

    kind: str
    threads: int

    def __init__(self, where: str, keys: Keys) -> None:
        """Take the place as people are told of it, and the keys."""
        self.where = where
        self.process = secrets.randbelow(2**31)
        self._keys = keys
        self._vault = Vault(keys)
        self._engine: Engine | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._trouble = f"{where} is not open: open it first"

    @abstractmethod
    def _connect(self) -> Engine:
        """Return what makes connections; reachable, and ours to write."""

    @abstractmethod
    def _settle(self) -> None:
        """Set up tables that are up to date."""

    @abstractmethod
    def _sweep(self) -> None:
        """Leave no byte of deleted rows behind."""

    @abstractmethod
    def _alone(self, connection: Connection) -> None:
        """Keep other processes from upgrading, pinning or dropping versions until the commit."""

    @abstractmethod
    async def _living(self) -> Collection[int]:
        """Return which processes may still answer a message; this one is among them."""

    @abstractmethod
    def _see(self) -> None:
        """Raise `_missing` where already connecting would make a store."""

    def _missing(self) -> StorageError:
        return StorageError(
            f"there is no store at {self.where}: name the one you mean with ATTUNE_STORE or "
            "--store; nothing was made there"
        )

    def _disconnect(self) -> None:
        """Let go of what `_connect` took."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    async def open(self, *, existing: bool = False) -> None:
        """Connect, bring old tables up to date, and finish deletions that were broken off.

        Args:
            existing: refuse a place where there is no store yet, and leave it as it is.
        """
        if self._engine is not None:
            return
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="attune-store")
        self._vault = Vault(self._keys)
        try:
            await self._threaded(lambda: self._begin(existing))
            await self._living()
        except BaseException as error:
            await self.close()
            if isinstance(error, StorageError):
                self._trouble = str(error)
            raise
        self._trouble = ""

    async def close(self) -> None:
        """Let go of files and connections."""
        if self._pool is not None:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._disconnect)
            self._pool.shutdown()
            self._pool = None
        self._trouble = f"{self.where} is closed: open it again"

    def _begin(self, existing: bool) -> None:
        with explained(self.where):
            if existing:
                self._see()
            self._engine = self._connect()
            with self._engine.begin() as connection:
                if existing and migration.revision(connection) is None:
                    raise self._missing()
                outdated = migration.behind(connection, self.where)
            if outdated:
                with self._engine.begin() as connection:
                    self._alone(connection)
                    # Another process may have done it meanwhile.
                    if migration.behind(connection, self.where):
                        migration.upgrade(connection)
            self._settle()
            # Before the key is asked for: deletions are finished without it.
            self._finish()
            with self._engine.begin() as connection:
                self._vault.unlock(connection)

    async def _threaded(self, work: Callable[[], T]) -> T:
        if self._pool is None:
            raise StorageError(self._trouble)
        # A page that is closed while it deletes cancels the wait, never the deletion.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._pool, work))

    def _transaction(self, work: Callable[[Connection], T]) -> T:
        if self._engine is None:
            raise StorageError(self._trouble)
        with explained(self.where), self._engine.begin() as connection:
            return work(connection)

    async def _run(self, work: Callable[[Connection], T]) -> T:
        return await self._threaded(lambda: self._transaction(work))

    def _remove(self, which: ColumnElement[bool]) -> int:
        def intend(connection: Connection) -> int:
            found = list(connection.execute(select(conversations.c.id).where(which)).scalars())
            rows.intend(connection, found)
            return len(found)

        # On disk before anything goes: whatever happens next, the deletion is finished.
        count = self._transaction(intend)
        self._finish()
        return count

    def _finish(self) -> None:
        """Finish every deletion that was begun, by this process or by one that is gone."""
        which = self._transaction(rows.intended)
        if not which:
            return

        def clear(connection: Connection) -> None:
            self._alone(connection)
            rows.clear(connection, which)

        self._transaction(clear)
        with explained(self.where):
            self._sweep()
        self._transaction(rows.swept)

    async def reseal(self, report: Report) -> int:
        """Seal everything with the first key, and return how many values had another.

        Args:
            report: is told how many rows are done, and of how many; called in another thread.
        """

        def work() -> int:
            with explained(self.where):
                if self._engine is None or not self._vault.used:
                    return 0
                changed = reseal(self._engine.begin, self._vault.renew(), report)
                if changed:
                    self._sweep()  # of what the older key still opens
            return changed

        return await self._threaded(work)

    async def condition(self) -> Condition:
        """Say how the store is; never raises."""

        def probe() -> str:
            self._transaction(self._probe)
            return self._vault.trouble

        try:
            trouble = await self._threaded(probe)
        except StorageError as error:
            trouble = str(error)
        shown = trouble.replace(self.where, "the store")
        return Condition(kind=self.kind, ready=not trouble, trouble=trouble, shown=shown)

    async def count(self) -> int:
        """Return how many conversations are kept."""
        return await self._run(rows.count)

    def _probe(self, connection: Connection) -> None:
        """Write something that changes nothing."""
        connection.execute(delete(conversations).where(false()))
