"""Fusion of the readings into one user emotion: by a rule, or by a model that reads them jointly.

Every source gives calibrated probabilities over one label set. A source is discounted by its
weight, its measured skill above chance (Shafer 1976, ch. 11, discounting): with weight w it says
w p + (1 - w) / K. The discounted sources are multiplied and normalised (independent opinions, a
product of experts). So a missing source and one of weight 0 change nothing, and no single source
can veto a label. When the person has just corrected a reading, their own word is one more source,
with a weight that no model reaches.

A bound model of the task `user_emotion` takes the place of that product: it sees the words, what
was said before, the vectors of voice and face, and what the rule came to. The person's own word is
multiplied into its answer as into the rule's. Where it fails, is slow or has no opinion, the rule
holds.
"""

from collections.abc import Sequence
from dataclasses import replace

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # Studio needs this one before 3.12

from agents.context import Context, Kit, Update
from agents.node import node
from agents.situation import ask, situate
from agents.state import ConversationState
from tools.labels import EKMAN, UNKNOWN, VALENCE, Emotion
from tools.records import Reading, Scores, UserEmotion

PERSON = "person"
"""The source of a correction, beside the modalities."""

_BELOW = 0.9
"""Share of the person's weight that a joint model keeps beside their own word: with less weight
than theirs it cannot win, however sure it is."""


class FusionOptions(BaseModel, extra="forbid"):
    """Options of fusion.

    Attributes:
        unsure: confidence that the fused label must reach, else the emotion is `unknown`.
        contradicts: confidence that two sources must both reach to be said to disagree.
        correction: weight of what the person said about the last turn's reading.
        timeout: seconds after which the rule decides in place of the model.
    """

    unsure: float = Field(default=0.25, ge=0, le=1)
    contradicts: float = Field(default=0.5, ge=0, le=1)
    correction: float = Field(default=0.9, ge=0, lt=1)
    timeout: float = Field(default=4.0, gt=0)


@node(
    reads=("readings",),
    wants=("words", "heard"),
    writes=("user_emotion", "notes"),
    options=FusionOptions,
    model="user_emotion",
)
async def fusion(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Fuse what was read from words, voice and face; say when the sources contradict."""
    assert isinstance(kit.options, FusionOptions)  # `Node.parse` made it
    told = runtime.context.correction
    told = told if told in set(Emotion) else ""
    readings = list(state["readings"].values())
    by_rule = fused(readings, told, kit.options)
    if kit.model is None:
        return {"user_emotion": by_rule}
    situation = replace(situate(state, kit), emotions=fuse(_used(readings)))
    if not (situation.said or situation.vectors):
        return {"user_emotion": by_rule}
    found, notes = await ask(
        kit, situation, {}, kit.options.timeout, decider="the rule of fusion decides"
    )
    if not found:
        return {"user_emotion": by_rule, "notes": notes}
    emotion = jointly(found, by_rule, told, kit.options)
    read = {r["modality"]: r["weight"] for r in readings if r["modality"] in situation.vectors}
    return {"user_emotion": {**emotion, "sources": {**read, **emotion["sources"]}}, "notes": notes}


def jointly(
    found: Scores, by_rule: UserEmotion, told: str = "", options: FusionOptions | None = None
) -> UserEmotion:
    """Return the user emotion with what a joint model says in place of the rule's scores.

    Args:
        found: probabilities by `Emotion`, of a model that read all sources together.
        by_rule: what the rule came to.
        told: the emotion that the person named themselves; empty when they named none.
        options: of the fusion; by default as they ship.
    """
    options = options or FusionOptions()
    scores = product([(found, 1.0)])
    if told and options.correction:
        below = _BELOW * options.correction
        scores = product([(scores, below), ({told: 1.0}, options.correction)])
    return {**by_rule, **_named(scores, options)}


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
    used = _used(readings)
    return {
        **_named(fuse(used, told, options.correction), options),
        "sources": {r["modality"]: r["weight"] for r in used}
        | ({PERSON: options.correction} if told else {}),
        "disagreement": disagreement(used, options.contradicts),
    }


class _Named(TypedDict):
    label: str
    confidence: float
    scores: Scores


def _named(scores: Scores, options: FusionOptions) -> _Named:
    label = max(scores, key=scores.__getitem__) if scores else UNKNOWN
    confidence = scores.get(label, 0.0)
    return {
        "label": label if confidence >= options.unsure else UNKNOWN,
        "confidence": confidence,
        "scores": scores,
    }


def _used(readings: list[Reading]) -> list[Reading]:
    return [r for r in readings if not r["missing"] and r["weight"] > 0]


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
    return product(opinions) if opinions else {}


def product(opinions: Sequence[tuple[Scores, float]]) -> Scores:
    """Return the normalised product of opinions, each a distribution with its weight in [0, 1].

    The label set is Ekman's six with neutral, and `depression` when an opinion has it.
    """
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
