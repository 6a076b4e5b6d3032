"""A store that is waited for only so long: a database that hangs must keep nobody from a reply.

What hangs is left to itself, in a task that nobody awaits: cancelling a call that waits for a
server which has stopped may hang as well. After a call that took too long the store is left alone
for a while, so that one turn waits once and not at each of its steps.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeVar

from tools.errors import StorageError
from tools.storage.records import Card, Condition, Storage, Waiting

PATIENCE_S = 3.0
"""Seconds that one call of a turn may take."""

TURN_S = 20.0
"""Seconds that another process may hold a conversation; a reply takes less."""

REST_S = 15.0
"""Seconds for which a store that hung is not asked."""

T = TypeVar("T")


class BoundedStorage:
    """Any store, with a bound on what a turn waits for; the rest takes the time that it needs."""

    def __init__(
        self,
        storage: Storage,
        *,
        patience: float = PATIENCE_S,
        turn: float = TURN_S,
        rest: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Bound `storage`; `patience`, `turn` and `rest` are seconds."""
        self._storage = storage
        self._patience, self._longest, self._rest = patience, turn, rest
        self._clock = clock
        self._resting = 0.0
        self._left: set[asyncio.Future[object]] = set()

    async def open(self) -> None:
        """Connect."""
        await self._storage.open()

    async def close(self) -> None:
        """Let go of files and connections."""
        await self._storage.close()

    def owner(self, identity: str) -> str:
        """Return the keyed digest of an identity."""
        return self._storage.owner(identity)

    async def begin(self, card: Card, state: bytes) -> None:
        """Keep a conversation from here on; what comes about too late is deleted again."""
        await self._bound(
            self._storage.begin(card, state), late=lambda: self._storage.delete(card.id)
        )

    async def card(self, id: str) -> Card | None:
        """Return a conversation's card, or None."""
        return await self._bound(self._storage.card(id))

    async def cards(self, owner: str) -> list[Card]:
        """Return somebody's conversations."""
        return await self._bound(self._storage.cards(owner))

    async def save(self, id: str, state: bytes, *, taken: Sequence[str] = ()) -> None:
        """Put down how a conversation stands."""
        await self._bound(self._storage.save(id, state, taken=taken))

    async def load(self, id: str) -> bytes | None:
        """Return how a conversation stands, or None."""
        return await self._bound(self._storage.load(id))

    async def repin(self, id: str, version: str) -> None:
        """Pin a conversation to another version."""
        await self._bound(self._storage.repin(id, version))

    async def post(self, id: str, message: Waiting) -> None:
        """Keep a message until it is part of the state."""
        await self._bound(self._storage.post(id, message))

    async def left(self, id: str) -> list[Waiting]:
        """Return messages that wait for nobody any more."""
        return await self._bound(self._storage.left(id))

    async def withdraw(self, id: str, message: str) -> None:
        """Forget a waiting message."""
        await self._bound(self._storage.withdraw(id, message))

    @asynccontextmanager
    async def turn(self, id: str) -> AsyncIterator[None]:
        """Hold a conversation for one turn.

        Raises:
            StorageError: another process has held it for too long, or the store does not answer.
        """
        held = self._storage.turn(id)
        await self._bound(held.__aenter__(), self._longest, late=lambda: _leave(held))
        try:
            yield
        finally:
            await self._bound(held.__aexit__(None, None, None), rested=False)

    async def delete(self, id: str) -> None:
        """Delete a conversation so that no byte of it is left."""
        await self._storage.delete(id)

    async def delete_all(self, owner: str) -> int:
        """Delete everything of somebody."""
        return await self._storage.delete_all(owner)

    async def expire(self, before: float) -> int:
        """Delete what was last used before a time."""
        return await self._storage.expire(before)

    async def shelve(self, version: str, text: str) -> None:
        """Keep the text of a graph version."""
        await self._storage.shelve(version, text)

    async def version(self, hash: str) -> str | None:
        """Return the text of a graph version."""
        return await self._bound(self._storage.version(hash))

    async def condition(self) -> Condition:
        """Say how the store is; never raises."""
        return await self._storage.condition()

    async def _bound(
        self,
        call: Awaitable[T],
        longest: float | None = None,
        *,
        late: Callable[[], Awaitable[object]] | None = None,
        rested: bool = True,
    ) -> T:
        """Wait for a call, but not too long.

        Args:
            call: what is waited for.
            longest: seconds; by default those of the store.
            late: what is done when the call succeeds after nobody waits any more.
            rested: the call may be left out while the store rests.

        Raises:
            StorageError: the store did not answer in time, or is not asked for now.
        """
        work = asyncio.ensure_future(call)
        if rested and self._clock() < self._resting:
            self._leave(work, late)
            work.cancel()
            raise StorageError("the store of conversations has just hung, and is not asked for now")
        seconds = self._patience if longest is None else longest
        try:
            await asyncio.wait({work}, timeout=seconds)
        except asyncio.CancelledError:
            self._leave(work, late)
            work.cancel()
            raise
        if work.done():
            return work.result()
        self._leave(work, late)
        self._resting = self._clock() + self._rest
        raise StorageError(
            f"the store of conversations has not answered within {seconds:g} s; "
            "look whether its database runs"
        )

    def _leave(
        self, work: "asyncio.Future[T]", late: Callable[[], Awaitable[object]] | None
    ) -> None:
        """Let a call end by itself, and undo it if it succeeds after all."""

        async def follow() -> None:
            with suppress(Exception, asyncio.CancelledError):
                await work
                if late is not None:
                    await late()

        following: asyncio.Future[object] = asyncio.ensure_future(follow())
        self._left.add(following)
        following.add_done_callback(self._left.discard)


async def _leave(held: AbstractAsyncContextManager[None]) -> None:
    await held.__aexit__(None, None, None)
