"""Run turns: the one way in which the page, the terminal and evaluation use a graph."""

import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from agents.context import Context, Services, Update
from graphs.answering import Answering, accepted
from graphs.build import duty
from graphs.events import Earlier, Event, Finished, Progress, RiskReport, Sentence, TurnReport
from graphs.keeping.line import Place
from graphs.keeping.saver import Saver
from graphs.keeping.thread import Thread
from graphs.keeping.written import Asked, asked_by, post, unpost
from graphs.shelf import Version
from tools.clips import Clip
from tools.errors import InputError, StorageError, places
from tools.safety.letter import Line
from tools.storage.records import Card, Waiting

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

_log = logging.getLogger(__name__)


class Conversation:
    """One conversation on one version of a graph; turns sent together are answered in order.

    It is in memory, until `keep` is called; from then on it is in the store as well, where
    another process may take it up.
    """

    def __init__(self, version: Version, services: Services, *, id: str | None = None) -> None:
        """Begin a conversation, or take one up again by its `id`."""
        self.version = version
        self.id = id or secrets.token_urlsafe(16)
        self.news: list[str] = []
        """What the next report tells besides."""
        self._services = services
        found = version.graph.checkpointer
        self._saver = found if isinstance(found, Saver) else None
        self._thread = self._saver.thread(self.id) if self._saver else Thread()

    @property
    def kept(self) -> bool:
        """It is written to the store from turn to turn."""
        return self._thread.kept

    @property
    def trouble(self) -> str:
        """Why the last writing failed; empty when it did not."""
        return self._thread.trouble

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
        place = self._thread.line.place()  # before anything is waited for: this is the arrival
        try:
            await self._post(asked)
            async with self._turn(place):
                async with aclosing(self._catch_up(asked["id"])) as caught:
                    async for _, event in caught:
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
                await self._withdraw(asked["id"])
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
            async for own, event in caught:
                if own:
                    yield event

    async def keep(self, owner: str) -> Card:
        """Keep this conversation in the store from now on, with what was said so far.

        Args:
            owner: whose it is, as `Storage.owner` says.

        Raises:
            InputError: nothing can be kept here.
            StorageError: the store cannot be written; it goes on in memory.
        """
        if self._saver is None or (storage := self._saver.storage) is None:
            raise InputError("Conversations cannot be kept here; this one stays in memory.")
        if self.kept and (known := await storage.card(self.id)) is not None:
            return known
        now = self._services.clock()
        card = Card(id=self.id, owner=owner, version=self.version.hash, begun=now, used=now)
        await storage.shelve(self.version.hash, self.version.text)
        self._thread.on_disk = True
        await storage.begin(card, self._saver.state(self.id))
        self._thread = self._saver.keep(self.id)
        return card

    async def let_go(self) -> None:
        """Delete this conversation from the store at once; it goes on in memory.

        Raises:
            StorageError: the store could not delete it. Nothing is written there any more all the
                same, and calling this again tries again.
        """
        if self._saver is not None:
            self._saver.let_go(self.id)
            await self._saver.unwrite(self.id, self._thread)

    async def forget(self) -> None:
        """Delete everything that was said in this conversation, wherever it is.

        Raises:
            StorageError: as `let_go`.
        """
        saver = self.version.graph.checkpointer
        if self._saver is not None:
            await self._saver.erase(self.id, self._thread)
        elif isinstance(saver, BaseCheckpointSaver):
            await saver.adelete_thread(self.id)

    async def state(self) -> dict[str, Any]:
        """Return the state's values, without waiting for a turn that is running."""
        return dict((await self.version.graph.aget_state(self._config)).values)

    @asynccontextmanager
    async def between(self) -> AsyncIterator[None]:
        """Hold the conversation between two turns, as it stands in every process."""
        place = self._thread.line.place()
        try:
            async with self._turn(place):
                yield
        finally:
            place.leave()

    async def amend(self, change: Callable[[dict[str, Any]], Update]) -> None:
        """Write what `change` makes of the state's values, on disk as well where it is kept."""
        async with self.between():
            if update := change(await self.state()):
                spec = self.version.spec
                deliver = next(name for name in spec.nodes if duty(spec, name) == "deliver")
                await self.version.graph.aupdate_state(self._config, update, as_node=deliver)

    async def lines(self) -> list[Line]:
        """Return what was said, with what there is of a reply that was broken off."""
        if self._saver is None:
            state = await self.version.graph.aget_state(self._config)
            messages, said = state.values.get("messages", []), list[str]()
        else:
            messages = self._thread.messages
            said = self._thread.values.get("said", []) if self._thread.begun else []
        lines = [
            Line(role="user" if isinstance(m, HumanMessage) else "assistant", content=m.text)
            for m in messages
        ]
        reply = Line(role="assistant", content=" ".join(said))
        return [*lines, reply] if said else lines

    async def _post(self, asked: Asked) -> None:
        """Put a message down, if the conversation is kept; a store that fails stops nobody."""
        if self._saver is None or self._saver.storage is None or not self.kept:
            return
        self._thread.posted.add(asked["id"])
        try:
            await self._saver.storage.post(self.id, Waiting(id=asked["id"], body=post(asked)))
        except Exception as error:
            _log.error("a message could not be put down: %s", places(error))

    async def _withdraw(self, id: str) -> None:
        """Take a message back that was not answered; its words are still with the person."""
        if self._saver and self._saver.storage and id in self._thread.posted:
            self._thread.posted.discard(id)
            with suppress(StorageError):  # then it is answered when the conversation is resumed
                await self._saver.storage.withdraw(self.id, id)

    @asynccontextmanager
    async def _turn(self, place: Place) -> AsyncIterator[None]:
        """Hold the conversation, here and in every other process, and take up how it stands."""
        await place.reached()
        if self._saver is None or self._saver.storage is None or not self.kept:
            yield
            return
        self._thread.trouble = ""
        held = AsyncExitStack()
        try:
            await held.enter_async_context(self._saver.storage.turn(self.id))
            await self._saver.load(self.id)
            if not self.kept:
                self.news.append("this conversation was deleted elsewhere, and begins anew")
        except StorageError as error:
            self._thread.trouble = str(error)
        try:
            yield
        finally:
            with suppress(StorageError):  # the reply is given, and nobody else is kept waiting
                await held.aclose()

    async def _catch_up(
        self, own: str, context: Context | None = None
    ) -> AsyncGenerator[tuple[bool, Event], None]:
        """Answer what a crash has left open; each event is told apart from the `Earlier` of it."""
        if self._saver is None or self._saver.storage is None or not self.kept:
            return
        open_: list[Asked] = [self._thread.begun["asked"]] if self._thread.begun else []
        try:
            for waiting in await self._saver.storage.left(self.id):
                with suppress(StorageError):  # one that is damaged keeps none from an answer
                    open_.append(unpost(waiting.body))
        except StorageError as error:
            _log.error("what waits could not be read: %s", places(error))
        for asked in {each["id"]: each for each in open_ if each["id"] != own}.values():
            if self._is_answered(asked["id"]):
                self._thread.posted.add(asked["id"])
                await self._withdraw(asked["id"])
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
                    yield True, event
                    if isinstance(event, Finished):
                        yield False, Earlier(asked["words"], event.report["reply"])

    def _is_answered(self, id: str) -> bool:
        return any(message.id == f"{id}:reply" for message in self._thread.messages)

    def _answer(
        self, asked: Asked, context: Context, clips: Sequence[Clip], *, again: bool = False
    ) -> AsyncGenerator[Event, None]:
        news, self.news = self.news, []
        answering = Answering(
            self.version, self._services, self._config, self._thread, news, must=again
        )
        return answering.run(asked, context, clips)
