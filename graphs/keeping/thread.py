"""One conversation in memory, as the checkpointer holds it."""

from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage
from langgraph.checkpoint.base import Checkpoint, CheckpointMetadata

from graphs.keeping.line import Line
from graphs.keeping.written import Begun, messages_in, settled


@dataclass
class Latest:
    """The newest checkpoint, and what tasks have written since."""

    checkpoint: Checkpoint
    metadata: CheckpointMetadata
    writes: dict[tuple[str, int], tuple[str, str, Any]] = field(default_factory=dict)


@dataclass(eq=False)
class Thread:
    """One conversation in memory.

    Attributes:
        line: the order of its messages.
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
    """

    line: Line = field(default_factory=Line)
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

    @property
    def values(self) -> dict[str, Any]:
        """The state's values, as far as there are any."""
        return self.latest[""].checkpoint["channel_values"] if "" in self.latest else {}

    @property
    def messages(self) -> list[BaseMessage]:
        """What was said, with a message that no node has seen yet."""
        return messages_in(self.latest[""].checkpoint) if "" in self.latest else []

    def rewind(self) -> None:
        """Drop what belongs to a turn alone."""
        if "" in self.latest:
            old = self.latest[""]
            self.latest[""] = Latest(settled(old.checkpoint), old.metadata)

    def clear(self) -> None:
        """Forget everything."""
        self.kept, self.begun, self.down, self.trouble = False, None, True, ""
        self.latest.clear()
        self.stored.clear()
        self.posted.clear()
        self.taking.clear()
