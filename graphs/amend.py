"""What a conversation holds, read and put right between two turns, as its person wants it."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from langchain_core.messages import HumanMessage

from agents.context import Update
from agents.remember import unremember
from graphs.build import duty
from graphs.run import Conversation
from tools.records import Summary
from tools.safety.letter import Line

State = dict[str, Any]


async def state_of(conversation: Conversation) -> State:
    """Return the state's values, without waiting for a turn that is running."""
    found: State = (await conversation.version.graph.aget_state(conversation._config)).values
    return found


async def lines_now(conversation: Conversation) -> list[Line]:
    """Return what was said, also in another process; a turn that runs is waited for.

    Raises:
        StorageError: a kept conversation cannot be read.
    """
    async with _between(conversation):
        return await conversation.lines()


async def remembered(conversation: Conversation) -> list[str]:
    """Return the person's sentences that stand for messages which prompts no longer show."""
    summary: Summary | None = (await state_of(conversation)).get("summary")
    return list(summary["lines"]) if summary else []


async def forget_lines(conversation: Conversation, lines: Iterable[str]) -> None:
    """Take sentences out of what is remembered; no prompt shows them again.

    Of a kept conversation, they are gone from the disk when this returns. A turn that runs is
    waited for.
    """
    gone = list(lines)

    def change(state: State) -> Update:
        summary = state.get("summary")
        return {"summary": unremember(summary, gone)} if summary else {}

    await _amend(conversation, change)


async def rewrite_last(conversation: Conversation, words: str) -> None:
    """Let the person's last message say something else from now on, on disk as well."""

    def change(state: State) -> Update:
        last = [m for m in state.get("messages", []) if isinstance(m, HumanMessage)][-1:]
        return {"messages": [HumanMessage(words, id=m.id) for m in last]} if last else {}

    await _amend(conversation, change)


async def _amend(conversation: Conversation, change: Callable[[State], Update]) -> None:
    async with _between(conversation):
        update = change(await state_of(conversation))
        if update:
            spec = conversation.version.spec
            deliver = next(name for name in spec.nodes if duty(spec, name) == "deliver")
            graph = conversation.version.graph
            await graph.aupdate_state(conversation._config, update, as_node=deliver)


@asynccontextmanager
async def _between(conversation: Conversation) -> AsyncIterator[None]:
    """Hold the conversation as a turn does."""
    place = conversation._thread.line.place()
    try:
        async with conversation._turn(place):
            yield
    finally:
        place.leave()
