"""Answer danger with fixed, kind words and with people who can help."""

from string import Template

from langgraph.runtime import Runtime

from agents.context import Context, Kit, Update
from agents.node import node
from agents.state import ConversationState
from tools.labels import RISK_ORDER, Risk
from tools.phrases import SlotName
from tools.resources import emergency, resources

_SHOWN = "resources@"


@node(
    reads=("grade",),
    wants=("words", "heard"),
    writes=("candidate", "writer", "given"),
    duty="crisis",
)
async def crisis(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Put the next line of the crisis reply up for checking.

    No model writes here. The lines are chosen by the level, the kind of danger and what was already
    said: resources come once and again when the level rises; the talk is never ended. A line that
    `check` refuses is dropped, the others stay.
    """
    written = crisis_lines(state, runtime.context, kit)
    index = len(state["said"]) + state["rejected"]
    if index >= len(written):
        return {"candidate": None, "writer": kit.name}
    ticket = kit.services.drafts.put(
        state["turn_id"], index, written[index], last=index == len(written) - 1
    )
    level = state["grade"]["level"]
    return {
        "candidate": ticket,
        "writer": kit.name,
        "given": [f"{state['turn']}:{_SHOWN}{level}"],
    }


def crisis_lines(state: ConversationState, context: Context, kit: Kit) -> list[str]:
    """Return the whole crisis reply, a line at a time; the same for every call within a turn."""
    level = state["grade"]["level"]
    phrases = kit.services.phrases.for_locale(context.locale)
    language = phrases.language
    kind = kit.services.policy.kind(state["grade"])
    earlier = _levels_before(state)
    again = bool(earlier)

    def slot(name: SlotName) -> list[str]:
        variants = phrases.slot(name, kind, again=again)
        chosen = variants[len(earlier) % len(variants) :][:1] if variants else []
        number = emergency(context.country, language)
        return [Template(text).safe_substitute(emergency=number) for text in chosen]

    lines = slot("acknowledge")
    if RISK_ORDER.index(level) >= RISK_ORDER.index(Risk.IMMINENT):
        lines += slot("emergency")
    else:
        lines += slot("ask")
    if not earlier or RISK_ORDER.index(level) > max(map(RISK_ORDER.index, earlier)):
        lines += slot("resources_intro")
        lines += [phrases.line(r) for r in resources(context.country, language)]
        lines += slot("will_use")
    return lines + slot("stay")


def _levels_before(state: ConversationState) -> list[str]:
    """Return the levels at which earlier turns of this conversation gave resources."""
    return [
        mark.split(_SHOWN, 1)[1]
        for mark in state.get("given", [])
        if _SHOWN in mark and not mark.startswith(f"{state['turn']}:")
    ]
