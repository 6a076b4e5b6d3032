"""What a node may hand back: an update of the keys that it declares, each of the state's type.

The graph checker proves what a graph does from what its nodes declare. Here the declaration is held
to, so that rubbish out of one node stays with that node.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, get_type_hints

from langchain_core.messages import BaseMessage
from langgraph.types import Overwrite
from pydantic import TypeAdapter, ValidationError

from agents.context import Kit, Update
from agents.node import Duty, Node
from agents.state import ConversationState
from tools.errors import ModelError

_LARGEST = 1_000_000
"""Characters that one value may have as JSON."""

_ROUNDS = 40
"""Sentences that one turn may put up for checking; a longer loop has gone wrong."""

_EXPECTED: dict[Duty, frozenset[str]] = {
    "begin": frozenset(ConversationState.__annotations__) - {"messages", "given", "tried", "felt"},
    "screen": frozenset({"grade", "risk", "route"}),
    "check": frozenset({"route"}),
    "deliver": frozenset({"messages"}),
}
"""What may not be left out; a writer owes `candidate` and `writer` besides."""


@lru_cache(maxsize=1)
def _types() -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(ConversationState)
    return {key: TypeAdapter(hint) for key, hint in hints.items() if key != "messages"}


def accept(node: Node, update: object, state: ConversationState, kit: Kit) -> Update:
    """Return the update of a node that was given `state`.

    Raises:
        ModelError: it is no update, lacks what the node owes, holds what is not the node's to
            write, or a value that is not of the state's type. The value itself is not told.
    """
    if not isinstance(update, dict):
        raise _rubbish(kit, f"{type(update).__name__} and no update")
    keys = set(update)
    may = set(ConversationState.__annotations__) if node.duty == "begin" else set(node.writes)
    if foreign := keys - may:
        told = sorted(foreign & set(ConversationState.__annotations__))
        raise _rubbish(kit, f"what it does not declare ({', '.join(told) or 'unknown keys'})")
    owed = _EXPECTED.get(node.duty, frozenset())
    if "candidate" in node.writes:
        owed |= {"candidate", "writer"}
    if missing := owed - keys:
        raise _rubbish(kit, f"an update without {', '.join(sorted(missing))}")
    for key, value in update.items():
        _accept_value(key, value, kit, bounded=node.duty != "begin")
    _accept_meaning(node, update, state, kit)
    return update


def require_end(node: Node, state: ConversationState, kit: Kit) -> None:
    """Accept another round of writer and `check`.

    Raises:
        ModelError: there were more than any reply needs.
    """
    if node.duty == "check" and len(state["said"]) + state["rejected"] > _ROUNDS:
        raise ModelError(f"the writer before {kit.name!r} comes to no end; its reply is cut here")


def _accept_value(key: str, value: object, kit: Kit, *, bounded: bool) -> None:
    plain = value.value if isinstance(value, Overwrite) else value
    if key == "messages":
        if not isinstance(plain, list) or not all(isinstance(m, BaseMessage) for m in plain):
            raise _rubbish(kit, f"a wrong {key!r}")
        return
    try:
        _types()[key].validate_python(plain, strict=True)
        text = json.dumps(plain, allow_nan=False)
    except (ValidationError, ValueError, TypeError, RecursionError):
        raise _rubbish(kit, f"a wrong {key!r}") from None
    if bounded and len(text) > _LARGEST:
        raise _rubbish(kit, f"a {key!r} of {len(text):,} characters")


def _accept_meaning(
    node: Node, update: Mapping[str, Any], state: ConversationState, kit: Kit
) -> None:
    back = {state["writer"]} if node.duty == "check" else set()
    if node.routes and update["route"] not in {*node.routes, *back}:
        raise _rubbish(kit, "an unknown route")
    waiting = state["candidate"] if node.duty == "check" else None
    if waiting and update["route"] in back and kit.services.drafts.holds(waiting):
        raise _rubbish(kit, "a sentence unread")
    if "candidate" not in node.writes:
        return
    if update["writer"] != kit.name:
        raise _rubbish(kit, "the name of another writer")
    ticket = update["candidate"]
    if ticket is not None and not kit.services.drafts.holds(ticket):
        raise _rubbish(kit, "a ticket without a sentence")


def _rubbish(kit: Kit, what: str) -> ModelError:
    return ModelError(f"the node {kit.name!r} returned {what}; it is left out of this turn")
