"""One model on the bench: loaded and called as the product does, with batches of a chosen size."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tools.breaker import Tolerance
from tools.checking.points import Measured
from tools.checking.sockets import calls
from tools.errors import ModelError
from tools.host import ModelHost
from tools.models import ModelSet
from tools.worker import Backend

Batch = Sequence[object]
Out = TypeVar("Out")

_END_S = 30.0

# What fails here fails on purpose, and must not put the model to rest.
_PATIENT = Tolerance(failures=1_000_000, patience=600.0, hung=300.0)


class Refused(Exception):
    """The model raised an error; the message is that error, for the person who wrote the model."""


class _Whole:
    """A backend whose one item is a batch, so that a host does not choose the batches."""

    def __init__(self, backend: Backend[object, object]) -> None:
        self._backend = backend

    def predict(self, items: Sequence[Batch], /) -> list[list[object]]:
        return [list(self._backend.predict(list(batch))) for batch in items]


class Bench:
    """Calls a model from the thread of a host, as the product does; blocks.

    Attributes:
        measured: seconds and memory of loading, and the first call.
        loading: hosts that were called while it was loaded.
        answering: hosts that were called while it answered.
    """

    def __init__(self, models: ModelSet, name: str) -> None:
        """Prepare to load the model `name`."""
        self.measured = Measured()
        self.loading: list[str] = []
        self.answering: list[str] = []
        self._models, self._name = models, name
        self._host: ModelHost[Batch, list[object]] = ModelHost(
            name,
            lambda: _Whole(models.backend(name)),
            max_batch=1,
            tolerance=_PATIENT,
        )

    def load(self) -> None:
        """Load the model.

        Raises:
            Refused: it cannot be loaded.
        """
        before, began = _resident(), time.perf_counter()
        with calls() as made:
            self._run(self._host.ready(within=900))
        self.loading = sorted(set(made))
        self.measured.load_s = round(time.perf_counter() - began, 3)
        self.measured.load_mb = round((_resident() - before) / 1e6, 1)

    def batch(self, items: Batch) -> list[object]:
        """Return what the model answers to one batch.

        Raises:
            Refused: it raised an error.
        """
        with calls() as made:
            found = self._run(self._host.infer(items))
        self.answering = sorted({*self.answering, *made})
        return found

    def singly(self, items: Batch) -> list[object]:
        """Return what the model answers to each item alone.

        Raises:
            Refused: it raised an error, or did not return one answer.
        """
        found = []
        for item in items:
            answers = self.batch([item])
            if len(answers) != 1:
                raise Refused(f"it returned {len(answers)} results for 1 item; return one per item")
            found += answers
        return found

    def forget(self) -> None:
        """Let every backend drop what it keeps of texts, so that the next call works anew."""
        self._models.forget()

    def crowd(self, items: Batch, threads: int = 4) -> list[list[object]]:
        """Ask for the items as conversations do: all at once, from several event loops.

        Raises:
            Refused: a call failed.
        """
        host = self._models.host(self._name)

        async def all_at_once() -> list[object]:
            return list(await asyncio.gather(*(host.infer(item) for item in items)))  # type: ignore[union-attr]  # `respond` has no bench

        def own_loop() -> list[object]:
            return self._run(all_at_once())

        with ThreadPoolExecutor(threads) as pool:
            return [job.result() for job in [pool.submit(own_loop) for _ in range(threads)]]

    def close(self) -> None:
        """End the threads of both hosts, and wait for that.

        A thread that Python ends by force, at its own end, takes the process with it where it
        comes back from a library in C++.
        """
        self._host.close()
        host = self._models.host(self._name)
        if isinstance(host, ModelHost):
            host.close()
        for thread in threading.enumerate():
            if thread.name == f"host-{self._name}":
                thread.join(_END_S)

    def _run(self, work: Coroutine[Any, Any, Out]) -> Out:
        try:
            return asyncio.run(work)
        except Exception as error:
            cause = error.__cause__ if isinstance(error, ModelError) else None
            told = f"{type(cause).__name__}: {cause}" if cause else str(error)
            raise Refused(" ".join(told.split())) from error


def _resident() -> int:
    """Return the bytes that this process and its children hold in memory."""
    import psutil  # type: ignore[import-untyped,unused-ignore]

    process = psutil.Process()
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
