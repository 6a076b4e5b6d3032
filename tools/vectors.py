"""Embeddings of the turns in progress, in memory only.

What a perception model makes of a voice or a face on its way to a reading is derived from a
person's body. It never enters the state: it waits here under the turn's id, and goes when the turn
ends.
"""

from collections.abc import Mapping

Vector = tuple[float, ...]

_TURNS = 256
"""Turns whose vectors are held at most."""


class Vectors:
    """Embeddings by turn and modality."""

    def __init__(self) -> None:
        """Start empty."""
        self._turns: dict[str, dict[str, Vector]] = {}

    def put(self, turn: str, modality: str, vector: Vector) -> None:
        """Keep what a model made of one modality of a turn."""
        self._turns.setdefault(turn, {})[modality] = vector
        while len(self._turns) > _TURNS:  # turns that were given up without being forgotten
            del self._turns[next(iter(self._turns))]

    def of(self, turn: str) -> Mapping[str, Vector]:
        """Return a turn's vectors by modality; a missing modality is absent."""
        return dict(self._turns.get(turn, {}))

    def forget(self, turn: str) -> None:
        """Drop all vectors of a turn."""
        self._turns.pop(turn, None)

    def __len__(self) -> int:
        """Return how many turns have vectors here."""
        return len(self._turns)
