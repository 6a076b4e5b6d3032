"""What is kept of a person, and all they can do with it: keep, open, save, delete.

Whose a conversation is, only the server says (`ui.gate.identity`): what the browser names is looked
for among that person's own.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from agents.context import Context
from graphs.amend import lines_now
from graphs.run import Conversation
from tools.errors import AttuneError, InputError, StorageError, places
from tools.safety.course import has_minor
from tools.safety.letter import Line
from tools.storage.records import Card, Storage
from ui.chat import Chat
from ui.gate.identity import Identity
from ui.house import House
from ui.own import texts

if TYPE_CHECKING:
    from graphs.archive import Archive

_SHOWN = 20
"""Kept conversations that the panel lists, the last used first."""

_TITLE = 48
"""Characters of what was said first, by which a conversation is known again."""

_log = logging.getLogger(__name__)


class Keeping:
    """The kept conversations of whoever asks."""

    def __init__(self, house: House) -> None:
        """Look into the archive of one program."""
        self._house = house
        self._sessions = house.sessions

    @property
    def _archive(self) -> "Archive | None":
        return self._house.archive

    @property
    def _storage(self) -> Storage | None:
        return self._house.storage

    async def possible(self) -> bool:
        """Whether anything can be kept here now: there is a store, and it can be written."""
        if self._archive is None or self._storage is None:
            return False
        return (await self._storage.condition()).ready

    async def keep(self, chat: Chat, who: Identity) -> str:
        """Keep a conversation from here on, and return the sentence that says so, or why not."""
        if self._storage is None or not who.known:
            return texts.KEEP_IMPOSSIBLE
        try:
            await chat.conversation.keep(self._storage.owner(who.key))
        except (StorageError, InputError) as error:
            _log.error("a conversation could not be kept: %s", error)
            return texts.KEEP_FAILED
        chat.revision += 1
        return self.told(chat, who)

    async def let_go(self, chat: Chat) -> str:
        """Delete what is kept of a conversation, which goes on in memory; return what to say."""
        chat.revision += 1
        try:
            await chat.conversation.let_go()
        except StorageError as error:
            _log.error("a conversation could not be deleted from the store: %s", error)
            return texts.KEPT_STUCK
        return texts.KEPT_BACK

    def told(self, chat: Chat, who: Identity) -> str:
        """Say whether a conversation is kept, and for how long."""
        if not chat.kept:
            return texts.KEPT_NOT
        kept = texts.KEPT_BY_NAME if who.signed_in else texts.KEPT
        return kept.format(days=f"{self._house.keep_days:g}")

    async def cards(self, who: Identity) -> list[Card]:
        """Return what is kept of somebody, the last used first.

        Raises:
            StorageError: the store cannot be read.
        """
        if self._archive is None or self._storage is None or not who.known:
            return []
        return await self._archive.list(self._storage.owner(who.key))

    async def entries(self, who: Identity, now: str = "") -> list[tuple[str, str]]:
        """Return somebody's conversations as (date and a few words, id).

        Args:
            who: the person.
            now: id of the conversation that they have before them.

        Raises:
            StorageError: the store cannot be read; one conversation that cannot is listed as such.
        """
        found = []
        for card in (await self.cards(who))[:_SHOWN]:
            words = texts.KEPT_UNREADABLE
            with suppress(AttuneError):
                words = await self._words(card)
            this = f" ({texts.KEPT_THIS})" if card.id == now else ""
            found.append((f"{when(card)}{this}: {words}", card.id))
        return found

    async def _words(self, card: Card) -> str:
        assert self._archive is not None  # there is a card of it
        lines = await (await self._archive.open(card)).lines()
        first = next((line["content"] for line in lines if line["role"] == "user"), "")
        words = " ".join(first.split())
        if len(words) > _TITLE:
            words = f"{words[: _TITLE - 1].rstrip()}…"
        return f"“{words}”" if words else texts.KEPT_UNTITLED

    async def card(self, who: Identity, id: str) -> Card | None:
        """Return the card of one of somebody's own conversations.

        Raises:
            StorageError: the store cannot be read.
        """
        return next((card for card in await self.cards(who) if card.id == id), None)

    async def open(self, key: str, who: Identity, id: str) -> Chat | None:
        """Show a kept conversation in a session; None where it is not theirs or not there.

        Raises:
            StorageError: it cannot be read.
        """
        card = await self.card(who, id)
        if card is None or self._archive is None:
            return None
        open_ = [s.chat for s in self._sessions.of(who.key) if s.conversation.id == id]
        if open_:
            return (await self._sessions.take(key, open_[0].conversation)).chat
        conversation = await self._archive.open(card)
        session = await self._sessions.take(key, conversation, await conversation.lines())
        await self._recall(session.chat)
        return session.chat

    async def _recall(self, chat: Chat) -> None:
        """Take up from the state what the page goes by."""
        state = await chat.conversation.state()
        summary, course = state.get("summary"), state.get("risk")
        chat.remembered = list(summary["lines"]) if summary else []
        chat.minor = chat.minor or bool(course and has_minor(course))

    async def resume(self, chat: Chat, context: Context) -> AsyncIterator[None]:
        """Finish what a crash broke off, and answer what waits; yield at each change.

        It goes on when nobody listens any more.
        """
        if chat.busy:
            return

        async def work() -> AsyncGenerator[str, None]:
            try:
                async with aclosing(chat.conversation.resume(context)) as events:
                    async for _ in events:
                        chat.shown[:] = await chat.conversation.lines()
                        yield ""
                await self._recall(chat)
            except Exception as error:
                _log.error("a conversation could not be resumed: %s", places(error))

        async with aclosing(chat.carry(work())) as changes:
            async for _ in changes:
                yield

    async def refresh(self, chat: Chat) -> None:
        """Take up what another process has answered in this conversation, or deleted."""
        if not chat.kept or chat.busy or self._storage is None:
            return
        try:
            card = await self._storage.card(chat.conversation.id)
            if card is None:
                if chat.kept:
                    chat.over = True
            elif card.used != chat.used:
                chat.used = card.used
                lines = await lines_now(chat.conversation)
                if _asked(lines) > _asked(chat.shown) and not chat.busy:
                    chat.shown[:] = lines
                    chat.report, chat.heard = None, None
                    await self._recall(chat)
                    chat.revision += 1
        except StorageError as error:
            _log.warning("a kept conversation could not be looked at: %s", error)

    async def delete(self, who: Identity, id: str) -> bool:
        """Delete one of somebody's conversations, in every tab; say whether it was there.

        Raises:
            StorageError: it is not deleted.
        """
        card = await self.card(who, id)
        if card is None:
            return False
        for session in self._sessions.of(who.key):
            if session.conversation.id == id:
                await session.delete()
        if await self.card(who, id) is not None:
            version = self._house.shelf.current(self._house.graph)
            await Conversation(version, self._house.services, id=id).forget()
            assert self._storage is not None  # there is a card of it
            await self._storage.delete(id)
        return True

    async def delete_all(self, who: Identity, key: str) -> int:
        """Delete every conversation of somebody, in every tab; return how many were kept.

        Args:
            who: the person.
            key: of the session before them.

        Raises:
            StorageError: the store could not delete everything.
        """
        kept = len(await self.cards(who))
        failed: StorageError | None = None
        own = self._sessions.find(key, who.key)
        for session in dict.fromkeys([*([own] if own else []), *self._sessions.of(who.key)]):
            try:
                await session.delete()
            except StorageError as error:
                failed = error
        if self._archive is not None and self._storage is not None and who.known:
            await self._archive.delete_all(self._storage.owner(who.key))
        elif failed:
            raise failed
        return kept


def when(card: Card) -> str:
    """Return when a conversation was last used, for people."""
    return datetime.fromtimestamp(card.used).strftime("%d %B %Y, %H:%M").lstrip("0")


def _asked(lines: Sequence[Line]) -> int:
    return sum(line["role"] == "user" for line in lines)
