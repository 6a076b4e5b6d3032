"""Threads that hang: nothing can end one, so that only so many may be given up for new ones."""

from collections.abc import Callable
from typing import Protocol

from tools.breaker import OVERDUE, Breaker


class Running(Protocol):
    """What may hang."""

    def is_alive(self) -> bool:
        """Say whether its thread still runs."""
        ...


class HungThreads:
    """The threads of one model that were given up; not safe to use from several at once."""

    def __init__(self, breaker: Breaker, renew: Callable[[], None] | None = None) -> None:
        """Begin without any.

        Args:
            breaker: of the model; its tolerance says how many may hang.
            renew: makes the next loading build a fresh backend; must not block.
        """
        self._breaker = breaker
        self._renew = renew
        self._running: list[Running] = []

    def give_up(self, *running: Running) -> None:
        """Part with what hangs in one backend, and with that backend."""
        self._running += running
        if self._renew is not None:
            self._renew()

    def leave_room(self) -> bool:
        """Say whether a further thread may be started; those that have ended are forgotten."""
        self._running = [one for one in self._running if one.is_alive()]
        return len(self._running) <= self._breaker.tolerance.threads

    def require_room(self) -> None:
        """Refuse a further thread where too many hang.

        Raises:
            Resting: as many hang as may.
        """
        if not self.leave_room():
            self._breaker.failed(OVERDUE)
            raise self._breaker.resting(self._breaker.standing.retry_s)
