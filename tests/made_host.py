"""A small model, and what tests of hosts look for."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence


class Doubling:
    """Double every number; slow enough that callers gather."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.threads: set[str] = set()

    def predict(self, items: Sequence[int]) -> list[int]:
        self.batches.append(len(items))
        self.threads.add(threading.current_thread().name)
        time.sleep(0.02)
        return [2 * item for item in items]


def threads(name: str) -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == f"host-{name}"]


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not reached():
            await asyncio.sleep(0.005)
