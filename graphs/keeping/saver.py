"""The checkpointer of every conversation of a process: the latest state of each, and no history.

A conversation that is not kept stays in memory. A kept one is written to a `Storage` when something
has happened that must not be lost: a message has come in, danger was graded, a sentence is about to
be shown, the turn is over. In between nothing is written. Of a turn that is not over only that is
written without which it could not be finished, and none of that is left on disk when it is over:
what was noticed of feelings, and thoughts, never reach one.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    copy_checkpoint,
    get_checkpoint_id,
)

from graphs.keeping.thread import Latest, Thread
from graphs.keeping.written import SERDE, Asked, post, settled, writable, write
from tools.errors import ConfigError, StorageError, places
from tools.storage.bounded import BoundedStorage
from tools.storage.records import Storage, Waiting

_log = logging.getLogger(__name__)


class Saver(BaseCheckpointSaver[int]):
    """The latest checkpoint of every thread; asynchronous only."""

    def __init__(self, storage: Storage | None = None) -> None:
        """Keep conversations in `storage`; without one, none can be kept."""
        super().__init__(serde=SERDE)
        self.storage = BoundedStorage(storage) if storage is not None else None
        self._open: dict[str, Thread] = {}
        self._held: WeakValueDictionary[str, Thread] = WeakValueDictionary()

    def with_allowlist(self, extra_allowlist: object) -> "Saver":
        """Return this saver: what it reads is the same in every graph."""
        return self

    def thread(self, id: str) -> Thread:
        """Return a conversation, which stays in memory if nobody holds it."""
        found = self._find(id)
        if found is None:
            found = self._open[id] = Thread()
        return found

    def hold(self, id: str) -> Thread:
        """Return a conversation, which is in memory as long as somebody holds it."""
        thread = self._find(id) or Thread()
        self._open.pop(id, None)
        self._held[id] = thread
        return thread

    def _find(self, id: str) -> Thread | None:
        return self._open.get(id) or self._held.get(id)

    def state(self, id: str) -> bytes:
        """Return how a conversation stands between two turns, as it is written down."""
        thread = self.thread(id)
        if "" not in thread.latest:
            return b""
        latest = thread.latest[""]
        return write(settled(latest.checkpoint), latest.metadata, None)

    async def load(self, id: str) -> None:
        """Take up what the store holds; another process may have written.

        Deleted there, it is forgotten here as well. What could not be written in the turn before
        is newer than what the store holds, if nobody else has written since.

        Raises:
            StorageError: it cannot be read.
        """
        thread = self.thread(id)
        assert self.storage is not None  # nothing is kept without one
        data = await self.storage.load(id)
        if data is None:
            thread.clear()
            return
        thread.take_up(data)

    async def post(self, id: str, thread: Thread, asked: Asked) -> None:
        """Put a message down, if the conversation is kept; a store that fails stops nobody."""
        if not thread.kept or self.storage is None:
            return
        thread.posted.add(asked["id"])
        try:
            await self.storage.post(id, Waiting(id=asked["id"], body=post(asked)))
        except StorageError as error:
            _log.error("a message could not be put down: %s", places(error))

    async def withdraw(self, id: str, thread: Thread, message: str) -> None:
        """Take a message back that was not answered; its words are still with the person."""
        if self.storage is not None and message in thread.posted:
            thread.posted.discard(message)
            with suppress(StorageError):  # then it is answered when the conversation is resumed
                await self.storage.withdraw(id, message)

    async def _write(self, id: str, thread: Thread, *, over: bool) -> None:
        """Write a conversation; a failure is noted, because the reply must come all the same."""
        if thread.trouble and not over:
            thread.skip()  # the store has just failed: it is tried again when the turn is over
            return
        latest = thread.latest[""]
        checkpoint = settled(latest.checkpoint) if over else writable(latest.checkpoint)
        data = write(checkpoint, latest.metadata, None if over else thread.begun)
        assert self.storage is not None  # nothing is kept without one
        taken = list(thread.taking)
        try:
            if thread.unsure and not thread.knows(await self.storage.load(id)):
                raise StorageError("another process has gone on with this conversation meanwhile")
            await self.storage.save(id, data, taken=taken)
        except StorageError as error:
            _log.error("a conversation could not be written: %s", places(error))
            thread.unwritten(data, str(error))
        else:
            thread.written(data, taken)

    # What LangGraph calls

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Put a checkpoint in the place of the one before; a milestone is on disk then."""
        id, space = _place(config)
        thread = self.thread(id)
        thread.put(space, checkpoint, metadata)
        if not space and thread.kept:
            why = thread.milestone(checkpoint, metadata, dict(new_versions))
            if why:
                await self._write(id, thread, over=why == "settled")
            if why == "settled":
                thread.end()
        return _config(id, space, checkpoint["id"])

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Keep what a task has written until its superstep is over, in memory."""
        id, space = _place(config)
        latest = self._latest(id, space)
        if latest is None or latest.checkpoint["id"] != get_checkpoint_id(config):
            return
        for index, (channel, value) in enumerate(writes):
            place = (task_id, WRITES_IDX_MAP.get(channel, index))
            if place[1] < 0 or place not in latest.writes:
                latest.writes[place] = (task_id, channel, value)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the latest checkpoint; None for any other."""
        id, space = _place(config)
        latest = self._latest(id, space)
        wanted = get_checkpoint_id(config)
        if latest is None or wanted not in (None, "", latest.checkpoint["id"]):
            return None
        return CheckpointTuple(
            config=_config(id, space, latest.checkpoint["id"]),
            checkpoint=copy_checkpoint(latest.checkpoint),
            metadata=latest.metadata,
            pending_writes=list(latest.writes.values()),
        )

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Give the latest checkpoint of a thread, which is all there is; of nobody's unasked."""
        if config is None or before is not None or limit == 0:
            return
        found = await self.aget_tuple(config)
        if found is not None and all(
            found.metadata.get(key) == value for key, value in (filter or {}).items()
        ):
            yield found

    async def adelete_thread(self, thread_id: str) -> None:
        """Forget a conversation, and delete it from the store if it was kept; as `erase`."""
        thread = self._find(thread_id) or Thread(on_disk=self.storage is not None)
        await self.erase(thread_id, thread)

    async def erase(self, id: str, thread: Thread) -> None:
        """Forget a conversation, and delete it from the store if something of it may be there.

        Raises:
            StorageError: the store could not delete it; nothing is written there any more.
        """
        self._open.pop(id, None)
        thread.clear()
        await self.unwrite(id, thread)

    def drop(self, id: str) -> None:
        """Forget a conversation here; who deletes it from the store sees to that."""
        thread = self._find(id)
        self._open.pop(id, None)
        if thread is not None:  # a turn that runs on goes on in it, and it goes with its page
            thread.clear()
            thread.deleted()

    async def unwrite(self, id: str, thread: Thread) -> None:
        """Delete what the store holds of a conversation that is not kept any more.

        Raises:
            StorageError: the store could not delete it; calling this again tries again.
        """
        if thread.on_disk and self.storage is not None:
            await self.storage.delete(id)
        thread.deleted()

    def _latest(self, id: str, space: str) -> Latest | None:
        thread = self._find(id)
        return thread.latest.get(space) if thread is not None else None


def saver_of(checkpointer: object) -> Saver:
    """Return the checkpointer of a graph on which conversations are held.

    Raises:
        ConfigError: it is none, or another one.
    """
    if isinstance(checkpointer, Saver):
        return checkpointer
    raise ConfigError(
        "conversations need a graph that was compiled with `Saver`; give `Shelf` one, or run the "
        "compiled graph by itself"
    )


def _place(config: RunnableConfig) -> tuple[str, str]:
    where = config["configurable"]
    return str(where["thread_id"]), str(where.get("checkpoint_ns", ""))


def _config(id: str, space: str, checkpoint: str) -> RunnableConfig:
    return {
        "configurable": {
            "thread_id": id,
            "checkpoint_ns": space,
            "checkpoint_id": checkpoint,
        }
    }
