"""What must hold of every conversation of the soak: no turn lost, nothing of anybody else."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from benchmarks.soak.marks import mark, word, words_in
from graphs.keeping.saver import Saver
from graphs.keeping.written import messages_in, read
from graphs.run import Conversation
from tools.storage.records import Storage

Outcome = Literal["answered", "stopped", "failed"]


@dataclass
class Tally:
    """What was counted; every entry of a list is one fault, without anybody's words.

    Attributes:
        sent: messages by what became of them.
        media: turns with a recording or a picture.
        prompts: what the fake language model was asked, where it says so.
        conversations: how many were begun.
        deleted: how many were deleted, or left for good, on the way.
        lost: messages without exactly one place and one reply in the history.
        crossed: texts in which another conversation's word was found.
        left: what should be gone, and is there.
        reasons: the kinds of error of turns that failed.
        spent: milliseconds of every turn that was answered.
    """

    sent: dict[Outcome, int] = field(
        default_factory=lambda: {"answered": 0, "stopped": 0, "failed": 0}
    )
    media: int = 0
    prompts: int = 0
    conversations: int = 0
    deleted: int = 0
    lost: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)

    @property
    def turns(self) -> int:
        """How many messages were sent."""
        return sum(self.sent.values())


@dataclass
class Sent:
    """What was sent in one conversation: the outcome of each message by its number."""

    serial: int
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    spoken: set[int] = field(default_factory=set)
    kept: bool = False


def foreign(text: str, serial: int) -> set[str]:
    """Return the words of other conversations in a text."""
    return words_in(text) - {word(serial)}


def config(id: str) -> RunnableConfig:
    """Return how LangGraph names a conversation."""
    return {"configurable": {"thread_id": id}}


async def examine(conversation: Conversation, sent: Sent, tally: Tally) -> None:
    """Hold a conversation's history to what was sent in it, and look for strangers everywhere."""
    graph, id = conversation.version.graph, conversation.id
    values = (await graph.aget_state(config(id))).values
    messages = cast("list[Any]", values.get("messages", []))
    check_history(messages, sent, tally)
    _look(json.dumps(values, default=str), sent, tally, "state")
    saver = graph.checkpointer
    if isinstance(saver, BaseCheckpointSaver):
        async for row in saver.alist(config(id)):
            whole = json.dumps([row.checkpoint, row.metadata, row.pending_writes], default=str)
            _look(whole, sent, tally, "checkpoint")
    if sent.kept and isinstance(saver, Saver) and saver.storage is not None:
        await _examine_kept(saver.storage, id, sent, tally)


async def _examine_kept(storage: Storage, id: str, sent: Sent, tally: Tally) -> None:
    """Hold what is on disk to the same."""
    data = await storage.load(id)
    if data is None:
        tally.lost.append(f"conversation {sent.serial}: not in the store")
        return
    _look(data.decode("utf-8", "replace"), sent, tally, "store")
    if data:
        check_history(messages_in(read(data)["checkpoint"]), sent, tally)
    elif sent.outcomes:
        tally.lost.append(f"conversation {sent.serial}: empty in the store")


def check_history(messages: list[Any], sent: Sent, tally: Tally) -> None:
    """Say which messages have no single place and no single reply in a history."""
    for number, outcome in sent.outcomes.items():
        name = f"conversation {sent.serial}, message {number}, {outcome}"
        told = mark(sent.serial, number)
        places = [
            i for i, m in enumerate(messages) if isinstance(m, HumanMessage) and told in m.text
        ]
        if len(places) > 1:
            tally.lost.append(f"{name}: in the history {len(places)} times")
        elif not places and outcome == "answered":
            tally.lost.append(f"{name}: not in the history")
        for place in places:
            replies = _replies(messages, place)
            if len(replies) != 1 or not replies[0].text.strip():
                tally.lost.append(f"{name}: {len(replies)} replies")


def _replies(messages: list[Any], place: int) -> list[AIMessage]:
    replies = []
    for message in messages[place + 1 :]:
        if not isinstance(message, AIMessage):
            break
        replies.append(message)
    return replies


async def gone(saver: Saver, id: str, tally: Tally) -> None:
    """Say whether anything of a deleted conversation is still with the saver."""
    if await saver.aget_tuple(config(id)) is not None:
        tally.left.append("a checkpoint of a deleted conversation")
    if saver.storage is not None and await saver.storage.card(id) is not None:
        tally.left.append("a deleted conversation in the store")


def _look(text: str, sent: Sent, tally: Tally, where: str) -> None:
    if foreign(text, sent.serial):
        tally.crossed.append(f"conversation {sent.serial}: {where}")
