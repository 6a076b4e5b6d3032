"""What it costs that no turn is lost: `python -m benchmarks durable`.

The `support` graph on stub models takes turns without a checkpointer, with LangGraph's own saver
for SQLite (every superstep on disk before the next one begins), and as here: kept, and only in
memory. The turns of all of them are interleaved, because a shared machine changes its pace, and
what the turn without a checkpointer takes is taken off the others.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from rich.console import Console
from rich.table import Table

from agents.context import Context, Services
from benchmarks.machine import describe
from graphs.keeping.saver import Saver
from graphs.run import Conversation
from graphs.services import assemble
from graphs.shelf import Shelf
from tools.breaker import Breaker
from tools.examples.query import Query
from tools.records import Example
from tools.storage.keys import Keys, new_key
from tools.storage.opening import open_storage
from tools.storage.records import Storage

LIMIT = 0.5
"""Of the peer's cost at most."""

_PEER = "AsyncSqliteSaver, sync"
_BARE = "no checkpointer"
_WORDS = (
    "It was a long week and I am glad that it is over.",
    "My sister called and we talked about the house for an hour.",
    "I am not sure what to say to my manager tomorrow.",
    "The letter came this morning, and I have not opened it.",
    "I slept well for the first time in days.",
)
_SERVER = "ATTUNE_TEST_POSTGRES"

Turn = Callable[[str], Awaitable[None]]
"""Takes one turn of one conversation."""


@dataclass
class Arm:
    """One way of keeping a conversation.

    Attributes:
        begin: begins a conversation.
        written: the bytes that were written so far.
        spent: milliseconds of each turn.
        bytes: what each turn wrote.
    """

    begin: Callable[[], Awaitable[Turn]]
    written: Callable[[], Awaitable[int]]
    spent: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)


class _Listed:
    """Examples that were found once, so that no search makes the turns uneven."""

    def __init__(self, found: list[Example]) -> None:
        self._found = found
        self.breaker = Breaker("the example store")
        self.left_out: list[str] = []

    async def open(self) -> None: ...

    async def search(self, query: Query, k: int) -> list[Example]:
        return self._found[:k]


def durable(
    turns: Annotated[int, typer.Option(min=2, help="Turns of a conversation.")] = 20,
    conversations: Annotated[int, typer.Option(min=1, help="Conversations of each kind.")] = 3,
    folder: Annotated[
        Path | None, typer.Option(help="Where to write; on a disk, to mean anything.")
    ] = None,
) -> None:
    """Compare turns that survive a crash with LangGraph's own saver, interleaved.

    A Postgres server takes part where ATTUNE_TEST_POSTGRES names one.
    """
    console = Console(width=110)
    console.print(
        f"{describe()}; medians of {turns * conversations} turns each, "
        f"conversations of {turns} turns"
    )
    with tempfile.TemporaryDirectory(prefix="attune-durable-", dir=folder) as place:
        arms = asyncio.run(measure(Path(place), turns, conversations))
    console.print(_table(arms))


async def measure(folder: Path, turns: int, conversations: int) -> dict[str, Arm]:
    """Take all turns and return the arms by name."""
    services = assemble("stub", recorded=False)
    found = await services.examples.search(Query(said=_WORDS[0]), 8)
    services = replace(services, examples=_Listed(found))
    async with AsyncExitStack() as stack:
        arms = await _arms(folder, services, stack)
        for _ in range(conversations):
            begun = {name: await arm.begin() for name, arm in arms.items()}
            for number in range(turns):
                for name, turn in begun.items():
                    await _timed(arms[name], turn, _WORDS[number % len(_WORDS)])
    services.models.close()
    return arms


async def _timed(arm: Arm, turn: Turn, words: str) -> None:
    before, started = await arm.written(), time.perf_counter()
    await turn(words)
    arm.spent.append((time.perf_counter() - started) * 1000)
    arm.bytes.append(await arm.written() - before)


async def _arms(folder: Path, services: Services, stack: AsyncExitStack) -> dict[str, Arm]:
    """Set up every way of keeping a conversation."""
    arms = {_BARE: Arm(_plain(services, None), _by_process)}
    for name, level in ((_PEER, ""), ("AsyncSqliteSaver, sync, synchronous=NORMAL", "NORMAL")):
        saver = await stack.enter_async_context(_peer(folder / f"peer{level}.sqlite", level))
        arms[name] = Arm(_plain(services, saver), _by_process)
    arms["here, in memory"] = Arm(_ours(services, None), _by_process)
    keys = Keys(new_key())
    store = await stack.enter_async_context(_store(str(folder / "own.sqlite"), keys))
    arms["here, kept, SQLite"] = Arm(_ours(services, store), _by_process)
    if setting := os.environ.get(_SERVER):
        server = await stack.enter_async_context(_database(setting))
        store = await stack.enter_async_context(_store(server, keys))
        wal = await stack.enter_async_context(_wal(server))
        arms["here, kept, Postgres"] = Arm(_ours(services, store), wal)
    return arms


def _plain(
    services: Services, saver: BaseCheckpointSaver[Any] | None
) -> Callable[[], Awaitable[Turn]]:
    """Return turns of the graph itself; without a saver, what was said is handed in anew."""
    graph = Shelf(services, saver).current("support").graph

    async def begin() -> Turn:
        id, history = os.urandom(8).hex(), list[AnyMessage]()

        async def turn(words: str) -> None:
            message = HumanMessage(words, id=os.urandom(8).hex())
            said: list[str] = []
            stream: AsyncIterator[Any] = graph.astream(
                {"messages": [*history, message], "clips": []},
                {"configurable": {"thread_id": id}},
                context=Context(disclosed=True),
                stream_mode=["custom", "updates"],
                durability="sync" if saver else None,
            )
            async for mode, part in stream:
                if mode == "custom" and part.get("type") == "sentence":
                    said.append(part["text"])
            if saver is None:
                history.extend([message, AIMessage(" ".join(said), id=f"{message.id}:reply")])

        return turn

    return begin


def _ours(services: Services, store: Storage | None) -> Callable[[], Awaitable[Turn]]:
    """Return turns of a `Conversation`, kept where there is a store."""
    shelf = Shelf(services, Saver(store))

    async def begin() -> Turn:
        talk = Conversation(shelf.current("support"), services)
        if store is not None:
            await talk.keep(store.owner("user:measured"))

        async def turn(words: str) -> None:
            async for _ in talk.send(words, (), Context(disclosed=True)):
                pass

        return turn

    return begin


@asynccontextmanager
async def _peer(file: Path, level: str) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    async with AsyncSqliteSaver.from_conn_string(str(file)) as saver:
        await saver.setup()
        if level:
            await saver.conn.execute(f"PRAGMA synchronous={level}")
        yield saver


@asynccontextmanager
async def _store(setting: str, keys: Keys) -> AsyncIterator[Storage]:
    store = open_storage(setting, keys=keys)
    assert store is not None  # only `off` names none
    await store.open()
    try:
        yield store
        await store.delete_all(store.owner("user:measured"))
    finally:
        await store.close()


async def _by_process() -> int:
    """Return the bytes that this process has handed to the system for writing; Linux only."""
    try:
        fields = Path("/proc/self/io").read_text("ascii").split()
    except OSError:
        return 0
    return int(fields[fields.index("wchar:") + 1])


@asynccontextmanager
async def _database(server: str) -> AsyncIterator[str]:
    """Make a database on a server, as its key is made anew, and drop it at the end."""
    import psycopg
    from psycopg.sql import SQL, Identifier
    from sqlalchemy import make_url

    url, name = make_url(server).set(drivername="postgresql"), f"attune_{os.urandom(6).hex()}"
    whole = url.render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(whole, autocommit=True) as connection:
        await connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            await connection.execute(SQL("DROP DATABASE {}").format(Identifier(name)))


@asynccontextmanager
async def _wal(server: str) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """Return how far the log of a Postgres server is, in bytes."""
    import psycopg

    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:

        async def read() -> int:
            row = await connection.execute(
                "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"
            )
            found = await row.fetchone()
            return int(found[0]) if found else 0

        yield read


def _table(arms: dict[str, Arm]) -> Table:
    table = Table("turns", "ms", "over none, ms", "of the peer's", f"limit {LIMIT:g}", "bytes")
    bare = arms[_BARE].spent
    over = {name: _over(arm.spent, bare) for name, arm in arms.items()}
    for name, arm in arms.items():
        share = over[name] / over[_PEER] if over[_PEER] > 0 else float("nan")
        kept = name.startswith("here, kept, SQLite")
        table.add_row(
            name,
            f"{statistics.median(arm.spent):.1f}",
            f"{over[name]:.1f}" if name != _BARE else "",
            f"{share:.2f}" if name not in (_BARE, _PEER) else "",
            ("met" if share <= LIMIT else "missed") if kept else "",
            f"{statistics.median(arm.bytes):,.0f}",
        )
    return table


def _over(spent: list[float], bare: list[float]) -> float:
    """Return the median of what each turn took longer than the bare one beside it."""
    return statistics.median(a - b for a, b in zip(spent, bare, strict=True))
