"""Embeddings of the turns in progress, in memory only.

What a perception model makes of a voice or a face on its way to a reading is derived from a
person's body. It never enters the state: it waits here under the turn's id, and goes when the turn
ends, or after some minutes where nobody has said so.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Vector = tuple[float, ...]

_TURNS = 256
"""Turns whose vectors are held at most."""

SECONDS = 180.0
"""How long they are held at most: well above what is left of a turn once they are there."""


@dataclass(frozen=True)
class _Entry:
    made: float
    vectors: dict[str, Vector] = field(default_factory=dict, repr=False)


class Vectors:
    """Embeddings by turn and modality, safe to use from many threads."""

    def __init__(
        self, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start empty.

        Args:
            seconds: how long a turn's vectors are held at most, from its first on.
            clock: gives the seconds; a test brings its own.
        """
        self._seconds, self._clock = seconds, clock
        self._turns: dict[str, _Entry] = {}  # the oldest first
        self._lock = threading.Condition()
        self._watch: threading.Thread | None = None

    def put(self, turn: str, modality: str, vector: Vector) -> None:
        """Keep what a model made of one modality of a turn."""
        with self._lock:
            self._expire()
            self._turns.setdefault(turn, _Entry(self._clock())).vectors[modality] = vector
            while len(self._turns) > _TURNS:  # turns that were given up without being forgotten
                del self._turns[next(iter(self._turns))]
            self._wind()

    def of(self, turn: str) -> Mapping[str, Vector]:
        """Return a turn's vectors by modality; a missing modality is absent."""
        with self._lock:
            self._expire()
            entry = self._turns.get(turn)
            return dict(entry.vectors) if entry else {}

    def forget(self, turn: str) -> None:
        """Drop all vectors of a turn."""
        with self._lock:
            self._turns.pop(turn, None)

    def __len__(self) -> int:
        """Return how many turns have vectors here."""
        return len(self._turns)

    def _wind(self) -> None:
        """See to it that the oldest go in time, whether or not anybody asks again."""
        if self._watch is None:
            self._watch = threading.Thread(target=self._run, name="vectors", daemon=True)
            self._watch.start()

    def _run(self) -> None:
        with self._lock:
            while (rest := self._expire()) is not None:
                self._lock.wait(rest)  # whatever comes meanwhile goes later
            self._watch = None  # services that are done with are not held by it

    def _expire(self) -> float | None:
        """Drop what is too old; return the seconds until the next goes, None where none is left."""
        now = self._clock()
        for turn, entry in list(self._turns.items()):
            if (rest := entry.made + self._seconds - now) > 0:
                return rest
            del self._turns[turn]
        return None
