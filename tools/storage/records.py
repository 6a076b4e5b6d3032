"""What a store of conversations takes and returns, and what every store must offer.

Contents are bytes that only this program can read: a store encrypts them, and does not know what
they mean. What stands in the open (ids, digests, times) says nothing about anybody.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Card:
    """One kept conversation, without what was said.

    Attributes:
        id: unguessable, made by this program.
        owner: whose it is: the digest that `Storage.owner` makes of an identity.
        version: hash of the graph that the conversation is pinned to.
        begun: seconds since 1970.
        used: when it was last written, in seconds since 1970.
    """

    id: str
    owner: str
    version: str
    begun: float
    used: float


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A message that was sent and is not part of the kept state yet.

    Attributes:
        id: of the message; the same message is never kept twice.
        body: what is needed to answer it after a restart; JSON as UTF-8. No recording.
    """

    id: str
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How a store is, for whoever runs the program.

    Attributes:
        kind: `sqlite` or `postgres`.
        ready: it can be written.
        trouble: one sentence for the log that says why not and what to do; empty when it is ready.
        shown: the same without the place of the store, for anybody to see.
    """

    kind: str
    ready: bool
    trouble: str = ""
    shown: str = ""


class Storage(Protocol):
    """A store of conversations; every method may raise `StorageError` and nothing else."""

    async def open(self) -> None:
        """Connect, bring old tables up to date, and finish deletions that were broken off."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...

    def owner(self, identity: str) -> str:
        """Return the keyed digest of an identity, by which its conversations are told apart.

        The same after a restart, if anything was kept, and after a change of the key. An empty
        identity is nobody's: it is an error.
        """
        ...

    async def begin(self, card: Card, state: bytes) -> None:
        """Keep a conversation from here on; one of the same id is replaced."""
        ...

    async def card(self, id: str) -> Card | None:
        """Return a conversation's card, or None where it is not kept."""
        ...

    async def cards(self, owner: str) -> list[Card]:
        """Return somebody's conversations, the last used first."""
        ...

    async def save(self, id: str, state: bytes, *, taken: Sequence[str] = ()) -> None:
        """Put down how a conversation stands, in place of how it stood.

        On disk when this returns, in one step with the removal of the waiting messages `taken`,
        which are part of `state` now. A conversation that was deleted meanwhile stays deleted, and
        nothing is raised.
        """
        ...

    async def load(self, id: str) -> bytes | None:
        """Return how a conversation stands, or None where it is not kept."""
        ...

    async def repin(self, id: str, version: str) -> None:
        """Pin a conversation to another version."""
        ...

    async def post(self, id: str, message: Waiting) -> None:
        """Keep a message until it is part of the state; on disk when this returns.

        A message that waits already is not kept twice. Where the conversation is not kept (any
        more), nothing is, and nothing is raised.
        """
        ...

    async def left(self, id: str) -> list[Waiting]:
        """Return messages that wait for nobody any more: their process is gone; oldest first."""
        ...

    async def withdraw(self, id: str, message: str) -> None:
        """Forget a waiting message, because the person took it back or was told that it failed."""
        ...

    def turn(self, id: str) -> AbstractAsyncContextManager[None]:
        """Hold a conversation for one turn; whoever else wants it waits, in any process."""
        ...

    async def delete(self, id: str) -> None:
        """Delete a conversation so that no byte of it is left; the same after a kill half-way."""
        ...

    async def delete_all(self, owner: str) -> int:
        """Delete everything of somebody, and return how many conversations that were."""
        ...

    async def expire(self, before: float) -> int:
        """Delete what was last used before a time (seconds since 1970), and return how many."""
        ...

    async def shelve(self, version: str, text: str) -> None:
        """Have the text of a graph version at hand for `begin` and `repin`, which write it.

        One that no conversation is pinned to any more is dropped from the disk.
        """
        ...

    async def version(self, hash: str) -> str | None:
        """Return the text of a graph version."""
        ...

    async def condition(self) -> Condition:
        """Say how the store is; never raises."""
        ...
