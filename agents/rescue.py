"""What takes the place of a node that raised, hung or returned rubbish.

A node without a duty is left out, with a note. Where a duty fails, the least that keeps a person
safe is done in its place: what cannot be screened counts as danger, and a reply that cannot be
written or read becomes fixed lines.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from agents.check import DELIVER
from agents.context import Context, Kit, Update
from agents.lifeline import Lifeline, names_help
from agents.node import Node
from agents.state import ConversationState
from agents.turn import FRESH
from tools.errors import AttuneError
from tools.records import Finding, Note
from tools.safety.course import advance, grade_of, in_danger, untroubled
from tools.safety.reminders import heed

_APART = 10_000
"""Indices of drafts from here on are those of a rescue."""


class Rescue:
    """Stands in for one node."""

    def __init__(self, node: Node, kit: Kit) -> None:
        """Stand in for `node`.

        Raises:
            ConfigError: the resource file cannot be read.
        """
        self._node, self._kit = node, kit
        self._lifeline = Lifeline(kit.services.phrases)

    def update(
        self, state: ConversationState, runtime: Runtime[Context], error: BaseException
    ) -> Update:
        """Return what is done in place of the node; the message of a foreign error is not told."""
        told = str(error) if isinstance(error, AttuneError) else type(error).__name__
        text = f"the node failed: {told}"
        notes = [Note(node=self._kit.name, text=text)]
        match self._node.duty:
            case "begin":
                return self._begin(state) | {"notes": Overwrite(notes)}
            case "screen":
                return self._screen(state, type(error).__name__) | {"notes": notes}
            case "check":
                return self._check(state, runtime) | {"notes": notes}
            case "deliver":
                return self._deliver(state) | {"notes": notes}
        if "candidate" in self._node.writes:
            return self._write(state, runtime) | {"notes": notes}
        update: Update = {"notes": notes}
        if "heard" in self._node.writes:
            update["heard"] = {**FRESH["heard"], "missing": "failed", "note": text}
        return update

    def complete(self, state: ConversationState, runtime: Runtime[Context]) -> list[str]:
        """Return the reply with what it must not lack, and say that, just before it is delivered.

        There always is a reply, and nobody in danger goes without having seen who can help.
        """
        said = state["said"]
        earlier = [m.text for m in state["messages"] if isinstance(m, AIMessage)]
        if _in_danger(state) and not (said and names_help([*earlier, *said], runtime.context)):
            return self._say(self._lines(state, runtime), state, runtime)
        return list(said) if said else self._say([self._last_resort(runtime)], state, runtime)

    def _begin(self, state: ConversationState) -> Update:
        messages: Sequence[BaseMessage] = state.get("messages", [])
        last = messages[-1] if messages and isinstance(messages[-1], HumanMessage) else None
        before = state.get("reminded")
        return {
            **FRESH,
            "clips": state.get("clips", []),
            "turn": state.get("turn", 0) + 1,
            "turn_id": secrets.token_urlsafe(12),
            "words": last.text if last else "",
            "risk": state.get("risk") or untroubled(),
            "summary": state.get("summary") or {"lines": [], "upto": 0},
            "reminded": before or {"begun": 0.0, "last": 0.0, "told": 0.0, "paused": 0.0},
            "due": {"before": [] if before else ["disclosure"], "after": []},
        }

    def _screen(self, state: ConversationState, what: str) -> Update:
        finding: Finding = self._kit.services.policy.fault(what)
        update: Update = {
            "grade": grade_of([*state["grade"]["findings"], finding]),
            "route": "crisis",
        }
        with suppress(Exception):  # what made the screen fail may be the course itself
            update["risk"] = advance(state["risk"], state["turn"], [finding], almost=True)
            update["due"] = heed(state["due"], asked=False, crisis=True)
        return update

    def _write(self, state: ConversationState, runtime: Runtime[Context]) -> Update:
        """Put the lines up for checking, one a call; a model's reply just ends."""
        update: Update = {"candidate": None, "writer": self._kit.name}
        if self._node.duty != "crisis":
            return update
        before = state["candidate"]
        index = max(0, before["index"] - _APART + 1) if before else 0
        lines = self._lines(state, runtime)
        while index < len(lines) and lines[index] in state["said"]:
            index += 1
        if index < len(lines):
            update["candidate"] = self._kit.services.drafts.put(
                state["turn_id"], _APART + index, lines[index], fixed=True
            )
        return update

    def _check(self, state: ConversationState, runtime: Runtime[Context]) -> Update:
        """End the reply here; in danger not without who can help, even if they were named before.

        Fixed lines need no reading: nobody is left to read them.
        """
        said = state["said"]
        if _in_danger(state) and not names_help(said, runtime.context):
            said = self._say(self._lines(state, runtime), state, runtime)
        elif not said:
            said = self._say([self._last_resort(runtime)], state, runtime)
        return {"route": DELIVER, "said": said}

    def _deliver(self, state: ConversationState) -> Update:
        with suppress(Exception):
            self._kit.services.forget(state["turn_id"], state["clips"])
        person = state["messages"][-1] if state["messages"] else None
        answered = person.id if person is not None else state["turn_id"]
        reply = AIMessage(" ".join(state["said"]), id=f"{answered}:reply")
        return {"messages": [reply], "clips": []}

    def _lines(self, state: ConversationState, runtime: Runtime[Context]) -> list[str]:
        return self._lifeline.lines(runtime.context, state["grade"])

    def _last_resort(self, runtime: Runtime[Context]) -> str:
        return self._kit.services.phrases.for_locale(runtime.context.locale).last_resort

    def _say(
        self, lines: Sequence[str], state: ConversationState, runtime: Runtime[Context]
    ) -> list[str]:
        """Say those lines that were not said yet, and return all that was said."""
        new = [line for line in lines if line not in state["said"]]
        for line in new:
            part = {"type": "sentence", "turn": state["turn_id"], "text": line, "aside": False}
            with suppress(Exception):  # who reads the stream has gone; the history gets it
                runtime.stream_writer(part)
        return [*state["said"], *new]


def _in_danger(state: ConversationState) -> bool:
    return in_danger(state["grade"], state["risk"])
