"""People of the soak whose program uses `graphs.run.Conversation` itself."""

import asyncio
import time
from contextlib import aclosing

from agents.context import Context
from benchmarks.soak.checks import Outcome, examine, foreign, gone
from benchmarks.soak.people import LONGEST_S, Person
from graphs.run import Conversation, Finished, Sentence
from tools.clips import Clip
from tools.media import decode


class Caller(Person):
    """Somebody whose program uses `graphs.run.Conversation` itself."""

    def open(self) -> None:
        """Open a conversation."""
        town = self.town
        self.talk = Conversation(town.shelf.current(town.graph), town.services)

    def conversation(self) -> Conversation:
        """Return the conversation."""
        return self.talk

    async def turn(self, stop: float | None = None) -> None:
        """Send one message; with `stop`, the task is cancelled after so many seconds."""
        town, number, started = self.town, self.next(), time.perf_counter()
        clips, spoken = await self._clips(number)
        words = self.words(number, spoken)
        task = asyncio.create_task(self._send(words, clips))
        outcome: Outcome = "answered"
        try:
            async with asyncio.timeout(stop if stop is not None else LONGEST_S):
                await task
        except TimeoutError:
            outcome = "failed" if stop is None else "stopped"
        except Exception as error:
            outcome = "failed"
            self.failed(error)
        town.tally.media += bool(clips)
        self.note(number, outcome, started, spoken)

    async def reopen(self) -> None:
        """Take the kept conversation up again from the store."""
        storage = self.town.saver.storage
        assert storage is not None  # it is kept
        card = await storage.card(self.talk.id)
        assert card is not None  # likewise
        del self.talk  # nobody holds it any more, so that it is read anew
        self.talk = await self.town.archive.open(card)
        async for _ in self.talk.resume():
            self.town.tally.left.append("an unanswered message in the store")

    async def twice(self) -> None:
        """Send two messages at once."""
        await asyncio.gather(self.turn(), self.turn())

    async def _send(self, words: str, clips: list[Clip]) -> None:
        context = Context(microphone=True, camera=True, disclosed=True)
        async with aclosing(self.talk.send(words, clips, context)) as events:
            async for event in events:
                if isinstance(event, Sentence) and foreign(event.text, self.sent.serial):
                    self.town.tally.crossed.append(f"conversation {self.sent.serial}: sentence")
                if isinstance(event, Finished):
                    self.read(event.report)

    async def _clips(self, number: int) -> tuple[list[Clip], bool]:
        way = self.town.chance.random()
        if way < 0.25:
            return [await asyncio.to_thread(decode, self.recording(number))], True
        if way < 0.35:
            return [Clip(frames=[self.face()] * 4)], False
        if way < 0.40:
            both = await asyncio.to_thread(decode, self.recording(number))
            return [both, Clip(frames=[self.face()] * 4)], True
        return [], False

    async def delete(self) -> None:
        """Look the conversation over and delete it."""
        await examine(self.talk, self.sent, self.town.tally)
        if self.sent.kept and self.town.chance.random() < 0.3:  # the consent first
            await self.talk.let_go()
        await self.talk.forget()
        await gone(self.town.saver, self.talk.id, self.town.tally)
        self.town.tally.deleted += 1
