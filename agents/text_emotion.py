"""Read emotion from what was said."""

from langgraph.runtime import Runtime

from agents.context import Context, Kit, Update
from agents.node import node
from agents.senses import SenseOptions, sense
from agents.state import ConversationState, thoughts_of, utterance
from tools.perceived import Perceived


class TextEmotionOptions(SenseOptions):
    """Options of the reading of words.

    Attributes:
        clue: read the words with the clue behind them, as SMES does. Where the clue is made of the
            readings of voice and face, fusion then counts them twice.
    """

    clue: bool = False


@node(
    reads=("words",),
    wants=("heard", "thoughts"),
    writes=("readings",),
    options=TextEmotionOptions,
    model="text_emotion",
)
async def text_emotion(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Read emotion from typed words and from what was said aloud, taken together."""
    assert isinstance(kit.options, TextEmotionOptions)  # `Node.parse` made it
    shown = thoughts_of(state).get("clue", "") if kit.options.clue else ""

    async def work() -> Perceived:
        text = utterance(state)
        if not text:
            return Perceived(missing="not given")
        text = f"{text}\n{shown}".strip()
        found: Perceived = await kit.need_model().host.infer(text)
        return found

    return {"readings": await sense("text", kit, work)}
