"""The first and the last node of a turn."""

import secrets

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from agents.context import Context, Kit, Update
from agents.node import node
from agents.state import ConversationState, utterance
from tools.labels import UNKNOWN, Risk, rank
from tools.safety.course import has_minor, level_now, untroubled
from tools.safety.reminders import begin
from tools.words import clean

FRESH: Update = {
    "turn_id": "",
    "words": "",
    "heard": {"text": "", "model": "", "missing": "not given", "note": ""},
    "grade": {"level": Risk.NONE.value, "findings": []},
    "readings": Overwrite({}),
    "user_emotion": {
        "label": UNKNOWN,
        "confidence": 0.0,
        "scores": {},
        "sources": {},
        "disagreement": "",
    },
    "thoughts": Overwrite({}),
    "examples": [],
    "moment": "",
    "strategy": {"label": "", "scores": {}, "why": ""},
    "system_emotion": {"label": "", "scores": {}, "why": ""},
    "candidate": None,
    "writer": "",
    "said": [],
    "rejected": 0,
    "verdict": "",
    "route": "",
    "notes": Overwrite([]),
    "timings": Overwrite({}),
}
"""How every key of the turn stands before anything has happened."""


@node(
    writes=("clips", "turn", "turn_id", "words", "risk", "reminded", "due", "summary"),
    duty="begin",
)
async def begin_turn(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Take up the person's new words, and clear every key of the turn that came before.

    By the clock it is decided here what they must be told again.
    """
    messages = state.get("messages", [])
    last = messages[-1] if messages and isinstance(messages[-1], HumanMessage) else None
    risk = state.get("risk") or untroubled()
    reminded, due = begin(
        state.get("reminded"),
        kit.services.clock(),
        disclosed=runtime.context.disclosed,
        minor=has_minor(risk),
        grave=rank(level_now(risk)) >= rank(Risk.HIGH),
    )
    return {
        **FRESH,
        "clips": state.get("clips", []),
        "turn": state.get("turn", 0) + 1,
        # Not the message's id: a client may choose that, and two conversations the same one.
        "turn_id": secrets.token_urlsafe(12),
        "words": clean(last.text) if last else "",
        "risk": risk,
        "summary": state.get("summary") or {"lines": [], "upto": 0},
        "reminded": reminded,
        "due": due,
    }


@node(
    reads=("said",),
    wants=("heard", "writer", "strategy", "user_emotion"),
    writes=("messages", "clips", "tried", "felt"),
    duty="deliver",
)
async def deliver(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Put the checked reply into the conversation and forget the turn's media and drafts.

    What was said aloud takes its place in the person's own message, so that later turns know it.
    """
    kit.services.forget(state["turn_id"], state["clips"])
    person = state["messages"][-1] if state["messages"] else None
    messages: list[AnyMessage] = []
    if person is not None and state["heard"]["text"]:
        messages.append(HumanMessage(utterance(state), id=person.id))
    answered = person.id if person is not None else state["turn_id"]
    messages.append(AIMessage(" ".join(state["said"]), id=f"{answered}:reply"))
    planned = state["strategy"]["label"]
    felt = state["user_emotion"]["label"]
    return {
        "messages": messages,
        "clips": [],
        "tried": [planned] if planned else [],
        "felt": [] if felt in ("", UNKNOWN) else [felt],
    }
