"""Where the conversation stands: exploration, comforting or action."""

from agents.state import ConversationState, utterance
from tools.labels import Stage
from tools.stage import asks_advice, stage_at, tells_relief

_SURELY = 0.5


def stage(state: ConversationState) -> Stage:
    """Return the stage of this turn, by its number, what was tried, and what the person shows.

    See `tools.stage.stage_at` for the rule.
    """
    said = utterance(state)
    return stage_at(
        state["turn"], state.get("tried", []), asks=asks_advice(said), eases=eases(state)
    )


def eases(state: ConversationState) -> bool:
    """Tell whether the person says that it is easier, or surely is glad."""
    felt = state["user_emotion"]
    glad = felt["scores"].get("joy", 0.0) >= _SURELY and not felt["disagreement"]
    return glad or tells_relief(utterance(state))
