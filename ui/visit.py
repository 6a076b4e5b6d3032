"""One person's visit in one tab: their conversation, and what is not sent yet."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from itertools import count

from agents.context import Context
from graphs.run import Conversation, Event, TurnReport
from tools.clips import Clip
from tools.safety.letter import Letter
from ui.camera import Camera
from ui.chat import Bubble, Chat, Heard, Shared

_LAST_WORDS_S = 5.0

Ready = Callable[[], Awaitable[None]]
Prepare = Callable[[], Awaitable[tuple[Sequence[Clip], Context]]]


class Stopped(Exception):
    """A turn was broken off before it was over, by the person or by what they did."""


class Session:
    """One visit in one tab.

    Attributes:
        chat: the conversation, which other tabs may show too.
        whose: the identity that it belongs to; empty where nobody is told apart.
        camera: frames of the live picture.
        letter: the letter to people that was tried last; None when it was delivered.
        enclosed: the conversation as they saw it when they ticked that it goes with a letter.
        news: what became of a letter and was not told in the conversation yet, `delivered` or
            `kept`.
        offered: the level at which writing to people was last offered.
        seen: the revision of the chat that this tab shows.
        used: when it was last asked for, on the monotonic clock.
    """

    conversation = Shared[Conversation]()
    shown = Shared[list[Bubble]]()
    report = Shared[TurnReport | None]()
    correction = Shared[str]()
    heard = Shared[Heard | None]()
    minor = Shared[bool]()
    over = Shared[bool]()

    def __init__(
        self, conversation: Conversation, *, whose: str = "", chat: Chat | None = None
    ) -> None:
        """Show a conversation, with what other tabs show of it where it is open in one."""
        self.chat = chat or Chat(conversation)
        self.whose = whose
        self.camera = Camera()
        self.letter: Letter | None = None
        self.enclosed: list[Bubble] | None = None
        self.news = ""
        self.offered = ""
        self.seen = 0
        self.used = time.monotonic()
        self._turns: list[asyncio.Task[None]] = []
        self._door = asyncio.Lock()
        self._arrivals = count()
        self._unsent: dict[int, str] = {}

    @property
    def answering(self) -> bool:
        """Whether a turn of this tab is running, or waits for the one before it."""
        return bool(self._turns)

    async def run(self, words: str, prepare: Prepare) -> AsyncGenerator[Event, None]:
        """Run one turn in a task of its own, so that `stop` ends it wherever it stands.

        Turns that were sent one upon the other are answered in that order.

        Args:
            words: what the person typed.
            prepare: returns decoded recordings, and locale, country and consents, as soon as the
                turn may begin.

        Raises:
            AttuneError: as `Conversation.send`.
            Stopped: it was ended before it was over.
        """

        async def stream() -> AsyncGenerator[Event, None]:
            async with self._door:  # as they came, however long each takes to prepare
                clips, context = await prepare()
            # Nothing is waited for here before `send` has its place in the conversation's queue.
            async with aclosing(self.conversation.send(words, clips, context)) as events:
                async for event in events:
                    yield event

        async with aclosing(self.follow(stream())) as events:
            async for event in events:
                yield event

    async def follow(self, stream: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """Yield the events of a turn, which `stop` ends wherever it stands.

        Raises:
            Stopped: it was ended before it was over.
        """
        events: asyncio.Queue[Event | Exception | None] = asyncio.Queue()

        async def read() -> None:
            try:
                async with aclosing(stream) as found:
                    async for event in found:
                        events.put_nowait(event)
            except asyncio.CancelledError:
                events.put_nowait(Stopped())
                raise
            except Exception as error:
                events.put_nowait(error)
            finally:
                events.put_nowait(None)

        turn = asyncio.create_task(read())
        self._turns.append(turn)
        self.chat.follow(turn)
        try:
            while (event := await events.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            turn.cancel()
            self._turns.remove(turn)

    def stop(self) -> None:
        """End the turn that is running, and those that wait for it."""
        for turn in self._turns:
            turn.cancel()

    def arrive(self) -> int:
        """Return the number of a message that has just come."""
        return next(self._arrivals)

    def take_back(self, arrival: int, words: str) -> None:
        """Keep the words of a message that was not answered, until they are back in the box."""
        if words.strip():
            self._unsent[arrival] = words

    @property
    def unsent(self) -> list[str]:
        """Messages that were not answered, in the order in which they came."""
        return [words for _, words in sorted(self._unsent.items())]

    def collect(self) -> list[str]:
        """Return the messages that were not answered, but once."""
        messages = self.unsent
        self._unsent.clear()
        return messages

    async def settle(self) -> list[str]:
        """End the turns of a page that was loaded anew, and return the messages not answered.

        That of a kept conversation goes on.
        """
        if not self.chat.kept:
            await self.chat.end(_LAST_WORDS_S)
        return self.collect()

    async def delete(self) -> None:
        """End everything and delete what was said."""
        self.over = True
        self.stop()
        self.camera.forget()
        await self.chat.end(_LAST_WORDS_S)  # what it still writes must not come after the deletion
        await self.conversation.forget()
        self.shown, self.report, self.heard, self.correction = [], None, None, ""
        self._unsent.clear()
