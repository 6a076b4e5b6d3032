"""Late fusion of the readings into one user emotion.

Every source gives calibrated probabilities over one label set. A source is discounted by its
weight, its measured skill above chance (Shafer 1976, ch. 11, discounting): with weight w it says
w p + (1 - w) / K. The discounted sources are multiplied and normalised (independent opinions, a
product of experts). So a missing source and one of weight 0 change nothing, and no single source
can veto a label. When the person has just corrected a reading, their own word is one more source,
with a weight that no model reaches.
"""

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.context import Context, Kit, Update
from agents.node import node
from agents.state import ConversationState
from tools.labels import EKMAN, UNKNOWN, VALENCE, Emotion
from tools.records import Reading, Scores, UserEmotion

PERSON = "person"
"""The source of a correction, beside the modalities."""


class FusionOptions(BaseModel, extra="forbid"):
    """Options of fusion.

    Attributes:
        unsure: confidence that the fused label must reach, else the emotion is `unknown`.
        contradicts: confidence that two sources must both reach to be said to disagree.
        correction: weight of what the person said about the last turn's reading.
    """

    unsure: float = Field(default=0.25, ge=0, le=1)
    contradicts: float = Field(default=0.5, ge=0, le=1)
    correction: float = Field(default=0.9, ge=0, lt=1)


@node(reads=("readings",), writes=("user_emotion",), options=FusionOptions)
async def fusion(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Fuse what was read from words, voice and face; say when the sources contradict."""
    assert isinstance(kit.options, FusionOptions)  # `Node.parse` made it
    told = runtime.context.correction
    told = told if told in set(Emotion) else ""
    return {"user_emotion": fused(list(state["readings"].values()), told, kit.options)}


def fused(
    readings: list[Reading], told: str = "", options: FusionOptions | None = None
) -> UserEmotion:
    """Return what readings come to together, those without a weight left out.

    Args:
        readings: of one turn; the person may have removed some of them.
        told: the emotion that the person named themselves; empty when they named none.
        options: of the fusion; by default as they ship.
    """
    options = options or FusionOptions()
    used = [r for r in readings if not r["missing"] and r["weight"] > 0]
    scores = fuse(used, told, options.correction)
    label = max(scores, key=scores.__getitem__) if scores else UNKNOWN
    confidence = scores.get(label, 0.0)
    return {
        "label": label if confidence >= options.unsure else UNKNOWN,
        "confidence": confidence,
        "scores": scores,
        "sources": {r["modality"]: r["weight"] for r in used}
        | ({PERSON: options.correction} if told else {}),
        "disagreement": disagreement(used, options.contradicts),
    }


def fuse(readings: list[Reading], told: str = "", weight: float = 0.9) -> Scores:
    """Return the fused probabilities; empty when there is nothing to fuse.

    The label set is Ekman's six with neutral, and `depression` when a source can emit it.

    Args:
        readings: those with scores and a weight.
        told: the emotion that the person named themselves; empty when they named none.
        weight: how much that weighs, in [0, 1).
    """
    opinions = [(r["scores"], r["weight"]) for r in readings]
    if told:
        opinions.append(({told: 1.0}, weight))
    if not opinions:
        return {}
    labels: list[str] = [*EKMAN]
    if any(Emotion.DEPRESSION in scores for scores, _ in opinions):
        labels.append(Emotion.DEPRESSION.value)
    fused = dict.fromkeys(labels, 1.0)
    for scores, share in opinions:
        for label in labels:
            fused[label] *= share * scores.get(label, 0.0) + (1 - share) / len(labels)
    total = sum(fused.values())
    return {label: value / total for label, value in fused.items()}


def disagreement(readings: list[Reading], confidence: float) -> str:
    """Say which two confident sources differ in valence; empty when none do."""
    sure = [r for r in readings if r["confidence"] >= confidence]
    for i, one in enumerate(sure):
        for other in sure[i + 1 :]:
            if VALENCE[one["label"]] * VALENCE[other["label"]] < 0:
                return (
                    f"{one['modality']} reads as {one['label']}, "
                    f"{other['modality']} as {other['label']}"
                )
    return ""
