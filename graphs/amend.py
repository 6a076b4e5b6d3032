"""What a conversation holds, read and put right between two turns, as its person wants it."""

from collections.abc import Iterable
from typing import Any

from langchain_core.messages import HumanMessage

from agents.context import Update
from agents.remember import unremember
from graphs.run import Conversation
from tools.records import Summary
from tools.safety.letter import Line


async def lines_now(conversation: Conversation) -> list[Line]:
    """Return what was said, also in another process; a turn that runs is waited for.

    Raises:
        StorageError: a kept conversation cannot be read.
    """
    async with conversation.between():
        return await conversation.lines()


async def remembered(conversation: Conversation) -> list[str]:
    """Return the person's sentences that stand for messages which prompts no longer show."""
    summary: Summary | None = (await conversation.state()).get("summary")
    return list(summary["lines"]) if summary else []


async def forget_lines(conversation: Conversation, lines: Iterable[str]) -> None:
    """Take sentences out of what is remembered; no prompt shows them again.

    Of a kept conversation, they are gone from the disk when this returns. A turn that runs is
    waited for.
    """
    gone = list(lines)

    def change(state: dict[str, Any]) -> Update:
        summary = state.get("summary")
        return {"summary": unremember(summary, gone)} if summary else {}

    await conversation.amend(change)


async def rewrite_last(conversation: Conversation, words: str) -> None:
    """Let the person's last message say something else from now on, on disk as well."""

    def change(state: dict[str, Any]) -> Update:
        last = [m for m in state.get("messages", []) if isinstance(m, HumanMessage)][-1:]
        return {"messages": [HumanMessage(words, id=m.id) for m in last]} if last else {}

    await conversation.amend(change)
