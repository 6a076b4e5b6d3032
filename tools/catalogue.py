"""What `models.yaml` may say: models, and which node uses which in a profile."""

from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator

from tools.calibration import Skill
from tools.errors import UnknownName
from tools.labels import Emotion

Task = Literal[
    "embed",
    "text_emotion",
    "face_emotion",
    "voice_emotion",
    "listen",
    "describe",
    "strategy",
    "system_emotion",
    "user_emotion",
    "respond",
    "risk",
    "guard",
]


class ModelConfig(BaseModel, extra="forbid"):
    """One entry under `models:`.

    Attributes:
        task: the node it can serve, or `embed`.
        backend: a name in `BACKENDS`, or `module:attr` where a models file may name code.
        weights: a name in `weights.yaml`.
        labels: the model's own labels -> `Emotion` values, for emotion models.
        device: `cpu`, or `cuda` where there is one (`auto` takes it when it is there).
        max_batch: how many items one call gets at most.
        temperature: calibration temperature, 1 when none was fitted.
        skill: measured outside the training corpus; without it the model weighs 0.
        prompt: the prompt file that a language model was tuned on; it takes the place of the node's
            own, unless the graph names another.
        about: one line for people, with licence and limits.
        options: what the backend wants besides.
    """

    task: Task
    backend: str
    weights: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    device: str = "cpu"
    max_batch: int = Field(default=8, ge=1)
    temperature: float = Field(default=1.0, gt=0)
    skill: Skill | None = None
    prompt: str = ""
    about: str = ""
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("labels")
    @classmethod
    def _known_emotions(cls, labels: dict[str, str]) -> dict[str, str]:
        emotions = [emotion.value for emotion in Emotion]
        for label, emotion in labels.items():
            if emotion not in emotions:
                unknown = UnknownName("emotion", emotion, emotions)
                raise ValueError(f"the label {label!r} stands for an {unknown}")
        return labels


class ModelFile(BaseModel, extra="forbid"):
    """A whole models file."""

    models: dict[str, ModelConfig] = Field(default_factory=dict)
    profiles: dict[str, dict[str, str | list[str]]] = Field(default_factory=dict)
