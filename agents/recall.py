"""Find counselling examples that fit what was said."""

import asyncio

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.context import Context, Kit, Update
from agents.node import node
from agents.stage import stage
from agents.state import ConversationState, utterance
from tools.errors import AttuneError
from tools.examples.query import Query


class RecallOptions(BaseModel, extra="forbid"):
    """Options of recall.

    Attributes:
        k: how many examples to find; the planner votes over all of them.
        timeout: seconds after which the turn goes on without examples.
        licences: the licences whose examples may be used; None for any.
    """

    k: int = Field(default=8, ge=1, le=50)
    timeout: float = Field(default=5.0, gt=0)
    licences: frozenset[str] | None = None


@node(
    reads=("words",),
    wants=("heard", "user_emotion"),
    writes=("examples", "notes"),
    options=RecallOptions,
)
async def recall(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Retrieve examples by what was said, what led to it, the fused emotion and the stage."""
    assert isinstance(kit.options, RecallOptions)  # `Node.parse` made it
    said = utterance(state)
    if not said:
        return {"examples": []}
    earlier = [message.text for message in state["messages"][:-1] if message.type == "human"]
    query = Query(
        said=said,
        earlier=tuple(earlier),
        emotions=state["user_emotion"]["scores"],
        stage=stage(state),
        licences=kit.options.licences,
    )
    try:
        async with asyncio.timeout(kit.options.timeout):
            found = await kit.services.examples.search(query, kit.options.k)
    except Exception as error:
        text = str(error) if isinstance(error, AttuneError) else type(error).__name__
        return {
            "examples": [],
            "notes": [{"node": kit.name, "text": f"no examples: {text}"}],
        }
    return {"examples": found}
