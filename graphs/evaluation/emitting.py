"""Which feelings the bound sources can come to at all: a bound on any score."""

from collections.abc import Mapping

from agents.context import Kit
from tools.labels import Emotion


def emitted(kits: Mapping[str, Kit]) -> dict[str, list[str]]:
    """Return Attune's labels that a step can come to with the models that are bound, by step.

    Only emotion models declare theirs; what a planner comes to is seen in its distributions.
    """
    feelings: set[str] = set()
    for kit in kits.values():
        model = kit.model
        if model is None:
            continue
        if model.config.task == "user_emotion":
            feelings |= set(model.config.labels.values()) or {e.value for e in Emotion}
        elif model.config.task.endswith("_emotion") and model.config.skill is not None:
            feelings |= set(model.config.labels.values())
    return {"user_emotion": sorted(feelings)}
