"""One conversation as pages show it; it may be open in several tabs at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast, overload

from graphs.run import Conversation, TurnReport
from tools.safety.letter import Line

Bubble = Line
"""One message as the chat shows it."""

T = TypeVar("T")


@dataclass
class Heard:
    """The person's last message, where some of it was said aloud.

    Attributes:
        bubble: where the chat shows it.
        typed: the words that came with it.
        shown: how the chat shows what came with it.
        text: what was understood of the recording.
    """

    bubble: Bubble
    typed: str
    shown: str
    text: str


@dataclass
class Chat:
    """What every tab of one conversation shares.

    Attributes:
        conversation: the graph's side of it.
        shown: the messages, oldest first.
        report: what the last turn came to, without what the person removed of it.
        correction: the emotion that the person named instead of the last guess.
        heard: what was said aloud in the last message; None when nothing was.
        remembered: the person's sentences from before what a prompt shows.
        minor: somebody young was found here, which never changes again.
        over: another conversation has taken its place, or it was deleted.
        used: when a kept one was last written, as far as its pages know; seconds since 1970.
        revision: grows with every change, so that a tab knows what it has not shown yet.
    """

    conversation: Conversation
    shown: list[Bubble] = field(default_factory=list)
    report: TurnReport | None = None
    correction: str = ""
    heard: Heard | None = None
    remembered: list[str] = field(default_factory=list)
    minor: bool = False
    over: bool = False
    used: float = 0.0
    revision: int = 0
    _turns: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def kept(self) -> bool:
        """Whether it is put down on disk."""
        return self.conversation.kept

    @property
    def busy(self) -> bool:
        """Whether a turn is running, in whatever tab."""
        return bool(self._turns)

    def answer(self, asked: Bubble, said: Bubble) -> None:
        """Show what was said to a message below it, whatever was sent meanwhile in another tab."""
        places = [i for i, bubble in enumerate(self.shown) if bubble is asked]
        place = places[0] + 1 if places else len(self.shown)
        while place < len(self.shown) and self.shown[place]["role"] == "assistant":
            place += 1
        self.shown.insert(place, said)

    def follow(self, task: "asyncio.Task[None]") -> None:
        """Know of a task that belongs to a turn, until it ends."""
        self._turns.add(task)
        task.add_done_callback(self._turns.discard)

    async def carry(self, work: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
        """Do the work of a turn in a task of its own, and yield what it yields.

        When nobody listens any more, because the tab was closed, the turn of a kept conversation
        goes on to its end; any other is broken off.
        """
        statuses: asyncio.Queue[str | None] = asyncio.Queue()

        async def go() -> None:
            try:
                async with aclosing(work) as found:
                    async for status in found:
                        self.revision += 1
                        statuses.put_nowait(status)
            finally:
                self.revision += 1
                statuses.put_nowait(None)

        task = asyncio.create_task(go())
        self.follow(task)
        try:
            while (status := await statuses.get()) is not None:
                yield status
            await asyncio.wait([task])
        finally:
            if not self.kept:
                task.cancel()

    async def end(self, patience: float) -> None:
        """Break off every turn, and wait until what they still write is written.

        Args:
            patience: seconds to wait at most.
        """
        for turn in list(self._turns):
            turn.cancel()
        if self._turns:
            await asyncio.wait(list(self._turns), timeout=patience)


class Shared(Generic[T]):
    """An attribute of a session that is that of its chat, the same in every tab."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Take the name of the chat's attribute from that of the session's."""
        self._name = name

    @overload
    def __get__(self, session: None, owner: type) -> "Shared[T]": ...

    @overload
    def __get__(self, session: object, owner: type) -> T: ...

    def __get__(self, session: object | None, owner: type) -> "T | Shared[T]":
        """Return what the chat has."""
        if session is None:
            return self
        return cast(T, getattr(session.chat, self._name))  # type: ignore[attr-defined]

    def __set__(self, session: object, value: T) -> None:
        """Set it for every tab."""
        setattr(session.chat, self._name, value)  # type: ignore[attr-defined]
