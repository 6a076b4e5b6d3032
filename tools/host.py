"""One loaded model, many callers: requests that wait together run as one batch.

A `ModelHost` owns one backend for all conversations. Its single daemon thread loads the model on
first use, takes whatever waits (up to `max_batch`) and runs it as one call, so that the event loop
never blocks and no model is called from two threads. There is no waiting period: while one batch
runs, the next one gathers.

A model that keeps failing is left alone for a while (`tools.breaker`). One that hangs is given up
with its thread, which nothing can end, and loaded afresh in a new one.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from tools.breaker import Breaker, Tolerance
from tools.errors import Busy, ModelError
from tools.hung import HungThreads
from tools.worker import Backend, Call, HostStats, Job, Worker

__all__ = ["Backend", "HostStats", "ModelHost"]

In = TypeVar("In")
Out = TypeVar("Out")

_LOADING_S = 600.0
"""Seconds that loading may take before its thread counts as hanging."""


class ModelHost(Generic[In, Out]):
    """Batch the calls of many conversations into one backend, off the event loop."""

    def __init__(
        self,
        name: str,
        load: Callable[[], Backend[In, Out]],
        *,
        max_batch: int = 8,
        max_waiting: int = 64,
        accept: Callable[[Out], None] | None = None,
        renew: Callable[[], None] | None = None,
        tolerance: Tolerance | None = None,
    ) -> None:
        """Prepare a host; nothing is loaded yet.

        Args:
            name: the model's name in `models.yaml`, used in messages.
            load: builds the backend; called in the host's thread, on first use.
            max_batch: how many items one `predict` call gets at most.
            max_waiting: how many calls may wait before further ones are refused.
            accept: raises `ModelError` where an output is rubbish.
            renew: makes the next `load` build a fresh backend; must not block.
            tolerance: how much the model may fail before it is left alone.
        """
        self.name = name
        self.stats = HostStats()
        self.breaker = Breaker(f"the model {name!r}", tolerance)
        self._load = load
        self._job = Job(name, lambda: self._load(), accept, max_batch, self.stats)
        self._waiting: queue.Queue[Call[In, Out] | None] = queue.Queue(max_waiting)
        self._worker: Worker[In, Out] | None = None
        self._hung = HungThreads(self.breaker, renew)
        self._starting = threading.Lock()

    @property
    def loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._worker is not None and self._worker.loaded

    @property
    def waits(self) -> int:
        """How many calls wait that nobody has taken yet."""
        return self._waiting.qsize()

    async def infer(self, item: In) -> Out:
        """Predict one item; it may share a batch with its neighbours.

        Raises:
            Busy: too many calls wait already, or the model is still being loaded and somebody has
                given up waiting for it.
            Resting: the model keeps failing, or hangs, and is left alone.
            WeightsError: the model cannot be loaded.
            ModelError: the model failed on this batch.
        """
        self._heed_stuck()
        self.breaker.enter()
        began = asyncio.get_running_loop().time()
        try:
            result: Out = await self._outcome(item)
        except asyncio.CancelledError:
            self._cancelled(began)
            raise
        except BaseException as error:
            self.breaker.raised(error)
            raise
        self.breaker.passed()
        return result

    async def ready(self, within: float) -> None:
        """Wait until the model is loaded, and load it if nobody has yet.

        Args:
            within: seconds that loading may take since it began, whoever began it.

        Raises:
            Busy: too many calls wait already.
            Resting: loading keeps failing, and the model is left alone.
            TimeoutError: it takes longer.
            WeightsError: the model cannot be loaded.
            ModelError: its loader failed.
        """
        if self.loaded:
            return
        self.breaker.enter()
        spent = self._worker.loading_for if self._worker else 0.0
        try:
            async with asyncio.timeout(max(0.0, within - spent)):
                await self._call()
        except (TimeoutError, asyncio.CancelledError):
            self.breaker.released()  # its loading goes on
            raise
        except Exception as error:
            self.breaker.raised(error)
            raise
        self.breaker.released()  # that it could be loaded does not say that it answers

    async def _outcome(self, *items: In) -> Out:
        """Wait for a call; one that nobody bounds does not wait for a hung model for ever."""
        future = self._call(*items)
        try:
            while not (await asyncio.wait({future}, timeout=self.breaker.tolerance.hung))[0]:
                self._give_up_hung()
        except asyncio.CancelledError:
            future.cancel()
            raise
        return future.result()

    def _call(self, *items: In) -> "asyncio.Future[Out]":
        """Let a call wait for the thread; its future is the outcome."""
        loop = asyncio.get_running_loop()
        call: Call[In, Out] = Call(items, loop, loop.create_future())
        self._start()
        try:
            self._waiting.put_nowait(call)
        except queue.Full:
            raise Busy(
                f"the model {self.name!r} has {self._waiting.maxsize} calls waiting; "
                "try again in a moment"
            ) from None
        return call.future

    def _start(self) -> None:
        with self._starting:
            if self._worker is None:
                self._hung.require_room()
                self._worker = Worker(self._job, self._waiting)

    def close(self) -> None:
        """Let the thread end after what it has taken; a closed host may be used again."""
        with self._starting:
            worker, self._worker = self._worker, None
            waiting, self._waiting = self._waiting, queue.Queue(self._waiting.maxsize)
        if worker is not None:
            waiting.put(None)

    def reload(self) -> None:
        """Load the model afresh with the next call, as if it had never failed."""
        self.close()
        self.breaker.passed()

    def _cancelled(self, began: float) -> None:
        """Note that a call was cancelled; a model that is slow to load has not failed."""
        worker = self._worker
        if worker is not None and worker.batch_for and self.breaker.is_overdue(began):
            worker.overdue = True
            if worker.loading_for:
                self.breaker.released()
                return
        self.breaker.cancelled(began)

    def _heed_stuck(self) -> None:
        """Refuse a call while the model works on one that others have given up waiting for.

        Raises:
            Busy: it is still being loaded.
            Resting: it hangs.
        """
        worker = self._worker
        if worker is None or not worker.overdue:
            return
        self._give_up_hung()
        if worker.over or not worker.batch_for:
            return
        if worker.loading_for:
            raise Busy(f"the model {self.name!r} is still being loaded; try again in a moment")
        raise self.breaker.resting(self.breaker.tolerance.hung - worker.batch_for)

    def _give_up_hung(self) -> None:
        """Part with a thread that hangs, and with its backend; nothing can end a thread."""
        with self._starting:
            worker = self._worker
            if worker is None or not self._hangs(worker):
                return
            self._worker, worker.over = None, True
            hung = ModelError(f"the model {self.name!r} hangs and is started anew")
            hung.__cause__ = TimeoutError()
            worker.fail(hung)
            self._hung.give_up(worker)
            if not self._waiting.empty() and self._hung.leave_room():
                self._worker = Worker(self._job, self._waiting)
            while self._worker is None and not self._waiting.empty():
                if call := self._waiting.get_nowait():
                    call.settle(None, hung)

    def _hangs(self, worker: Worker[In, Out]) -> bool:
        if worker.loading_for:
            return worker.loading_for > _LOADING_S
        return worker.batch_for >= self.breaker.tolerance.hung
