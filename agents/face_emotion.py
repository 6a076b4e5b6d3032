"""Read emotion from the face."""

from langgraph.runtime import Runtime

from agents.context import Context, Kit, Update
from agents.node import node
from agents.senses import SenseOptions, face_clip, sense
from agents.state import ConversationState
from tools.perceived import Perceived


@node(reads=("clips",), writes=("readings",), options=SenseOptions, model="face_emotion")
async def face_emotion(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Read emotion from the frames of the last clip that has any; no face is no reading.

    Of somebody young none is read.
    """

    async def work() -> Perceived:
        clip = face_clip(state, runtime.context, kit)
        found: Perceived = await kit.need_model().host.infer(clip.frames)
        return found

    return {"readings": await sense("face", kit, work, state["turn_id"])}
