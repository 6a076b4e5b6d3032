"""Read emotion from what was said."""

from langgraph.runtime import Runtime

from agents.context import Context, Kit, Update
from agents.node import node
from agents.senses import SenseOptions, sense
from agents.state import ConversationState, utterance
from tools.perceived import Perceived


@node(
    reads=("words",),
    wants=("heard",),
    writes=("readings",),
    options=SenseOptions,
    model="text_emotion",
)
async def text_emotion(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Read emotion from typed words and from what was said aloud, taken together."""

    async def work() -> Perceived:
        text = utterance(state)
        if not text:
            return Perceived(missing="not given")
        found: Perceived = await kit.need_model().host.infer(text)
        return found

    return {"readings": await sense("text", kit, work)}
