"""One conversation in memory, as the checkpointer holds it."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage
from langgraph.checkpoint.base import Checkpoint, CheckpointMetadata, copy_checkpoint

from agents.state import HELD, KEPT
from graphs.keeping.arrival import ArrivalQueue
from graphs.keeping.written import Asked, Begun, Stage, messages_in, read, settled, stage


@dataclass
class Latest:
    """The newest checkpoint, and what tasks have written since."""

    checkpoint: Checkpoint
    metadata: CheckpointMetadata
    writes: dict[tuple[str, int], tuple[str, str, Any]] = field(default_factory=dict)


@dataclass(eq=False)
class Thread:
    """One conversation in memory; its fields are read anywhere, and written by its methods alone.

    Attributes:
        queue: the order of its messages.
        kept: it is written to the store.
        begun: the turn that is not over.
        posted: ids of messages that wait in the store.
        taking: ids of those that are part of the state, from the next writing on.
        down: the latest state, or that it cannot be written, is known.
        trouble: why the last writing failed; empty when it did not.
        on_disk: something of it may be in the store.
        graded: what was graded, and how, when that was last written.
        latest: its newest checkpoint, by namespace.
        stored: digests of what the store may hold.
        unsure: the conversation is not held, or not read, in this turn: another process may write.
        changing: held while it begins or ceases to be kept.
    """

    queue: ArrivalQueue = field(default_factory=ArrivalQueue)
    kept: bool = False
    begun: Begun | None = None
    posted: set[str] = field(default_factory=set)
    taking: list[str] = field(default_factory=list)
    down: bool = True
    trouble: str = ""
    on_disk: bool = False
    graded: object = None
    latest: dict[str, Latest] = field(default_factory=dict)
    stored: list[bytes] = field(default_factory=list)
    unsure: bool = False
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def values(self) -> dict[str, Any]:
        """The state's values, as far as there are any."""
        return self.latest[""].checkpoint["channel_values"] if "" in self.latest else {}

    @property
    def messages(self) -> list[BaseMessage]:
        """What was said, with a message that no node has seen yet."""
        return messages_in(self.latest[""].checkpoint) if "" in self.latest else []

    # One turn

    def begin(self, asked: Asked, version: str) -> None:
        """Begin the turn that answers a message, on a version of a graph."""
        self.begun = {"asked": asked, "version": version}

    def end(self) -> None:
        """Have no turn open."""
        self.begun = None

    def take(self, id: str) -> None:
        """Have a message wait no more, from the next writing on."""
        if self.kept:
            self.taking.append(id)

    def put(self, space: str, checkpoint: Checkpoint, metadata: CheckpointMetadata) -> None:
        """Put a checkpoint in the place of the one before."""
        self.latest[space] = Latest(copy_checkpoint(checkpoint), metadata)
        self.down = not self.kept

    def milestone(
        self, checkpoint: Checkpoint, metadata: CheckpointMetadata, changed: dict[str, Any]
    ) -> Stage:
        """Say what a checkpoint is to be written for; a second screen without news is nothing."""
        why = stage(checkpoint, metadata, changed)
        if why == "begun":
            self.graded = None
        elif why == "graded":
            values = checkpoint["channel_values"]
            heard = values.get("heard", {}).get("text")
            before, self.graded = self.graded, (heard, values.get("grade"), values.get("risk"))
            return "" if self.graded == before else why
        return why

    def rewind(self) -> None:
        """Drop what belongs to a turn alone."""
        if "" in self.latest:
            old = self.latest[""]
            self.latest[""] = Latest(settled(old.checkpoint, KEPT | HELD), old.metadata)

    # The store

    def keep(self) -> None:
        """Be written from the next milestone on."""
        self.kept = self.on_disk = True

    def reach(self) -> None:
        """Note that the store may hold something from now on, whether or not that succeeds."""
        self.on_disk = True

    def deleted(self) -> None:
        """Note that the store holds nothing."""
        self.on_disk = False

    def doubt(self, trouble: str) -> None:
        """Note that another process may write in this turn, because the store failed."""
        self.trouble, self.unsure = trouble, True

    def sure(self) -> None:
        """Note that a new turn begins, in which the store has not failed."""
        self.trouble, self.unsure = "", False

    def knows(self, data: bytes | None) -> bool:
        """Say whether what the store holds is what was written, or tried, here."""
        return data is not None and _digest(data) in self.stored

    def skip(self) -> None:
        """Note that a state is not written."""
        self.down = True

    def take_up(self, data: bytes) -> None:
        """Stand as the store says, unless that is what was written, or tried, here.

        Raises:
            StorageError: it cannot be read.
        """
        digest = _digest(data)
        if digest in self.stored:
            return
        self.latest.clear()
        self.begun = None
        if data:
            found = read(data)
            self.latest[""] = Latest(found["checkpoint"], found["metadata"])
            self.begun = found["begun"]
        self.stored = [digest]

    def written(self, data: bytes, taken: Sequence[str]) -> None:
        """Note what the store holds, and which messages do not wait there any more."""
        self.down, self.trouble = True, ""
        self.stored = [_digest(data)]
        self.posted.difference_update(taken)
        self.taking = [each for each in self.taking if each not in taken]

    def unwritten(self, data: bytes, trouble: str) -> None:
        """Note what could not be written, as far as this program knows, and why."""
        self.down, self.trouble = True, trouble
        self.stored.append(_digest(data))

    def release(self) -> None:
        """Be written no more, and go on in memory."""
        self.kept, self.begun, self.down = False, None, True
        self.sure()
        self.stored.clear()
        self.posted.clear()
        self.taking.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.release()
        self.latest.clear()


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
