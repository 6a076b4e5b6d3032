"""Token states of the last few texts, so that what several nodes read in a turn is encoded once.

They are derived from what a person said: they are few, they stand under a keyed digest, and they
are dropped when a turn ends, or after a minute where no turn has said so.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

KEPT = 8
"""Texts whose states are kept at most; 8 of the longest take 22 MB."""

SECONDS = 60.0
"""How long states are kept at most."""


@dataclass(frozen=True)
class _Entry:
    made: float
    states: "Future[Tensor]" = field(default_factory=Future)


class RecentStates:
    """States by text, safe to use from many threads: two that ask at once share one encoding."""

    def __init__(self, *, kept: int = KEPT, seconds: float = SECONDS) -> None:
        """Start empty.

        Args:
            kept: how many texts are kept at most; the oldest goes first.
            seconds: how long one is kept at most, used or not.
        """
        self.kept = kept
        self._seconds = seconds
        self._secret = secrets.token_bytes(32)
        self._entries: dict[bytes, _Entry] = {}  # the oldest first
        self._lock = threading.Condition()
        self._clock: threading.Thread | None = None

    def take(
        self,
        tokens: Sequence[list[int]],
        encode: Callable[[list[list[int]]], list[Tensor]],
    ) -> list[Tensor]:
        """Return the states of each text, encoding those that are not kept in one batch.

        Args:
            tokens: the token ids of each text; texts of the same ids have the same states.
            encode: returns the states of texts in order, each (tokens, layers, width).
        """
        wanted: list[_Entry] = []
        ours: list[tuple[bytes, _Entry, list[int]]] = []
        with self._lock:
            for ids in tokens:
                key = self._digest(ids)
                entry = self._entries.get(key)
                if entry is None:
                    entry = self._entries[key] = _Entry(time.monotonic())
                    ours.append((key, entry, ids))
                wanted.append(entry)
            while len(self._entries) > self.kept:
                del self._entries[next(iter(self._entries))]
            self._wind()
        if ours:
            self._fill(ours, encode)
        return [entry.states.result() for entry in wanted]

    def forget(self) -> None:
        """Drop everything; who still waits for an encoding gets it."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        """Return how many texts are kept."""
        return len(self._entries)

    def _fill(
        self,
        ours: list[tuple[bytes, _Entry, list[int]]],
        encode: Callable[[list[list[int]]], list[Tensor]],
    ) -> None:
        try:
            made = encode([ids for _, _, ids in ours])
            for (_, entry, _), states in zip(ours, made, strict=True):
                entry.states.set_result(states)
        except BaseException as error:  # whoever waits must not wait for ever
            with self._lock:
                for key, entry, _ in ours:
                    if self._entries.get(key) is entry:
                        del self._entries[key]
            for _, entry, _ in ours:
                if not entry.states.done():
                    entry.states.set_exception(error)
            raise

    def _digest(self, ids: Sequence[int]) -> bytes:
        told = np.asarray(ids, dtype=np.int32).tobytes()
        return hashlib.blake2b(told, key=self._secret, digest_size=16).digest()

    def _wind(self) -> None:
        """See to it that the oldest entry goes in time, whether or not anybody asks again.

        One thread does so for good: to start one takes milliseconds where the cores are busy, and
        somebody is waiting.
        """
        if self._clock is None:
            self._clock = threading.Thread(target=self._watch, name="recent-states", daemon=True)
            self._clock.start()
        elif len(self._entries) == 1:
            self._lock.notify()

    def _watch(self) -> None:
        with self._lock:
            while True:
                self._lock.wait(self._expire())

    def _expire(self) -> float | None:
        """Drop what is too old; return the seconds until the next goes, None where none is left."""
        now = time.monotonic()
        for key, entry in list(self._entries.items()):
            if (rest := entry.made + self._seconds - now) > 0:
                return rest
            del self._entries[key]
        return None
