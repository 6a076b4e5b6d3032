"""Run turns: the one way in which the page, the terminal and evaluation use a graph."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig

from agents.context import Context, Services, Update
from graphs.answering import Answering, accepted
from graphs.build import node_with_duty, require_masked
from graphs.events import Earlier, Event, Finished, Progress, RiskReport, Sentence, TurnReport
from graphs.keeping.arrival import Place
from graphs.keeping.saver import saver_of
from graphs.keeping.written import Asked, asked_by, unpost
from graphs.shelf import Version
from tools.clips import Clip
from tools.errors import InputError, StorageError, places
from tools.safety.letter import Line
from tools.storage.records import Card, Storage

__all__ = [
    "Conversation",
    "Earlier",
    "Event",
    "Finished",
    "Progress",
    "RiskReport",
    "Sentence",
    "TurnReport",
]

_HURRY_S = 1.0
"""Seconds that somebody in danger waits until another process has answered."""

_log = logging.getLogger(__name__)


class Conversation:
    """One conversation on one version of a graph; turns sent together are answered in order.

    It is in memory, until `keep` is called; from then on it is in the store as well, where
    another process may take it up.
    """

    def __init__(self, version: Version, services: Services, *, id: str | None = None) -> None:
        """Begin a conversation, or take one up again by its `id`.

        Raises:
            ConfigError: the graph was compiled with another checkpointer than `Saver`, or the
                services are made for measuring.
        """
        require_masked(services)
        self.version = version
        self.id = id or secrets.token_urlsafe(16)
        self.news: list[str] = []
        """What the next report tells besides."""
        self._refused = ""
        self._services = services
        self._saver = saver_of(version.graph.checkpointer)
        self._thread = self._saver.hold(self.id)

    @property
    def kept(self) -> bool:
        """It is written to the store from turn to turn."""
        return self._thread.kept

    @property
    def trouble(self) -> str:
        """Why the last writing failed; empty when it did not."""
        return self._thread.trouble

    @property
    def _store(self) -> Storage | None:
        """The store, of a kept conversation."""
        return self._saver.storage if self.kept else None

    @property
    def _config(self) -> RunnableConfig:
        return {"configurable": {"thread_id": self.id}}

    async def send(
        self, words: str, clips: Sequence[Clip] = (), context: Context | None = None
    ) -> AsyncGenerator[Event, None]:
        """Run one turn and yield its events as they happen; the last one is `Finished`.

        Of a kept conversation, the message is on disk before anything else happens, and a sentence
        before it is yielded; what a crash has left open is answered first, with an `Earlier` for
        each message. Whoever gives up waiting for the turn takes the message back.

        Args:
            words: what the person typed; may be empty when there is a clip.
            clips: decoded recordings; they are forgotten when the turn ends, however it ends.
            context: locale, country and consents of this turn.

        Raises:
            InputError: there is nothing to answer, or the message is too long.
        """
        typed = accepted(words, self._services)
        if not typed and not clips:
            raise InputError("Your message is empty; write or say something, and I will answer.")
        context = context or Context()
        recording = any(clip.audio is not None for clip in clips)
        asked = asked_by(secrets.token_urlsafe(12), typed, context, recording=recording)
        last: Event | None = None
        place = self._thread.queue.place()  # before anything is waited for: this is the arrival
        try:
            await self._saver.post(self.id, self._thread, asked)
            async with self._turn(place, typed):
                async with aclosing(self._catch_up(asked["id"])) as caught:
                    async for event in caught:
                        if isinstance(event, Earlier):
                            yield event
                # Closing this generator must close the inner one at once: it forgets the media.
                async with aclosing(self._answer(asked, context, clips)) as events:
                    async for event in events:
                        if isinstance(event, Finished):
                            last = event
                        else:
                            yield event
        finally:
            place.leave()
            if last is None:
                await self._saver.withdraw(self.id, self._thread, asked["id"])
        assert last is not None  # it raised, or it has finished
        yield last  # the next one may begin, whatever the caller does with it

    async def resume(self, context: Context | None = None) -> AsyncGenerator[Event, None]:
        """Finish the turn that a crash broke off, answer what waits, and yield these turns' events.

        Their locale and country are those with which the messages were sent, and no consent is
        taken over. Of a reply that was begun, only what is new is yielded: `lines` has all.

        Args:
            context: what else is known of the person now.
        """
        async with self.between(), aclosing(self._catch_up("", context)) as caught:
            async for event in caught:
                if not isinstance(event, Earlier):
                    yield event

    async def keep(self, owner: str) -> Card:
        """Keep this conversation in the store from now on, with what was said so far.

        Args:
            owner: whose it is, as `Storage.owner` says.

        Raises:
            InputError: nothing can be kept here.
            StorageError: the store cannot be written; it goes on in memory.
        """
        if (storage := self._saver.storage) is None:
            raise InputError("Conversations cannot be kept here; this one stays in memory.")
        async with self._thread.changing:
            if self.kept and (known := await storage.card(self.id)) is not None:
                return known
            now = self._services.clock()
            card = Card(id=self.id, owner=owner, version=self.version.hash, begun=now, used=now)
            await storage.shelve(self.version.hash, self.version.text)
            self._thread.reach()
            await storage.begin(card, self._saver.state(self.id))
            self._thread.keep()
            return card

    async def let_go(self) -> None:
        """Delete this conversation from the store at once; it goes on in memory.

        Raises:
            StorageError: the store could not delete it. Nothing is written there any more all the
                same, and calling this again tries again.
        """
        self._thread.release()
        async with self._thread.changing:  # it may just be about to be kept
            self._thread.release()
            await self._saver.unwrite(self.id, self._thread)

    async def forget(self) -> None:
        """Delete everything that was said in this conversation, wherever it is.

        Raises:
            StorageError: as `let_go`.
        """
        self._thread.clear()
        async with self._thread.changing:
            await self._saver.erase(self.id, self._thread)

    async def state(self) -> dict[str, Any]:
        """Return the state's values, without waiting for a turn that is running."""
        return dict((await self.version.graph.aget_state(self._config)).values)

    @asynccontextmanager
    async def between(self) -> AsyncIterator[None]:
        """Hold the conversation between two turns, as it stands in every process."""
        place = self._thread.queue.place()
        try:
            async with self._turn(place):
                yield
        finally:
            place.leave()

    async def amend(self, change: Callable[[dict[str, Any]], Update]) -> None:
        """Write what `change` makes of the state's values, on disk as well where it is kept."""
        async with self.between():
            if update := change(await self.state()):
                deliver = node_with_duty(self.version.spec, "deliver")
                await self.version.graph.aupdate_state(self._config, update, as_node=deliver)

    async def lines(self) -> list[Line]:
        """Return what was said, with what there is of a reply that was broken off."""
        said = self._thread.values.get("said", []) if self._thread.begun else []
        lines = [
            Line(role="user" if isinstance(m, HumanMessage) else "assistant", content=m.text)
            for m in self._thread.messages
        ]
        reply = Line(role="assistant", content=" ".join(said))
        return [*lines, reply] if said else lines

    @asynccontextmanager
    async def _turn(self, place: Place, words: str = "") -> AsyncIterator[None]:
        """Hold the conversation, here and in every other process, and take up how it stands.

        Who is in danger does not wait for another process, nor for a store that fails.
        """
        await place.reached()
        if (store := self._store) is None:
            yield
            return
        hurry = bool(words) and self._services.policy.is_dangerous(words)
        self._thread.sure()
        held = AsyncExitStack()
        try:
            async with asyncio.timeout(_HURRY_S if hurry else None):
                await held.enter_async_context(store.turn(self.id))
            await self._saver.load(self.id)
            if not self.kept:
                self.news.append("this conversation was deleted elsewhere, and begins anew")
        except StorageError as error:
            self._thread.doubt(str(error))
        except TimeoutError:
            self._thread.doubt("another process was answering in this conversation")
        try:
            yield
        finally:
            with suppress(StorageError):  # the reply is given, and nobody else is kept waiting
                await held.aclose()

    async def _catch_up(
        self, own: str, context: Context | None = None
    ) -> AsyncGenerator[Event, None]:
        """Answer what a crash has left open: the events of each turn, and an `Earlier` after it."""
        if (store := self._store) is None:
            return
        open_: list[Asked] = [self._thread.begun["asked"]] if self._thread.begun else []
        try:
            for waiting in await store.left(self.id):
                with suppress(StorageError):  # one that is damaged keeps none from an answer
                    open_.append(unpost(waiting.body))
        except StorageError as error:
            _log.error("what waits could not be read: %s", places(error))
        for asked in {each["id"]: each for each in open_ if each["id"] != own}.values():
            if any(message.id == f"{asked['id']}:reply" for message in self._thread.messages):
                self._thread.posted.add(asked["id"])
                await self._saver.withdraw(self.id, self._thread, asked["id"])
                continue
            then = replace(
                context or Context(),
                locale=asked["locale"],
                country=asked["country"],
                microphone=False,
                camera=False,
            )
            async with aclosing(self._answer(asked, then, (), again=True)) as events:
                async for event in events:
                    yield event
                    if isinstance(event, Finished):
                        yield Earlier(asked["words"], event.report["reply"])

    def _answer(
        self, asked: Asked, context: Context, clips: Sequence[Clip], *, again: bool = False
    ) -> AsyncGenerator[Event, None]:
        answering = Answering(
            self.version, self._services, self._config, self._thread, self._told, must=again
        )
        return answering.run(asked, context, clips)

    def _told(self) -> list[str]:
        """Return what the report tells besides, each but once."""
        news, self.news = self.news, []
        before, self._refused = self._refused, self.version.refused()
        return news if self._refused in ("", before) else [*news, self._refused]
