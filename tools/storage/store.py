"""A store of conversations in the tables of a database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from tools.storage import rows, vault
from tools.storage.database import Database
from tools.storage.keys import Keys
from tools.storage.records import Card, Waiting
from tools.storage.tables import conversations


class TableStorage(Database):
    """What `tools.storage.records.Storage` promises."""

    def __init__(self, where: str, keys: Keys, *, now: Callable[[], float]) -> None:
        """Take the place as people are told of it, the keys, and what tells the time."""
        super().__init__(where, keys)
        self._now = now
        # Who came first goes first; a lock is there for as long as somebody wants it.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._shelved: dict[str, str] = {}

    def owner(self, identity: str) -> str:
        """Return the keyed digest of an identity, by which its conversations are told apart."""
        return self._vault.owner(identity)

    async def begin(self, card: Card, state: bytes) -> None:
        """Keep a conversation from here on; one of the same id is replaced."""

        def work() -> None:
            if card.id in self._transaction(rows.intended):
                self._finish()  # or it would be deleted by whoever finishes that deletion

            def write(connection: Connection) -> None:
                self._alone(connection)
                cipher = self._vault.writing(connection)
                rows.put(
                    connection, card, cipher.seal(state, vault.aad_of_state(card.id, card.owner))
                )
                self._pin(connection, card.version)

            self._transaction(write)

        await self._threaded(work)

    def _pin(self, connection: Connection, version: str) -> None:
        """Write the text of a version that is pinned from now on; drop those that no longer are."""
        text = self._shelved.get(version)
        if text is not None:
            body = self._vault.cipher.seal(text.encode(), vault.aad_of_version(version))
            rows.put_version(connection, version, body)
        rows.unpin(connection)

    async def card(self, id: str) -> Card | None:
        """Return a conversation's card, or None where it is not kept."""
        return await self._run(lambda connection: rows.card(connection, id))

    async def cards(self, owner: str) -> list[Card]:
        """Return somebody's conversations, the last used first."""
        return await self._run(lambda connection: rows.cards(connection, owner))

    async def save(self, id: str, state: bytes, *, taken: Sequence[str] = ()) -> None:
        """Put down how a conversation stands, and remove the messages that are part of it now."""
        await self._living()

        def write(connection: Connection) -> None:
            owner = rows.held_by(connection, id)
            if owner is not None:
                body = self._vault.cipher.seal(state, vault.aad_of_state(id, owner))
                rows.replace(connection, id, body, self._now())
                rows.take(connection, id, taken)

        await self._run(write)

    async def load(self, id: str) -> bytes | None:
        """Return how a conversation stands, or None where it is not kept."""
        found = await self._run(lambda connection: rows.state(connection, id))
        if found is None:
            return None
        owner, body = found
        return self._vault.cipher.open(body, vault.aad_of_state(id, owner))

    async def repin(self, id: str, version: str) -> None:
        """Pin a conversation to another version."""

        def write(connection: Connection) -> None:
            self._alone(connection)
            if rows.held_by(connection, id) is not None:
                rows.pin(connection, id, version)
                self._pin(connection, version)

        await self._run(write)

    async def post(self, id: str, message: Waiting) -> None:
        """Keep a message until it is part of the state; nothing where `id` is not kept."""
        await self._living()

        def write(connection: Connection) -> None:
            if rows.held_by(connection, id) is not None:
                body = self._vault.cipher.seal(message.body, vault.aad_of_message(id, message.id))
                rows.post(connection, id, message.id, self.process, body)

        await self._run(write)

    async def left(self, id: str) -> list[Waiting]:
        """Return messages that wait for nobody any more: their process is gone; oldest first."""
        living = await self._living()
        found = await self._run(lambda connection: rows.posted(connection, id, living))
        opened = self._vault.cipher.open
        return [
            Waiting(id=name, body=opened(body, vault.aad_of_message(id, name)))
            for name, body in found
        ]

    async def withdraw(self, id: str, message: str) -> None:
        """Forget a waiting message."""
        await self._run(lambda connection: rows.take(connection, id, [message]))

    @asynccontextmanager
    async def turn(self, id: str) -> AsyncIterator[None]:
        """Hold a conversation for one turn; whoever else wants it waits."""
        async with self._turns.setdefault(id, asyncio.Lock()):
            yield

    async def delete(self, id: str) -> None:
        """Delete a conversation so that no byte of it is left; the same after a kill half-way."""
        await self._threaded(lambda: self._remove(conversations.c.id == id))

    async def delete_all(self, owner: str) -> int:
        """Delete everything of somebody, and return how many conversations that were."""
        return await self._threaded(lambda: self._remove(conversations.c.owner == owner))

    async def expire(self, before: float) -> int:
        """Delete what was last used before a time (seconds since 1970), and return how many."""
        return await self._threaded(lambda: self._remove(conversations.c.used < before))

    async def shelve(self, version: str, text: str) -> None:
        """Have the text of a graph version at hand; it is kept once a conversation is pinned."""
        self._shelved[version] = text

    async def version(self, hash: str) -> str | None:
        """Return the text of a graph version."""
        if hash in self._shelved:
            return self._shelved[hash]
        body = await self._run(lambda connection: rows.version(connection, hash))
        if body is None:
            return None
        return self._vault.cipher.open(body, vault.aad_of_version(hash)).decode()
