"""One person's visit: their conversation, what the page shows of it, and what is not sent yet.

The browser is given a key, never the session: two people at once share nothing but models.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np

from agents.context import Context, Services
from graphs.run import Conversation, Event, TurnReport
from graphs.shelf import Shelf
from tools.clips import Clip, Frame
from tools.safety.letter import Letter, Line

FRAMES = 16
"""Frames of the live camera that are kept at most."""

_FRAME_SIDE = 320
_FRAME_AGE_S = 20.0
_FRAMES_USED = 8
_LAST_WORDS_S = 5.0
LINGER_S = 600.0
"""Seconds for which a page that lost its connection may come back; phones drop it when locked."""


Ready = Callable[[], Awaitable[None]]


Bubble = Line
"""One message as the chat shows it."""


class Camera:
    """The last seconds of the live picture, small and in memory."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._seen: deque[tuple[float, Frame]] = deque(maxlen=FRAMES)

    def see(self, frame: Frame) -> None:
        """Keep one RGB frame, scaled down."""
        from PIL import Image

        picture = Image.fromarray(frame)
        picture.thumbnail((_FRAME_SIDE, _FRAME_SIDE))
        self._seen.append((time.monotonic(), np.asarray(picture)))

    def take(self) -> Clip | None:
        """Return what was seen in the last seconds, evenly thinned, and forget all of it."""
        oldest = time.monotonic() - _FRAME_AGE_S
        frames = [frame for moment, frame in self._seen if moment >= oldest]
        self.forget()
        if not frames:
            return None
        step = max(1, len(frames) // _FRAMES_USED)
        return Clip(frames=frames[::-step][:_FRAMES_USED][::-1])

    def forget(self) -> None:
        """Drop every frame."""
        self._seen.clear()


@dataclass
class Session:
    """One visit.

    Attributes:
        conversation: the graph's side of it.
        shown: the messages in the chat.
        camera: frames of the live picture.
        report: what the last turn came to.
        correction: the emotion that the person named instead of the last guess.
        unsent: words of a turn that failed, to be put back into the box.
        letter: the letter to people that was tried last; None when it was delivered.
        enclosed: the conversation as they saw it when they ticked that it goes with a letter.
        news: what became of a letter and was not told in the conversation yet, `delivered` or
            `kept`.
        offered: the level at which writing to people was last offered.
        minor: somebody young was found here, which never changes again.
        stopped: the person has just pressed Stop.
        over: another conversation has taken its place, or it was deleted.
        used: when it was last asked for, on the monotonic clock.
    """

    conversation: Conversation
    shown: list[Bubble] = field(default_factory=list)
    camera: Camera = field(default_factory=Camera)
    report: TurnReport | None = None
    correction: str = ""
    unsent: str = ""
    letter: Letter | None = None
    enclosed: list[Bubble] | None = None
    news: str = ""
    offered: str = ""
    minor: bool = False
    stopped: bool = False
    over: bool = False
    used: float = field(default_factory=time.monotonic)
    _turn: "asyncio.Task[None] | None" = None

    async def run(
        self, words: str, clips: Sequence[Clip], context: Context, ready: Ready
    ) -> AsyncGenerator[Event, None]:
        """Run one turn in a task of its own, so that `stop` ends it wherever it stands.

        Args:
            words: what the person typed.
            clips: decoded recordings.
            context: locale, country and consents.
            ready: what the turn waits for before it begins.

        Raises:
            AttuneError: as `Conversation.send`.
        """
        events: asyncio.Queue[Event | Exception | None] = asyncio.Queue()

        async def follow() -> None:
            try:
                await ready()
                async with aclosing(self.conversation.send(words, clips, context)) as stream:
                    async for event in stream:
                        events.put_nowait(event)
            except Exception as error:
                events.put_nowait(error)
            finally:
                events.put_nowait(None)

        self.stopped = False
        turn = self._turn = asyncio.create_task(follow())
        try:
            while (event := await events.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            turn.cancel()

    def stop(self) -> None:
        """End the turn that is running, if one is."""
        if self._turn is not None and not self._turn.done():
            self.stopped = True
            self._turn.cancel()

    async def delete(self) -> None:
        """End everything and delete what was said."""
        self.over = True
        self.stop()
        self.camera.forget()
        if self._turn is not None:  # what it still writes must not come after the deletion
            await asyncio.wait([self._turn], timeout=_LAST_WORDS_S)
        await self.conversation.forget()


class Sessions:
    """Every open session by its key."""

    def __init__(self, shelf: Shelf, services: Services, graph: str) -> None:
        """Serve the graph called `graph` to whoever comes."""
        self._shelf = shelf
        self._services = services
        self._graph = graph
        self._open: dict[str, Session] = {}
        self._pages: dict[str, str] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        """Return how many sessions are open."""
        return len(self._open)

    def begin(self, page: str | None = None) -> str:
        """Open a session and return its key, which nobody can guess.

        Args:
            page: how the server names the browser page, to know it when it leaves.
        """
        key = secrets.token_urlsafe(24)
        self._open[key] = Session(self._converse(self._graph))
        if page:
            self._pages[page] = key
        return key

    def find(self, key: str) -> Session | None:
        """Return a session, or None when it is over."""
        session = self._open.get(key)
        if session is not None:
            session.used = time.monotonic()
        return session

    async def renew(self, key: str, graph: str) -> Session:
        """Delete a session's conversation and begin a new one on the newest good graph.

        Raises:
            AttuneError: the graph cannot be used; the old conversation goes on.
        """
        conversation = self._converse(graph)
        await self._forget(key)
        self._open[key] = Session(conversation)
        return self._open[key]

    def leave(self, page: str | None, linger: float = LINGER_S) -> None:
        """Stop what runs for a page that has gone.

        Its session is deleted when nobody has used it for `linger` seconds: a phone that was locked
        may come back.
        """
        key = self._pages.get(page or "", "")
        if key not in self._open:
            return
        self._open[key].stop()
        self._open[key].camera.forget()
        if key not in self._leaving:
            self._leaving[key] = asyncio.create_task(self._expire(key, linger))

    async def end(self, key: str) -> None:
        """Delete a session at once."""
        self._pages = {page: open_ for page, open_ in self._pages.items() if open_ != key}
        await self._forget(key)

    async def close(self) -> None:
        """Delete every session."""
        for key in list(self._open):
            await self._forget(key)

    async def _expire(self, key: str, linger: float) -> None:
        while key in self._open:
            left = self._open[key].used + linger - time.monotonic()
            if left <= 0:
                break
            await asyncio.sleep(left)
        self._leaving.pop(key, None)
        self._pages = {page: open_ for page, open_ in self._pages.items() if open_ != key}
        await self._forget(key)

    async def _forget(self, key: str) -> None:
        if session := self._open.pop(key, None):
            await session.delete()

    def _converse(self, graph: str) -> Conversation:
        return Conversation(self._shelf.current(graph), self._services)
