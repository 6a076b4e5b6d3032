"""Leave a model alone that keeps failing, and try it again after a while.

The pattern is that of Nygard, *Release It!* (2007). The library `pybreaker` wraps one call and
holds a lock while it runs (its asynchronous calls need Tornado), so that one hung model would stop
every conversation that asks for it. Here outcomes are told from whichever thread learns of them.
"""

import asyncio
import contextvars
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Literal

from tools.errors import Busy, InputError, MediaError, Resting

State = Literal["closed", "open", "half-open"]

OVERDUE = "TimeoutError"
"""What a failure is called that was no answer in time."""

_NOT_ITS_FAULT = (Busy, InputError, MediaError)
_GROWTH = 2.0

_bound: contextvars.ContextVar[asyncio.Timeout | None] = contextvars.ContextVar(
    "bound", default=None
)


@dataclass(frozen=True)
class Tolerance:
    """How much a model may fail before it is left alone; times in seconds.

    Attributes:
        failures: how many calls in a row may fail.
        rest: how long it is left alone then; doubled with every trial that fails.
        longest: how long it is left alone at most.
        patience: how long a call lasts that was given up and counts as a failure, where the caller
            has not said how long it may last (`within`).
        hung: how long one batch may run before its thread is given up for a new one.
        threads: how many threads may be given up before the model is left alone until one ends.
    """

    failures: int = 3
    rest: float = 30.0
    longest: float = 300.0
    patience: float = 4.0
    hung: float = 60.0
    threads: int = 3


@dataclass(frozen=True)
class BreakerStatus:
    """How a breaker stands.

    Attributes:
        state: `closed`: calls go through; `open`: none do; `half-open`: one is being tried.
        failures: how many calls have failed so far.
        last: the class of the last failure; empty when there was none.
        retry_s: seconds until the next trial; 0 when calls go through.
    """

    state: State
    failures: int
    last: str
    retry_s: float


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Bound what is awaited inside; a model that is waited for then learns that it was too slow.

    Raises:
        TimeoutError: it took longer.
    """
    async with asyncio.timeout(seconds) as bound:
        token = _bound.set(bound)
        try:
            yield
        finally:
            _bound.reset(token)


class Breaker:
    """Counts what becomes of the calls of one model; safe to use from any thread."""

    def __init__(
        self,
        name: str,
        tolerance: Tolerance | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Let calls through.

        Args:
            name: what is called, as its sentence names it.
            tolerance: how much may fail.
            clock: gives seconds that never go back.
        """
        self.name = name
        self.tolerance = tolerance or Tolerance()
        self._clock = clock
        self._lock = threading.Lock()
        self._row = self._total = 0
        self._last = ""
        self._rest = self.tolerance.rest
        self._until = 0.0  # open while above 0
        self._tried = -math.inf  # when the trial began that has not ended

    @property
    def standing(self) -> BreakerStatus:
        """How it stands now."""
        with self._lock:
            left = max(0.0, self._until - self._clock())
            trying = self._is_tried()
            state: State = "half-open" if trying else "open" if self._until else "closed"
            return BreakerStatus(state, self._total, self._last, 0.0 if trying else left)

    def enter(self) -> None:
        """Let a call through; in the time of rest none, after it one at a time.

        Raises:
            Resting: the call must not be made.
        """
        with self._lock:
            if not self._until:
                return
            left = self._until - self._clock()
            if left > 0 or self._is_tried():
                raise self.resting(left)
            self._tried = self._clock()

    def resting(self, seconds: float) -> Resting:
        """Return the error of a call that is not made, with the seconds until one is tried."""
        return Resting(
            f"{self.name} keeps failing and is left alone; "
            f"it is tried again in {max(1, math.ceil(seconds))} s"
        )

    def passed(self) -> None:
        """Note that a call went well."""
        with self._lock:
            self._row, self._until, self._tried = 0, 0.0, -math.inf
            self._rest = self.tolerance.rest

    def failed(self, kind: str) -> None:
        """Note that a call failed; `kind` is the class of the error, never its message."""
        with self._lock:
            self._row += 1
            self._total += 1
            self._last = kind
            now = self._clock()
            if self._is_tried():
                self._rest = min(self._rest * _GROWTH, self.tolerance.longest)
            elif self._until or self._row < self.tolerance.failures:
                return
            self._until, self._tried = now + self._rest, -math.inf

    def released(self) -> None:
        """Note that a call ended without an outcome: the next one may be tried at once."""
        with self._lock:
            self._tried = -math.inf

    def raised(self, error: BaseException) -> None:
        """Note that a call raised an error; what is not the model's fault does not count."""
        if isinstance(error, Resting):
            return
        if isinstance(error, _NOT_ITS_FAULT) or not isinstance(error, Exception):
            self.released()
        else:
            self.failed(type(error.__cause__ or error).__name__)

    def cancelled(self, began: float) -> None:
        """Note that a call was cancelled, which counts where it was for being too slow.

        Args:
            began: when it was made, by the clock of the running loop.
        """
        if self.is_overdue(began):
            self.failed(OVERDUE)
        else:
            self.released()

    def is_overdue(self, began: float) -> bool:
        """Say whether a wait that is cancelled now was cancelled because it lasted too long.

        That somebody stops their turn says nothing about a model.

        Args:
            began: when it began, by the clock of the running loop.
        """
        if bound := _bound.get():
            return bound.expired()
        return asyncio.get_running_loop().time() - began >= self.tolerance.patience

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Make a call inside and note what becomes of it.

        Raises:
            Resting: the call must not be made.
        """
        self.enter()
        began = asyncio.get_running_loop().time()
        try:
            yield
        except asyncio.CancelledError:
            self.cancelled(began)
            raise
        except BaseException as error:
            self.raised(error)
            raise
        self.passed()

    def _is_tried(self) -> bool:
        """Say whether a trial runs; one that never ended is forgotten after a while."""
        return self._clock() - self._tried < max(self.tolerance.rest, self.tolerance.hung)
