"""Whose turn it is in a conversation, within this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A lock for every conversation in use; who came first goes first."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._wanted: dict[str, int] = {}

    @asynccontextmanager
    async def turn(self, id: str) -> AsyncIterator[None]:
        """Wait until nobody else holds the conversation `id`, and hold it."""
        lock = self._locks.setdefault(id, asyncio.Lock())
        self._wanted[id] = self._wanted.get(id, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._wanted[id] -= 1
            if not self._wanted[id]:
                del self._wanted[id], self._locks[id]
