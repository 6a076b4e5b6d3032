"""What a planner's model is told of a turn, and how it is asked."""

import asyncio

from agents.context import Kit
from agents.stage import stage
from agents.state import ConversationState, utterance
from tools.errors import AttuneError
from tools.records import EarlierTurn, Note, Scores
from tools.situation import Situation

_BEFORE = 8
"""How many messages before this one a planner sees."""


def situate(state: ConversationState, barred: frozenset[str] = frozenset()) -> Situation:
    """Return a turn as a planner sees it; `barred` are labels that will not be used."""
    before = [
        EarlierTurn(speaker="person" if m.type == "human" else "supporter", text=m.text)
        for m in state["messages"][:-1]
        if m.type in ("human", "ai")
    ]
    return Situation(
        said=utterance(state),
        before=tuple(before[-_BEFORE:]),
        tried=tuple(state.get("tried", [])),
        stage=stage(state).value,
        emotions=state["user_emotion"]["scores"],
        examples=tuple(state["examples"]),
        barred=barred,
    )


async def ask(
    kit: Kit, situation: Situation, otherwise: Scores, timeout: float
) -> tuple[Scores, list[Note]]:
    """Return what the bound model says, and a note where it could not be asked.

    Args:
        kit: of the node; without a bound model `otherwise` is returned.
        situation: the turn.
        otherwise: what holds where no model is bound, or it fails, is slow, or has no opinion.
        timeout: in seconds.
    """
    if kit.model is None:
        return otherwise, []
    try:
        async with asyncio.timeout(timeout):
            found: Scores = await kit.model.host.infer(situation)
    except Exception as error:
        text = str(error) if isinstance(error, AttuneError) else type(error).__name__
        return otherwise, [{"node": kit.name, "text": f"the examples decide: {text}"}]
    if not found:
        silent = f"{kit.model.name!r} has no opinion, the examples decide"
        return otherwise, [{"node": kit.name, "text": silent}] if otherwise else []
    return found, []
