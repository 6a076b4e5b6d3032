"""Conversations in Postgres, which several processes share."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from hashlib import blake2b

import psycopg
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from tools.errors import ConfigError
from tools.storage import rows
from tools.storage.failures import explained
from tools.storage.keys import SETTING, Keys
from tools.storage.records import Waiting
from tools.storage.store import TableStorage
from tools.storage.tables import metadata

REACH = 5
"""How long to try to reach the server, in seconds."""
IDLE = 4
"""How many connections of finished turns stay open for the next ones."""
LOOKS, PAUSE = 6, 0.1
"""How often to look whether a process is gone whose messages wait, and how many seconds apart."""
# Advisory locks with two numbers: the first tells what the second counts.
PRESENCE, ALONE = 0x41747450, 0x41747441
# A server that stops hearing from a machine frees its locks after about a minute.
ALIVE = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
LIVING = (
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND classid::bigint = %s AND objsubid = 2 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

Session = psycopg.AsyncConnection[tuple[object, ...]]


def lock_number(id: str) -> int:
    """Return the advisory lock of a conversation: 63 bits of a hash of its id."""
    return int.from_bytes(blake2b(id.encode(), digest_size=8).digest(), "big") >> 1


class PostgresStorage(TableStorage):
    """Tables in Postgres; turns and the presence of processes are advisory locks.

    Each turn has a connection of its own, and so has the presence of this process: the server
    lets go of a lock when the process that held it is gone.
    """

    kind = "postgres"
    threads = 8

    def __init__(self, url: str, keys: Keys, *, now: Callable[[], float] = time.time) -> None:
        """Take a `postgresql://` URL, which is never shown with its password.

        Raises:
            ConfigError: the URL cannot be read, or no key is set for all to share.
        """
        try:
            parsed = make_url(url).set(drivername="postgresql+psycopg")
        except (ArgumentError, ValueError):
            raise ConfigError(
                "ATTUNE_STORE is no URL of a database: write it like "
                "'postgresql://user:password@host:5432/name'"
            ) from None
        if not keys.set:
            raise ConfigError(
                f"conversations in Postgres need a key that all its users share: set {SETTING} to "
                "one made with `python -m tools key new`"
            )
        host = parsed.host or parsed.query.get("host", "localhost")
        super().__init__(f"{host}:{parsed.port or 5432}/{parsed.database or ''}", keys, now=now)
        self._url = parsed.update_query_dict(
            {"connect_timeout": str(REACH)} if "connect_timeout" not in parsed.query else {}
        )
        self._idle: list[Session] = []
        self._presence: Session | None = None
        self._presenting = asyncio.Lock()

    def _connect(self) -> Engine:
        return create_engine(
            self._url,
            pool_size=self.threads,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
        )

    def _see(self) -> None:
        """Do nothing: connecting makes nothing."""

    def _settle(self) -> None:
        """Do nothing: the server is set up by whoever runs it."""

    def _sweep(self) -> None:
        assert self._engine is not None
        names = ", ".join(table.name for table in metadata.sorted_tables)
        with self._engine.connect() as connection:
            apart = connection.execution_options(isolation_level="AUTOCOMMIT")
            apart.execute(text(f"VACUUM {names}"))

    def _alone(self, connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:a, 0)"), {"a": ALONE})

    async def _session(self) -> Session:
        """Return a connection for locks, outside the pool."""
        url = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        return await psycopg.AsyncConnection.connect(url, autocommit=True, options=ALIVE)

    async def _living(self) -> Collection[int]:
        """Return which processes hold their presence; take this one's (again) if it is lost."""
        async with self._presenting:
            with explained(self.where):
                return await self._present()

    @retry(retry=retry_if_exception_type(psycopg.Error), stop=stop_after_attempt(2), reraise=True)
    async def _present(self) -> Collection[int]:
        try:
            if self._presence is None:
                self._presence = await self._session()
                await self._presence.execute(
                    # Shared: the server may not know yet that an earlier one is dead.
                    "SELECT pg_advisory_lock_shared(%s, %s)",
                    (PRESENCE, self.process),
                )
            present = await self._presence.execute(LIVING, (PRESENCE,))
            return {self.process, *(int(str(row[0])) for row in await present.fetchall())}
        except BaseException:
            await _close(self._presence)
            self._presence = None
            raise

    async def left(self, id: str) -> list[Waiting]:
        """Return messages whose process is gone, oldest first.

        The server may free the turn of a process that died a moment before it notices the end of
        its presence: where another one's messages wait, this looks again for a while.
        """
        for _ in range(LOOKS):
            found = await super().left(id)
            others = await self._run(lambda connection: rows.posted(connection, id, [self.process]))
            if len(others) == len(found):
                break
            await asyncio.sleep(PAUSE)
        return found

    @asynccontextmanager
    async def turn(self, id: str) -> AsyncIterator[None]:
        """Hold a conversation for one turn; whoever else wants it waits, in any process."""
        # One waiter of a process in the server's queue is enough; both queues are fair.
        async with super().turn(id):
            await self._living()
            session = await self._lock(lock_number(id))
            try:
                yield
            finally:
                await asyncio.shield(self._unlock(session))

    async def _lock(self, number: int) -> Session:
        with explained(self.where):
            while True:
                used = bool(self._idle)
                session = self._idle.pop() if used else await self._session()
                try:
                    await session.execute("SELECT pg_advisory_lock(%s::bigint)", (number,))
                    return session
                except BaseException as error:
                    await _close(session)
                    # An idle one may have died with the server; a fresh one tells the truth.
                    if not used or not isinstance(error, psycopg.OperationalError):
                        raise

    async def _unlock(self, session: Session) -> None:
        try:
            await session.execute("SELECT pg_advisory_unlock_all()")
        except psycopg.Error:
            await _close(session)  # the server is gone, and the lock with it
            return
        if len(self._idle) < IDLE and self._engine is not None:
            self._idle.append(session)
        else:
            await _close(session)

    async def close(self) -> None:
        """Let go of connections, and with them of locks."""
        sessions, self._idle = [*self._idle, self._presence], []
        self._presence = None
        for session in sessions:
            await _close(session)
        await super().close()


async def _close(session: Session | None) -> None:
    if session is not None:
        with suppress(psycopg.Error):
            await session.close()
