"""People of the soak who are at the page, but for the browser: its sessions, turns, uploads."""

import asyncio
import contextlib
import json
import time
from pathlib import Path

from benchmarks.soak import media
from benchmarks.soak.checks import Outcome, config, examine, foreign, gone
from benchmarks.soak.people import LONGEST_S, Person
from graphs.run import Conversation
from ui import texts
from ui.session import Session
from ui.turn import Sent, take_turn

PATIENCE_S = 20.0
"""Seconds that the deletion of a page that was left may take."""


class Visitor(Person):
    """Somebody at the page, without a browser: its sessions, its turns, its uploads."""

    def open(self) -> None:
        """Open the page."""
        self.page = f"page-{self.sent.serial}"
        self.key = self.town.sessions.begin(self.page)

    def session(self) -> Session:
        """Return the session of the page."""
        session = self.town.sessions.find(self.key)
        assert session is not None  # only `delete` and `leave` end it, and they begin another
        return session

    def conversation(self) -> Conversation:
        """Return the conversation."""
        return self.session().conversation

    async def reopen(self) -> None:
        """Stay: the page's session goes on."""

    async def turn(self, stop: float | None = None) -> None:
        """Send one message; with `stop`, Stop is pressed after so many seconds."""
        town, session, number = self.town, self.session(), self.next()
        started, before = time.perf_counter(), session.report
        audio, file, live = self._upload(number)
        if live:
            for _ in range(4):
                session.camera.see(self.face())
        sent = Sent(
            words=self.words(number, audio is not None),
            audio=audio, file=file, microphone=True, camera=True,
        )  # fmt: skip
        stopping = asyncio.get_running_loop().call_later(stop, session.stop) if stop else None
        outcome: Outcome = "answered"
        statuses: list[str] = []
        try:
            async with asyncio.timeout(LONGEST_S):
                turn = take_turn(session, sent, town.uploads)
                statuses = [status async for status in session.chat.carry(turn)]
        except TimeoutError:
            outcome = "failed"
        if stopping is not None:
            stopping.cancel()
        if texts.STOPPED in statuses or session.over:
            outcome = "stopped"
        elif session.report is before or session.report is None:
            outcome = "failed"
            town.tally.reasons.append("the page told the person that it failed")
        else:
            self.read(session.report)
        for upload in (audio, file):
            if upload and Path(upload).exists():
                town.tally.left.append("an upload behind its turn")
        if foreign(json.dumps(session.shown), self.sent.serial):
            town.tally.crossed.append(f"conversation {self.sent.serial}: page")
        town.tally.media += bool(audio or file or live)
        self.note(number, outcome, started, audio is not None)

    def _upload(self, number: int) -> tuple[str | None, str | None, bool]:
        """Put the files of one turn where the page's server puts them."""
        way = self.town.chance.random()
        if way < 0.25:
            return self._put("voice.wav", self.recording(number)), None, False
        if way < 0.35:
            return None, None, True
        if way < 0.45:
            make = media.video if self.town.chance.random() < 0.7 else media.still
            kind = "webm" if make is media.video else "png"
            return None, self._put(f"me.{kind}", make(self.sent.serial)), False
        return None, None, False

    def _put(self, name: str, data: bytes) -> str:
        folder = self.town.uploads.path / f"{self.sent.serial}-{self.number}"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        return str(folder / name)

    async def delete(self) -> None:
        """End the session or leave, sometimes in the midst of a turn; nothing may be left.

        Either way deletes what is not kept, and leaves what is kept on the disk; that is deleted
        then, as the person would in "Your data".
        """
        town = self.town
        await examine(self.conversation(), self.sent, town.tally)
        session, ways = self.session(), [self._ended, self._left]
        turn = None
        if town.chance.random() < 0.5:
            turn = asyncio.create_task(self.turn())
            await asyncio.sleep(town.chance.uniform(0, 1) * town.pace())
        await town.chance.choice(ways)()
        if turn is not None:
            await turn
        if self.sent.kept:
            await session.conversation.forget()
        await gone(town.saver, session.conversation.id, town.tally)
        town.tally.deleted += 1

    async def _ended(self) -> None:
        await self.town.sessions.end(self.key)

    async def _left(self) -> None:
        chat = self.session().chat
        self.town.sessions.leave(self.page, linger=0.0)
        # It is found no more as soon as the deletion begins, and has to end soon after.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self.town.sessions.find(self.key) is not None:
                    await asyncio.sleep(0.01)
                while not chat.kept and await self._is_there(chat.conversation.id):
                    await asyncio.sleep(0.01)

    async def _is_there(self, id: str) -> bool:
        return await self.town.saver.aget_tuple(config(id)) is not None
