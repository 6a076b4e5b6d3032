"""Sentences that nobody has checked yet.

They wait here, in memory, under a ticket; the state and every stream of the graph carry only the
ticket. What `check` refuses is never in a checkpoint, an event or a log.
"""

from tools.records import Ticket

_TURNS = 256
"""Turns whose sentences are held at most."""


class Drafts:
    """Unchecked sentences by turn and index."""

    def __init__(self) -> None:
        """Start empty."""
        self._sentences: dict[str, dict[int, str]] = {}

    def put(
        self,
        turn: str,
        index: int,
        sentence: str,
        *,
        last: bool = False,
        fixed: bool = False,
        stands_in: bool = False,
    ) -> Ticket:
        """Keep `sentence` and return the ticket that may travel in the state."""
        self._sentences.setdefault(turn, {})[index] = sentence
        while len(self._sentences) > _TURNS:  # turns that were given up without being forgotten
            del self._sentences[next(iter(self._sentences))]
        return {
            "turn": turn,
            "index": index,
            "last": last,
            "fixed": fixed,
            "stands_in": stands_in,
        }

    def holds(self, ticket: Ticket) -> bool:
        """Say whether the sentence of a ticket is still here."""
        return ticket["index"] in self._sentences.get(ticket["turn"], {})

    def take(self, ticket: Ticket) -> str | None:
        """Return the sentence, once; None when it is gone (after a restart, say)."""
        return self._sentences.get(ticket["turn"], {}).pop(ticket["index"], None)

    def forget(self, turn: str) -> None:
        """Drop all sentences of a turn."""
        self._sentences.pop(turn, None)
