"""What a model that reads or plans a whole turn is told of it, and how it is asked."""

import asyncio

from agents.context import Kit
from agents.stage import stage
from agents.state import ConversationState, thoughts_of, utterance
from tools.errors import AttuneError
from tools.records import EarlierTurn, Note, Scores
from tools.situation import Situation

_BEFORE = 8
"""How many messages before this one a planner sees."""

_EXAMPLES = "the examples decide"


def situate(state: ConversationState, kit: Kit, barred: frozenset[str] = frozenset()) -> Situation:
    """Return a turn as a planner sees it.

    Args:
        state: of the turn.
        kit: of the node; its services hold the vectors of what was perceived.
        barred: labels that will not be used.
    """
    before = [
        EarlierTurn(speaker="person" if m.type == "human" else "supporter", text=m.text)
        for m in state["messages"][:-1]
        if m.type in ("human", "ai")
    ]
    # A reading that was left out of the turn takes its vector with it.
    vectors = {
        name: vector
        for name, vector in kit.services.vectors.of(state["turn_id"]).items()
        if name in state["readings"] and not state["readings"][name]["missing"]
    }
    return Situation(
        said=utterance(state),
        before=tuple(before[-_BEFORE:]),
        tried=tuple(state.get("tried", [])),
        stage=stage(state).value,
        emotions=state["user_emotion"]["scores"],
        examples=tuple(state["examples"]),
        barred=barred,
        felt=tuple(state.get("felt", [])),
        thoughts=thoughts_of(state),
        vectors=vectors,
    )


async def ask(
    kit: Kit,
    situation: Situation,
    otherwise: Scores,
    timeout: float,
    *,
    decider: str = "",
) -> tuple[Scores, list[Note]]:
    """Return what the bound model says, and a note where it could not be asked.

    Args:
        kit: of the node; without a bound model `otherwise` is returned.
        situation: the turn.
        otherwise: what holds where no model is bound, or it fails, is slow, or has no opinion.
        timeout: in seconds.
        decider: who decides in its place, for the note; by default the examples, and where they
            have no say either, nobody is named.
    """
    if kit.model is None:
        return otherwise, []
    try:
        async with asyncio.timeout(timeout):
            found: Scores = await kit.model.host.infer(situation)
    except Exception as error:
        text = str(error) if isinstance(error, AttuneError) else type(error).__name__
        return otherwise, [{"node": kit.name, "text": f"{decider or _EXAMPLES}: {text}"}]
    if not found:
        decider = decider or (_EXAMPLES if otherwise else "")
        silent = ", ".join(filter(None, (f"{kit.model.name!r} has no opinion", decider)))
        return otherwise, [{"node": kit.name, "text": silent}]
    return found, []
