"""Find counselling examples that fit what was said."""

import asyncio

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.context import Context, Kit, Update
from agents.node import node
from agents.state import ConversationState, utterance
from tools.errors import AttuneError
from tools.labels import Stage


class RecallOptions(BaseModel, extra="forbid"):
    """Options of recall.

    Attributes:
        k: how many examples to find; the planner votes over all of them.
        timeout: seconds after which the turn goes on without examples.
    """

    k: int = Field(default=8, ge=1, le=50)
    timeout: float = Field(default=5.0, gt=0)


def stage(turn: int) -> Stage:
    """Return where a conversation stands by its turn number (1, 2, ...).

    People explore before they are comforted, and are comforted before they act (Hill's
    helping-skills model, as in ESConv); turn counts are a first approximation.
    """
    if turn <= 3:
        return Stage.EXPLORATION
    return Stage.COMFORTING if turn <= 7 else Stage.ACTION


@node(
    reads=("words",),
    wants=("heard", "user_emotion"),
    writes=("examples", "notes"),
    options=RecallOptions,
)
async def recall(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Retrieve examples by what was said, the fused emotion and the stage."""
    assert isinstance(kit.options, RecallOptions)  # `Node.parse` made it
    said = utterance(state)
    if not said:
        return {"examples": []}
    try:
        async with asyncio.timeout(kit.options.timeout):
            found = await kit.services.examples.search(
                said,
                emotions=state["user_emotion"]["scores"],
                stage=stage(state["turn"]),
                k=kit.options.k,
            )
    except Exception as error:
        text = str(error) if isinstance(error, AttuneError) else type(error).__name__
        return {
            "examples": [],
            "notes": [{"node": kit.name, "text": f"no examples: {text}"}],
        }
    return {"examples": found}
