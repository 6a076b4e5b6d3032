"""Choose the stance of the reply: steady, glad with the person, or moved with them."""

from langgraph.runtime import Runtime

from agents.context import Context, Kit, Update
from agents.node import node
from agents.state import ConversationState
from tools.labels import STANCES, UNKNOWN
from tools.records import Choice, Scores

_RESPONSE: dict[str, str] = {
    "joy": "joy",
    "sadness": "sadness",
    "depression": "sadness",
    "fear": "neutral",
    "anger": "neutral",
    "disgust": "neutral",
    "surprise": "neutral",
    "neutral": "neutral",
}
"""Gladness meets joy and sorrow meets sadness; fear and anger are met by calm."""


@node(reads=("user_emotion",), wants=("examples", "strategy", "heard"), writes=("system_emotion",))
async def system_emotion(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Carry the user emotion over to a stance, with the similar examples as second voice.

    The labels are `tools.labels.STANCES`; MESC's therapist is neutral in 97.8% of its utterances,
    so a person meets anger, fear or disgust in no reply.
    """
    felt = state["user_emotion"]
    scores: Scores = dict.fromkeys(STANCES, 0.0)
    for emotion, probability in felt["scores"].items():
        scores[_RESPONSE[emotion]] += 0.5 * probability
    if not felt["scores"]:
        scores["neutral"] += 0.5
    examples = state["examples"]
    for example in examples:
        scores[example["system_emotion"]] += 0.5 / len(examples)
    if felt["disagreement"] or felt["label"] == UNKNOWN:
        scores["joy"] = 0.0  # gladness would be the costly mistake
    total = sum(scores.values()) or 1.0
    scores = {label: score / total for label, score in scores.items()}
    best = max(scores, key=scores.__getitem__)
    why = f"meets {felt['label']}" + ("; the sources disagree" if felt["disagreement"] else "")
    return {"system_emotion": Choice(label=best, scores=scores, why=why)}
