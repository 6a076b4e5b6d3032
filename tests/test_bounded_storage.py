"""A store that hangs keeps nobody waiting for long."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.made_archive import opened
from tools.errors import StorageError
from tools.storage.bounded import BoundedStorage
from tools.storage.records import Waiting


class Hanging:
    """A store whose calls wait until they are released."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.asked: list[str] = []
        self.held = 0

    async def _hang(self, name: str) -> None:
        self.asked.append(name)
        await self.released.wait()

    async def load(self, id: str) -> bytes | None:
        await self._hang("load")
        return b"late"

    async def post(self, id: str, message: Waiting) -> None:
        await self._hang("post")

    async def delete(self, id: str) -> None:
        await self._hang("delete")

    @asynccontextmanager
    async def turn(self, id: str) -> Any:
        await self._hang("turn")
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def bounded(store: Any, clock: Clock | None = None, **more: float) -> BoundedStorage:
    return BoundedStorage(store, patience=0.05, turn=0.05, clock=clock or Clock(), **more)


async def test_a_call_that_hangs_is_given_up_in_one_sentence() -> None:
    with pytest.raises(StorageError, match="has not answered within 0.05 s"):
        await bounded(Hanging()).load("a")


async def test_a_store_that_hung_is_not_asked_again_at_once() -> None:
    store, clock = Hanging(), Clock()
    bound = bounded(store, clock, rest=10.0)
    with pytest.raises(StorageError):
        await bound.load("a")
    with pytest.raises(StorageError, match="not asked for now"):
        await bound.post("a", Waiting(id="m", body=b""))
    assert store.asked == ["load"]
    clock.now += 11
    with pytest.raises(StorageError, match="has not answered"):
        await bound.load("a")


async def test_a_turn_that_is_held_by_somebody_else_is_given_up() -> None:
    with pytest.raises(StorageError):
        async with bounded(Hanging()).turn("a"):
            raise AssertionError("nobody may come here")


async def test_a_turn_that_is_got_too_late_is_let_go() -> None:
    store = Hanging()
    with pytest.raises(StorageError):
        async with bounded(store).turn("a"):
            pass
    store.released.set()
    await asyncio.sleep(0.05)
    assert store.held == 0


async def test_who_gives_up_waiting_for_a_turn_does_not_hold_it_later() -> None:
    store = Hanging()
    bound = BoundedStorage(store, turn=30.0)  # type: ignore[arg-type]

    async def hold() -> None:
        async with bound.turn("a"):
            pass

    waiting = asyncio.create_task(hold())
    await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.wait([waiting])
    store.released.set()
    await asyncio.sleep(0.02)
    assert waiting.cancelled() and store.held == 0


async def test_a_deletion_takes_the_time_that_it_needs() -> None:
    store = Hanging()
    deleting = asyncio.create_task(bounded(store).delete("a"))
    await asyncio.sleep(0.15)
    assert not deleting.done()
    store.released.set()
    await deleting


async def test_a_store_that_is_well_does_as_before(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        bound = BoundedStorage(store)
        async with bound.turn("a"):
            assert await bound.load("a") is None
        assert (await bound.condition()).ready
