"""The thread of a `ModelHost`: it loads the model, takes what waits, and runs it as one batch."""

import asyncio
import atexit
import contextlib
import queue
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from tools.errors import AttuneError, ModelError
from tools.retries import in_parts

In = TypeVar("In")
Out = TypeVar("Out")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)

_ENDING_S = 30.0
"""Seconds that the threads of all workers are given to end when the program does."""


class Backend(Protocol[In_contra, Out_co]):
    """What a model must offer: a synchronous function over a batch."""

    def predict(self, items: Sequence[In_contra], /) -> Sequence[Out_co]:
        """Return one output per item, in order."""
        ...


@dataclass
class HostStats:
    """What a host has done so far; times in seconds."""

    calls: int = 0
    batches: int = 0
    busy_s: float = 0.0
    load_s: float = 0.0


@dataclass
class Call(Generic[In, Out]):
    """One call that waits for its outcome."""

    items: tuple[In, ...]  # one, or none where somebody waits for the model alone
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Out]"

    def settle(self, result: Out | None, error: BaseException | None) -> None:
        """Hand the outcome to the waiting task; a caller that has given up is left alone."""

        def deliver() -> None:
            if self.future.done():
                return
            if error is not None:
                self.future.set_exception(error)
            else:
                self.future.set_result(result)  # type: ignore[arg-type]  # None is a valid Out

        with contextlib.suppress(RuntimeError):  # the caller's loop is closed
            self.loop.call_soon_threadsafe(deliver)


@dataclass(frozen=True)
class Job(Generic[In, Out]):
    """What a worker has to do; the workers of a host have it one after the other.

    Attributes:
        name: the model's name.
        load: builds the backend.
        accept: raises `ModelError` where an output is rubbish.
        max_batch: how many calls are run at once.
        stats: what is done is added here.
    """

    name: str
    load: Callable[[], Backend[In, Out]]
    accept: Callable[[Out], None] | None
    max_batch: int
    stats: HostStats


class Worker(Generic[In, Out]):
    """One thread with one backend.

    Attributes:
        loaded: its backend is in memory.
        overdue: somebody has given up waiting for the batch that runs.
        over: it was given up: whatever it still works on, it takes nothing more.
    """

    def __init__(self, job: Job[In, Out], waiting: "queue.Queue[Call[In, Out] | None]") -> None:
        """Begin to work on the calls that wait; None ends it."""
        self._job = job
        self._waiting = waiting
        self._batch: list[Call[In, Out]] = []
        self._batch_began = self._loading_began = 0.0  # by the monotonic clock; 0: it does not run
        self.loaded = self.overdue = self.over = False
        self._thread = threading.Thread(target=self._serve, name=f"host-{job.name}", daemon=True)
        self._thread.start()
        _WORKING.add(self)

    @property
    def batch_for(self) -> float:
        """Seconds since the batch that runs was taken; 0 while none does."""
        return _since(self._batch_began)

    @property
    def loading_for(self) -> float:
        """Seconds since loading began; 0 while it does not run."""
        return _since(self._loading_began)

    def is_alive(self) -> bool:
        """Say whether its thread still runs."""
        return self._thread.is_alive()

    def end(self) -> None:
        """Let it take nothing more; what it has begun it ends at the next part."""
        self.over = True
        with contextlib.suppress(queue.Full):  # then it does not sleep
            self._waiting.put_nowait(None)

    def join(self, within: float) -> None:
        """Wait for its thread to end, for so many seconds at most."""
        self._thread.join(within)

    def fail(self, error: Exception) -> None:
        """End the calls of the batch that runs with an error."""
        for call in list(self._batch):
            call.settle(None, error)

    def _serve(self) -> None:
        backend: Backend[In, Out] | None = None
        while not self.over and (batch := self._gather()) is not None:
            batch = [call for call in batch if not call.future.done()]
            if not batch:
                continue
            self._batch, self._batch_began, self.overdue = batch, time.monotonic(), False
            try:
                if backend is None:
                    backend = self._open()
                    self._batch_began = time.monotonic()
                    self.overdue = False
                for call in batch:
                    if not call.items:
                        call.settle(None, None)
                if wanted := [call for call in batch if call.items]:
                    self._run(backend, wanted)
            except Exception as error:
                for call in batch:
                    call.settle(None, self._explain(error))
            finally:
                self._batch, self._batch_began, self.overdue = [], 0.0, False

    def _open(self) -> Backend[In, Out]:
        started = self._loading_began = time.monotonic()
        try:
            backend = self._job.load()
        finally:
            self._loading_began = 0.0
        self._job.stats.load_s = time.monotonic() - started
        self.loaded = True
        return backend

    def _gather(self) -> list[Call[In, Out]] | None:
        first = self._waiting.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < self._job.max_batch:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._waiting.put(None)
                break
            batch.append(more)
        return batch

    def _run(self, backend: Backend[In, Out], batch: list[Call[In, Out]]) -> None:
        started = time.perf_counter()
        outputs = in_parts(
            backend.predict,
            [item for call in batch for item in call.items],
            lambda: not self.over and any(not call.future.done() for call in batch),
        )
        stats = self._job.stats
        stats.busy_s += time.perf_counter() - started
        stats.batches += 1
        stats.calls += len(batch)
        if len(outputs) != len(batch):
            raise ModelError(
                f"the model {self._job.name!r} returned {len(outputs)} results for {len(batch)} "
                "items; its backend must return one per item"
            )
        for call, output in zip(batch, outputs, strict=True):
            call.settle(*self._accepted(output))

    def _accepted(self, output: Out) -> tuple[Out | None, Exception | None]:
        """Return an output, or the reason why it is none; its neighbours are not to suffer."""
        try:
            if self._job.accept is not None:
                self._job.accept(output)
        except Exception as error:
            return None, self._explain(error)
        return output, None

    def _explain(self, error: Exception) -> Exception:
        if isinstance(error, AttuneError):
            return error
        # Its name alone: the message may hold what the person said.
        failed = ModelError(f"the model {self._job.name!r} failed ({type(error).__name__})")
        failed.__cause__ = error
        return failed


_WORKING: "weakref.WeakSet[Worker[Any, Any]]" = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """Let the threads end before the interpreter does, which aborts on one in a native library."""
    workers = [worker for worker in _WORKING if not worker.over]  # one that was given up hangs
    for worker in workers:
        worker.end()
    until = time.monotonic() + _ENDING_S
    for worker in workers:
        worker.join(max(0.0, until - time.monotonic()))


def _since(began: float) -> float:
    return max(time.monotonic() - began, 1e-9) if began else 0.0
