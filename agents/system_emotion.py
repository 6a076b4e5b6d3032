"""Choose the stance of the reply: steady, glad with the person, or moved with them."""

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.context import Context, Kit, Update
from agents.node import node
from agents.situation import ask, situate
from agents.state import ConversationState
from tools.examples.votes import votes
from tools.labels import STANCES, UNKNOWN, Emotion, Risk, rank
from tools.records import Choice, Scores, UserEmotion
from tools.safety.course import level_now
from tools.stances import meet

_CALM = Emotion.NEUTRAL.value
_GLAD = Emotion.JOY.value


class SystemEmotionOptions(BaseModel, extra="forbid"):
    """Options of the stance.

    Attributes:
        timeout: seconds after which rule and examples decide in place of the model.
    """

    timeout: float = Field(default=2.0, gt=0)


@node(
    reads=("user_emotion",),
    wants=("examples", "strategy", "heard"),
    writes=("system_emotion", "notes"),
    options=SystemEmotionOptions,
    model="system_emotion",
)
async def system_emotion(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Ask the bound model how to meet the feeling; without one, rule and examples decide.

    The labels are `tools.labels.STANCES`; MESC's therapist is neutral in 97.8% of its utterances,
    so a person meets anger, fear or disgust in no reply. Gladness would be the costly mistake: it
    is left out where the feeling is unknown, the sources disagree, or there is danger now.
    """
    assert isinstance(kit.options, SystemEmotionOptions)  # `Node.parse` made it
    felt = state["user_emotion"]
    rule, voted = meet(felt["scores"]), votes(state["examples"], "system_emotion")
    otherwise = {s: (rule[s] + voted.get(s, 0.0)) / 2 for s in STANCES} if voted else rule
    found, notes = await ask(kit, situate(state, kit), otherwise, kit.options.timeout)
    danger = rank(level_now(state["risk"])) >= rank(Risk.MODERATE)
    unsure = bool(felt["disagreement"]) or felt["label"] == UNKNOWN
    barred = {_GLAD} if unsure or danger else set()
    scores: Scores = {s: 0.0 if s in barred else max(0.0, found.get(s, 0.0)) for s in STANCES}
    if not any(scores.values()):
        scores[_CALM] = 1.0
    total = sum(scores.values())
    scores = {label: score / total for label, score in scores.items()}
    best = max(scores, key=scores.__getitem__)
    return {
        "system_emotion": Choice(label=best, scores=scores, why=_reason(felt)),
        "notes": notes,
    }


def _reason(felt: UserEmotion) -> str:
    if felt["disagreement"]:
        return f"It meets {felt['label']}, and the sources disagree."
    return f"It meets {felt['label']}."
