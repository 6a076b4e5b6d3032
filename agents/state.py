"""The conversation state: one TypedDict of JSON-able values, and its reducers.

Keys fall into three groups: *given* by the caller, *kept* for the whole conversation, and *of the
turn*, which `begin_turn` resets. No media bytes and no unchecked sentence ever stand here: both
wait in memory (`tools.clips`, `tools.drafts`), and the state carries a handle or a ticket.
"""

from collections.abc import Mapping
from operator import add
from typing import Annotated, NotRequired, TypeVar, cast

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict  # Studio needs this one before 3.12

from tools.records import (
    Choice,
    ClipHandle,
    Due,
    Example,
    Heard,
    Note,
    Reading,
    Reminded,
    RiskCourse,
    RiskGrade,
    Summary,
    Ticket,
    UserEmotion,
)
from tools.safety.course import gravest

_T = TypeVar("_T")


def keep_by_key(old: dict[str, _T] | None, new: dict[str, _T]) -> dict[str, _T]:
    """Let each node write its own key, parallel ones too, in the order of their first writing."""
    return {**(old or {}), **new}


def add_by_key(old: dict[str, float] | None, new: dict[str, float]) -> dict[str, float]:
    """Add up the milliseconds of nodes that ran more than once."""
    total = dict(old or {})
    for key, value in new.items():
        total[key] = total.get(key, 0.0) + value
    return total


def append_new(old: list[str] | None, new: list[str]) -> list[str]:
    """Append what is not there yet, in order."""
    return list(dict.fromkeys([*(old or []), *new]))


_REMEMBERED = 60
"""How many replies' strategies, and how many readings, a conversation keeps."""


def append_latest(old: list[str] | None, new: list[str]) -> list[str]:
    """Append, and keep the latest."""
    return [*(old or []), *new][-_REMEMBERED:]


class TurnInput(TypedDict):
    """What a caller sends for one turn."""

    messages: Annotated[list[AnyMessage], add_messages]
    clips: NotRequired[list[ClipHandle]]


class ConversationState(TypedDict):
    """Everything the nodes share."""

    # Given.
    messages: Annotated[list[AnyMessage], add_messages]
    clips: list[ClipHandle]

    # Kept for the conversation; the peak of `risk` never falls.
    risk: Annotated[RiskCourse, gravest]
    turn: int
    given: Annotated[list[str], append_new]
    reminded: Reminded
    tried: Annotated[list[str], append_latest]
    felt: Annotated[list[str], append_latest]
    summary: Summary

    # Of the turn.
    turn_id: str
    words: str
    heard: Heard
    grade: RiskGrade
    readings: Annotated[dict[str, Reading], keep_by_key]
    user_emotion: UserEmotion
    thoughts: Annotated[dict[str, str], keep_by_key]
    examples: list[Example]
    moment: str
    strategy: Choice
    system_emotion: Choice
    candidate: Ticket | None
    writer: str
    said: list[str]
    rejected: int
    verdict: str
    route: str
    due: Due
    notes: Annotated[list[Note], add]
    timings: Annotated[dict[str, float], add_by_key]


KEPT: frozenset[str] = frozenset(
    {"messages", "risk", "turn", "given", "reminded", "tried", "summary"}
)
"""Keys that outlive a turn, also on a disk where the person keeps the conversation."""

HELD: frozenset[str] = frozenset({"felt"})
"""Keys that outlive a turn in memory alone: what was noticed of feelings is never kept."""

RESUMED: frozenset[str] = KEPT | {
    "clips",
    "turn_id",
    "words",
    "heard",
    "grade",
    "candidate",
    "writer",
    "said",
    "rejected",
    "verdict",
    "route",
    "due",
}
"""Keys that stand on a disk while a kept turn runs: without them it could not be finished.

Of all others nothing is written, but for the label of `strategy`, which outlives the turn in
`tried`. After a crash they are read again, or count as missing.
"""

GIVEN: frozenset[str] = frozenset({"messages", "clips"})
"""Keys that a caller writes."""


def utterance(state: ConversationState) -> str:
    """Return what the person said this turn: typed words, then what was said aloud."""
    return "\n".join(part for part in (state["words"], state["heard"]["text"]) if part)


def thoughts_of(state: Mapping[str, object]) -> dict[str, str]:
    """Return the thoughts of a turn, in the order in which they were written.

    One that was taken back is empty in the state, and no thought any more.

    Args:
        state: of the turn; one that an older version has written may lack them.
    """
    known = cast(dict[str, str], state.get("thoughts") or {})
    return {name: text for name, text in known.items() if text}
