"""Which labels the bound sources can come to at all: a bound on any score."""

from collections.abc import Mapping

from agents.context import Kit
from tools.labels import EKMAN, STANCES, Emotion, Strategy


def emitted(kits: Mapping[str, Kit]) -> dict[str, list[str]]:
    """Return Attune's labels that each step can come to with the models that are bound."""
    feelings: set[str] = set()
    for kit in kits.values():
        model = kit.model
        if model is None:
            continue
        if model.config.task == "user_emotion":
            feelings |= set(model.config.labels.values()) or {e.value for e in Emotion}
        elif model.config.task.endswith("_emotion") and model.config.skill is not None:
            feelings |= set(model.config.labels.values())
    return {
        "user_emotion": sorted(feelings & {*EKMAN, Emotion.DEPRESSION.value}),
        "strategy": [strategy.value for strategy in Strategy],
        "system_emotion": list(STANCES),
    }
