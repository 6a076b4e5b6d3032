"""Services on stub models, made for one test: no weights, no store on disk, no network."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from agents.context import Services
from tools.breaker import Breaker
from tools.catalogue import ModelConfig, ModelFile
from tools.examples.query import Query
from tools.labels import EKMAN
from tools.models import ModelSet
from tools.phrases import load_phrases
from tools.records import Example
from tools.safety.policy import SafetyPolicy, load_policy

LABELS = {label: label for label in EKMAN}
SKILL = {"uar": 0.5, "classes": 7, "n": 1, "corpus": "none; a fake"}


def example(**changes: Any) -> Example:
    made: dict[str, Any] = {
        "id": "made-1",
        "problem": "Personal development",
        "stage": "exploration",
        "situation": "Someone waits for news.",
        "before": [],
        "said": "I keep waiting for the letter.",
        "emotion": "fear",
        "intensity": 3,
        "strategy": "Open question",
        "system_emotion": "neutral",
        "reply": "The waiting fills the whole week. What would the letter change for you?",
        "why": "It is early.",
        "licence": "CC BY 4.0",
        "source": "attune",
        "similarity": 0.5,
    }
    return Example(**{**made, **changes})  # type: ignore[typeddict-item]


class ListedExamples:
    """An example store that always finds the same."""

    def __init__(self, *examples: Example, error: Exception | None = None) -> None:
        self.examples = list(examples)
        self.error = error
        self.breaker = Breaker("the example store")
        self.left_out: list[str] = []
        self.asked: list[tuple[Query, int]] = []

    async def open(self) -> None: ...

    async def search(self, query: Query, k: int) -> list[Example]:
        self.asked.append((query, k))
        if self.error:
            raise self.error
        return self.examples[:k]


def stub_models(profile: Mapping[str, str] | None = None, **options: Mapping[str, Any]) -> ModelSet:
    """Return the stub profile; `options` go to the model of that name (`chat={"reply": ...}`)."""

    def entry(name: str, task: str, backend: str, **more: Any) -> ModelConfig:
        return ModelConfig.model_validate(
            {"task": task, "backend": backend, "options": dict(options.get(name, {})), **more}
        )

    emotion = {"labels": LABELS, "skill": SKILL}
    models = {
        "text": entry("text", "text_emotion", "stub-emotion", **emotion),
        "face": entry("face", "face_emotion", "stub-emotion", **emotion),
        "voice": entry("voice", "voice_emotion", "stub-emotion", labels=LABELS),
        "ears": entry("ears", "listen", "stub-listen"),
        "embed": entry("embed", "embed", "stub-embed"),
        "chat": entry("chat", "respond", "stub-chat"),
        "detector": entry("detector", "risk", "stub-risk"),
        "guard": entry("guard", "guard", "stub-guard"),
    }
    bound = {
        "text_emotion": "text",
        "face_emotion": "face",
        "voice_emotion": "voice",
        "listen": "ears",
        "embed": "embed",
        "respond": "chat",
        "risk": "detector",
    }
    if "guard" in options:  # as in the profiles that ship, nothing binds one by itself
        bound["guard"] = "guard"
    return ModelSet(ModelFile(models=models, profiles={"stub": dict(profile or bound)}), "stub")


def stub_services(
    *examples: Example,
    policy: SafetyPolicy | None = None,
    store: ListedExamples | None = None,
    unmasked: bool = False,
    profile: Mapping[str, str] | None = None,
    deployment: str = "personal",
    clock: Callable[[], float] = time.time,
    **options: Mapping[str, Any],
) -> Services:
    """Return services on stub models."""
    return Services(
        models=stub_models(profile, **options),
        examples=store or ListedExamples(*examples),
        policy=policy or load_policy(),
        phrases=load_phrases(),
        unmasked=unmasked,
        deployment=deployment,
        clock=clock,
    )


def answer(services: Services, reply: str) -> None:
    """Let the stub's language model answer something else from now on."""
    backend = services.models.backend("chat")
    backend._options = backend._options.model_copy(update={"reply": reply})
