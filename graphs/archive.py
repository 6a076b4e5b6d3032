"""Kept conversations: whose they are, and how one is taken up again."""

import logging
from collections.abc import Sequence

from graphs.keeping.pin import name_in
from graphs.keeping.saver import saver_of
from graphs.run import Conversation
from graphs.shelf import Shelf, Version
from tools.errors import AttuneError, InputError, StorageError
from tools.storage.records import Card, Storage

DAY_S = 86_400.0

_log = logging.getLogger(__name__)


class Archive:
    """The conversations that a store keeps, on the graphs of a shelf."""

    def __init__(self, shelf: Shelf, graph: str = "support") -> None:
        """Keep what runs on `shelf`, in the store of its checkpointer, if that has one.

        Args:
            shelf: the versions of the graphs.
            graph: where a new conversation begins, and where one moves whose own graph is no more.

        Raises:
            ConfigError: the graphs are compiled with another checkpointer than `Saver`.
        """
        self._shelf, self._graph = shelf, graph
        self._saver = saver_of(shelf.checkpointer)

    @property
    def storage(self) -> Storage | None:
        """The store; None where nothing can be kept."""
        return self._saver.storage

    @property
    def kept_possible(self) -> bool:
        """Whether conversations can be kept here."""
        return self.storage is not None

    def begin(self, graph: str = "") -> Conversation:
        """Return a new conversation, in memory, on the newest good version of a graph.

        Raises:
            AttuneError: the graph cannot be used.
        """
        return Conversation(self._shelf.current(graph or self._graph), self._shelf.services)

    async def list(self, owner: str) -> list[Card]:
        """Return somebody's kept conversations, the last used first.

        Raises:
            StorageError: the store cannot be read.
        """
        return [] if self.storage is None or not owner else await self.storage.cards(owner)

    async def open(self, card: Card) -> Conversation:
        """Return a kept conversation, on the version that it is pinned to; `resume` it next.

        A version that cannot be built as it was, or that may not run any more, gives way to the
        newest one, which the next report tells.

        Raises:
            InputError: it is not kept any more.
            StorageError: it cannot be read.
            AttuneError: no graph can be used.
        """
        if self.storage is None:
            raise InputError("Conversations cannot be kept here; please begin a new one.")
        version, news = await self._version(card)
        conversation = Conversation(version, self._shelf.services, id=card.id)
        if not conversation.kept:
            self._saver.hold(card.id).keep()
            await self._saver.load(card.id)
        if not conversation.kept:
            await conversation.forget()
            raise InputError("This conversation is not kept any more; please begin a new one.")
        conversation.news += news
        return conversation

    async def delete_all(self, owner: str) -> int:
        """Delete everything of somebody, here and in the store; return how many conversations.

        Raises:
            StorageError: the store could not delete it; nothing of it is written any more.
        """
        if self.storage is None or not owner:
            return 0
        for card in await self.storage.cards(owner):
            self._saver.drop(card.id)
        return await self.storage.delete_all(owner)

    async def expire(self, days: float) -> int:
        """Delete what nobody has used for so many days, and return how many conversations.

        Raises:
            StorageError: the store could not delete it.
        """
        if self.storage is None:
            return 0
        return await self.storage.expire(self._shelf.services.clock() - days * DAY_S)

    async def _version(self, card: Card) -> tuple[Version, Sequence[str]]:
        assert self.storage is not None  # `open` has looked
        text = ""
        try:
            text = await self.storage.version(card.version) or ""
            version = self._shelf.pinned(card.version, text or None)
        except StorageError:
            raise
        except AttuneError as error:
            _log.warning("the graph version %s gave way: %s", card.version[:12], error)
            version = self._shelf.newest(name_in(text), self._graph)
            await self.storage.shelve(version.hash, version.text)
            await self.storage.repin(card.id, version.hash)
            return version, [f"this conversation moved to the newest graph: {error}"]
        return version, []
