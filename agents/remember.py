"""Keep the most telling lines of messages that the prompt no longer shows.

Code chooses whole sentences of the person; nothing is put in other words, so that nothing can be
remembered that was never said.
"""

import re
from collections.abc import Iterable, Sequence

from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.context import Context, Kit, Update
from agents.node import node
from agents.state import ConversationState
from tools.records import Summary
from tools.words import PLAIN

LINES = 8
"""How many lines are kept."""

LONGEST = 140
"""Characters of one line."""

_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_NAME = re.compile(r"(?<=[\w,;] )(?!I\b|I['’])[A-ZÀ-Þ][\w'’-]+")
_NUMBER = re.compile(r"\d")
_PEOPLE = frozenset(
    {
        "mother",
        "mum",
        "mom",
        "father",
        "dad",
        "parents",
        "sister",
        "brother",
        "son",
        "daughter",
        "kid",
        "kids",
        "child",
        "wife",
        "husband",
        "partner",
        "boyfriend",
        "girlfriend",
        "ex",
        "friend",
        "friends",
        "flatmate",
        "roommate",
        "neighbour",
        "boss",
        "manager",
        "colleague",
        "teacher",
        "professor",
        "therapist",
        "doctor",
        "grandmother",
        "grandma",
        "grandfather",
        "grandad",
        "aunt",
        "uncle",
        "cousin",
        "dog",
        "cat",
        "baby",
        "team",
    }
)


class RememberOptions(BaseModel, extra="forbid"):
    """Options of the summary.

    Attributes:
        history: how many earlier messages prompts show at least, an even number; at most they show
            twice as many.
    """

    history: int = Field(default=8, ge=2, le=50, multiple_of=2)


@node(reads=("words",), writes=("summary",), options=RememberOptions)
async def remember(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Move messages of long ago out of the prompt's sight, and keep their most telling lines.

    The window moves by `history` messages at once: one that moved every turn would change the
    beginning of every prompt, and an engine would have to read all of it anew.
    """
    assert isinstance(kit.options, RememberOptions)  # `Node.parse` made it
    before, earlier = state["summary"], state["messages"][:-1]
    size = kit.options.history
    upto = max(before["upto"], (len(earlier) // size - 1) * size, 0)
    upto = min(upto, len(earlier))  # messages may have been taken out
    gone = [m.text for m in earlier[before["upto"] : upto] if isinstance(m, HumanMessage)]
    lines = condense(before["lines"], gone) if gone else before["lines"]
    return {"summary": Summary(lines=lines, upto=upto)}


def condense(summary: Sequence[str], messages: Iterable[str]) -> list[str]:
    """Return the summary with the most telling sentence of each of some messages of the person.

    Args:
        summary: the lines so far, the oldest first.
        messages: what the person said, the oldest first.

    Returns:
        At most `LINES` lines of at most `LONGEST` characters; the least telling ones give way.
    """
    lines = list(summary)
    for message in messages:
        line = max(_sentences(message), key=_telling, default="")
        if _telling(line) > 0 and line not in lines:
            lines.append(line)
    kept = sorted(range(len(lines)), key=lambda i: _telling(lines[i]), reverse=True)[:LINES]
    return [lines[i] for i in sorted(kept)]


def unremember(summary: Summary, lines: Iterable[str]) -> Summary:
    """Return the summary without some lines, which no prompt is shown again.

    The messages that they came from are behind `upto`, so that they are not chosen a second time.
    """
    gone = set(lines)
    return Summary(
        lines=[line for line in summary["lines"] if line not in gone], upto=summary["upto"]
    )


def _sentences(message: str) -> list[str]:
    parts = (" ".join(part.split()) for part in _SENTENCE.split(message))
    return [part if len(part) <= LONGEST else f"{part[: LONGEST - 2]} …" for part in parts if part]


def _telling(line: str) -> float:
    """Return how much of substance a sentence holds: people, names, numbers, other words."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(line)]
    substance = sum(word not in PLAIN for word in words)
    people = sum(word in _PEOPLE for word in words)
    return (
        min(substance, 8)
        + 3 * min(people, 2)
        + 3 * min(len(_NAME.findall(line)), 2)
        + bool(_NUMBER.search(line))
        - 3 * (substance < 2)
    )
