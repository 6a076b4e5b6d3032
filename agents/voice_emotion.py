"""Read emotion from the sound of the voice."""

from langgraph.runtime import Runtime

from agents.context import Context, Kit, Update
from agents.node import node
from agents.senses import SenseOptions, sense, voice_clip
from agents.state import ConversationState
from tools.perceived import Perceived


@node(reads=("clips",), writes=("readings",), options=SenseOptions, model="voice_emotion")
async def voice_emotion(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Read emotion from the speech of the last clip that has any; of somebody young, none.

    What they say is still listened to, or danger in it would go unheard.
    """

    async def work() -> Perceived:
        clip = voice_clip(state, runtime.context, kit)
        found: Perceived = await kit.need_model().host.infer(clip.audio)
        return found

    return {"readings": await sense("voice", kit, work, state["turn_id"])}
