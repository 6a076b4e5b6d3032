"""Read every sentence before the person does; only this node speaks."""

import asyncio

from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.context import Context, Kit, Update
from agents.node import node
from agents.reminders import asides
from agents.state import ConversationState, thoughts_of, utterance
from tools.guard import Exchange, Verdict
from tools.records import Note, Reminded, Ticket
from tools.safety.reminders import told

DELIVER = "deliver"
"""The route out of the speaking loop; every other one is the name of a writer."""

_UNJUDGED = "guard: no verdict"


class CheckOptions(BaseModel, extra="forbid"):
    """Options of the check.

    Attributes:
        refusals: how many sentences of a model may be refused before the loop ends.
        sentences: how many sentences a model's reply may have. A crisis reply is always whole.
        timeout: seconds that the guard, where one is bound, may take over one sentence of a model.
    """

    refusals: int = Field(default=4, ge=1, le=10)
    sentences: int = Field(default=14, ge=1, le=20)
    timeout: float = Field(default=5.0, gt=0, le=30)


@node(
    reads=("candidate", "writer", "due", "reminded"),
    wants=("examples", "thoughts", "words", "heard"),
    writes=("said", "rejected", "verdict", "route", "reminded", "notes"),
    options=CheckOptions,
    duty="check",
    model="guard",
    routes=(DELIVER,),
)
async def check(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Accept the candidate and show it, send its writer back to work, or end the reply.

    A reply in which nothing could be accepted becomes one fixed sentence, so that there always is
    one. A refused sentence leaves no trace but the name of the rule. Where a guard is bound, it
    judges every sentence of a model that the patterns let through; fixed sentences never wait for
    it.

    What the person must be told besides stands before or after the reply, and delays nothing.
    """
    assert isinstance(kit.options, CheckOptions)  # `Node.parse` made it
    ticket, said = state["candidate"], state["said"]
    if ticket is None:
        return _end(state, runtime, kit)
    sentence = kit.services.drafts.take(ticket)
    if sentence is None:  # forgotten in a restart: its writer begins it again
        return {"route": state["writer"]}
    fixed = _is_fixed(sentence, ticket, runtime, kit)
    rule = _refusal(sentence, state, kit, fixed)
    if not rule and not fixed:
        rule = await _judge(sentence, state, kit)
    if rule:
        note = Note(node=kit.name, text=f"refused a sentence of {state['writer']}: {rule}")
        rejected = state["rejected"] + 1
        if rule.startswith(_UNJUDGED):  # another sentence would wait as long and fare no better
            rejected = max(rejected, kit.options.refusals - 1)
        refused: Update = {"rejected": rejected, "verdict": "refused", "notes": [note]}
        if rejected >= kit.options.refusals and not ticket["fixed"]:
            return {**_end(state, runtime, kit), **refused}
        return {**refused, "route": state["writer"]}
    reminded = _show(sentence, state, runtime, kit)
    full = len(said) + 1 >= kit.options.sentences and not ticket["fixed"]
    if ticket["last"] or full:
        closed = _close([*said, sentence], reminded, state, runtime, kit)
        return {**closed, "verdict": "accepted"}
    return {
        "said": [*said, sentence],
        "reminded": reminded,
        "verdict": "accepted",
        "route": state["writer"],
    }


def _refusal(sentence: str, state: ConversationState, kit: Kit, fixed: bool) -> str:
    """Return why the sentence may not be shown; a check that fails refuses (fail closed)."""
    if sentence in state["said"]:
        return "says the same again"
    shown = [text for e in state["examples"] for text in (e["said"], e["reply"])]
    known = thoughts_of(state)  # nobody's to read, but for those that are written to be taken up
    shown += [text for name, text in known.items() if name not in kit.quotable]
    heard = [m.text for m in state["messages"] if isinstance(m, HumanMessage)]
    try:
        return kit.services.policy.read(
            sentence,
            private=(*kit.private, *shown),
            fixed=fixed,
            heard="\n".join([*heard, utterance(state)]),
        )
    except Exception as error:
        return f"the check failed ({type(error).__name__})"


def _is_fixed(sentence: str, ticket: Ticket, runtime: Runtime[Context], kit: Kit) -> bool:
    phrases = kit.services.phrases.for_locale(runtime.context.locale)
    return ticket["fixed"] or sentence in phrases.replies


async def _judge(sentence: str, state: ConversationState, kit: Kit) -> str:
    """Return why the guard refuses a sentence; one that fails or is too slow refuses as well."""
    assert isinstance(kit.options, CheckOptions)  # `Node.parse` made it
    if kit.model is None:
        return ""
    exchange = Exchange(utterance(state), " ".join([*state["said"], sentence]))
    try:
        async with asyncio.timeout(kit.options.timeout):
            verdict = await kit.model.host.infer(exchange)
        if not isinstance(verdict, Verdict):
            raise TypeError("a guard returns verdicts")
    except Exception as error:
        return f"{_UNJUDGED} ({type(error).__name__})"
    return "" if verdict.safe is True else f"guard: {', '.join(verdict.categories) or 'unsafe'}"


def _end(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    said, reminded = state["said"], state["reminded"]
    if not said:
        sentence = kit.services.phrases.for_locale(runtime.context.locale).last_resort
        said, reminded = [sentence], _show(sentence, state, runtime, kit)
    return _close(said, reminded, state, runtime, kit)


def _show(sentence: str, state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Reminded:
    """Say a sentence, and if it is the first, what must stand before the reply."""
    if state["said"]:
        _say(runtime, state, sentence)
        return state["reminded"]
    for line in asides(state, runtime, kit, "before"):
        _say(runtime, state, line, aside=True)
    _say(runtime, state, sentence)
    return told(state["reminded"], state["due"]["before"])


def _close(
    said: list[str],
    reminded: Reminded,
    state: ConversationState,
    runtime: Runtime[Context],
    kit: Kit,
) -> Update:
    """Say what must stand after the reply, and put together all that was said."""
    before, after = (asides(state, runtime, kit, place) for place in ("before", "after"))
    for line in after:
        _say(runtime, state, line, aside=True)
    return {
        "said": [*before, *said, *after],
        "reminded": told(reminded, state["due"]["after"]),
        "route": DELIVER,
    }


def _say(
    runtime: Runtime[Context], state: ConversationState, text: str, *, aside: bool = False
) -> None:
    runtime.stream_writer(
        {"type": "sentence", "turn": state["turn_id"], "text": text, "aside": aside}
    )
