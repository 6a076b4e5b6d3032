"""The people of the soak: they write, speak, show themselves, press Stop, leave and delete."""

import itertools
import json
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from agents.context import Services
from benchmarks.soak import media
from benchmarks.soak.checks import Outcome, Sent, Tally, foreign
from benchmarks.soak.marks import message
from graphs.archive import Archive
from graphs.keeping.saver import Saver
from graphs.run import Conversation, TurnReport
from graphs.shelf import Shelf
from tools.errors import places
from ui.session import Sessions
from ui.uploads import UploadFolder

LONGEST_S = 240.0
"""Seconds after which a turn that was not stopped counts as failed."""

_MOST = 120
"""Messages after which a conversation ends; `benchmarks.soak.media` has no tone for many more."""

ECHO = "echo-chat"
"""The language model that names whom it was asked about."""


@dataclass
class Town:
    """What all people of one run share.

    Attributes:
        saver: where conversations are, `storage` where kept ones are.
        archive: opens kept conversations again.
        keeps: the share of conversations that are kept.
        voice: a recording of speech in place of the tones, for models that listen to words.
        picture: a photograph of a face in place of the greys; RGB.
    """

    services: Services
    shelf: Shelf
    saver: Saver
    archive: Archive
    sessions: Sessions
    uploads: UploadFolder
    graph: str
    tally: Tally
    chance: random.Random
    keeps: float = 0.5
    voice: bytes | None = None
    picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None" = None
    serials: Iterator[int] = field(default_factory=itertools.count)

    @property
    def echoes(self) -> bool:
        """Whether the models say back what they were given."""
        return self.voice is None

    def pace(self) -> float:
        """Return how long a turn takes here, in seconds; for pressing Stop in the midst of one."""
        return float(np.median(self.tally.spent)) / 1000 if self.tally.spent else 0.1


@dataclass
class Person(ABC):
    """Somebody with one conversation after another."""

    town: Town
    name: str
    sent: Sent = field(default_factory=lambda: Sent(0))
    number: int = 0

    async def act(self) -> None:
        """Take a turn, now and then in an unkind way."""
        way = self.town.chance.random()
        if way < 0.06:
            await self.turn(stop=self.town.chance.uniform(0, 1.5) * self.town.pace())
        elif way < 0.10:
            await self.twice()
        else:
            await self.turn()
        if self.sent.kept and self.town.chance.random() < 0.05:
            await self.reopen()
        if self.town.chance.random() < 0.04 or self.number > _MOST:
            await self.delete()
            await self.begin()

    async def begin(self) -> None:
        """Begin a conversation, and keep it or not."""
        self.sent, self.number = Sent(next(self.town.serials)), 0
        self.open()
        self.town.tally.conversations += 1
        if self.town.saver.storage is not None and self.town.chance.random() < self.town.keeps:
            await self.conversation().keep(self.town.saver.storage.owner(self.name))
            self.sent.kept = True

    @abstractmethod
    def open(self) -> None:
        """Open a conversation."""

    @abstractmethod
    async def reopen(self) -> None:
        """Come back to a kept conversation, as after a restart of the program."""

    def next(self) -> int:
        """Return the number of the next message."""
        self.number += 1
        return self.number

    @abstractmethod
    async def turn(self, stop: float | None = None) -> None:
        """Send one message; with `stop`, give up after so many seconds."""

    async def twice(self) -> None:
        """Send two messages at once, where that is possible."""
        await self.turn()

    @abstractmethod
    async def delete(self) -> None:
        """Delete the conversation."""

    @abstractmethod
    def conversation(self) -> Conversation:
        """Return the conversation."""

    def note(self, number: int, outcome: Outcome, started: float, spoken: bool) -> None:
        """Put down what became of a message."""
        tally = self.town.tally
        tally.sent[outcome] += 1
        self.sent.outcomes[number] = outcome
        if spoken:
            self.sent.spoken.add(number)
        if outcome == "answered":
            tally.spent.append((time.perf_counter() - started) * 1000)

    def failed(self, error: Exception) -> None:
        """Put down why a turn failed, by the kind of the error alone."""
        self.town.tally.reasons.append(places(error))

    def read(self, report: TurnReport) -> None:
        """Look for strangers in what a turn came to."""
        tally, serial = self.town.tally, self.sent.serial
        if foreign(json.dumps(report, default=str), serial):
            tally.crossed.append(f"conversation {serial}: report")
        if report["models"].get("respond") == ECHO:
            face = report["readings"].get("face")
            if face and face["note"].startswith("grey "):
                shade = int(face["note"].removeprefix("grey "))
                if shade != media.shade(serial):
                    tally.crossed.append(f"conversation {serial}: face")

    def words(self, number: int, spoken: bool) -> str:
        """Return what is typed; what is spoken need not be typed, where it is understood."""
        alone = spoken and self.town.echoes and self.town.chance.random() < 0.5
        return "" if alone else message(self.sent.serial, number)

    def recording(self, number: int) -> bytes:
        """Return a recording of this conversation's voice, as a file."""
        return self.town.voice or media.spoken(self.sent.serial, number)

    def face(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        """Return a frame of this conversation's camera."""
        own = self.town.picture
        return media.frame(self.sent.serial) if own is None else own
