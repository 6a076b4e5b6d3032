"""What each task is asked in a check, and what an answer has to be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tools.catalogue import ModelConfig
from tools.checking import answers, texts
from tools.checking.faces import face, noise, wall
from tools.checking.voices import voice
from tools.clips import SAMPLE_RATE, Waveform
from tools.guard import Exchange
from tools.labels import STANCES, Emotion, Stage, Strategy
from tools.records import Example
from tools.scene import Scene
from tools.situation import Situation
from tools.transcript import Speech

PERCEPTION = ("text_emotion", "face_emotion", "voice_emotion")

CHOICES: Mapping[str, tuple[str, ...]] = {
    "strategy": tuple(strategy.value for strategy in Strategy),
    "system_emotion": STANCES,
    "user_emotion": tuple(emotion.value for emotion in Emotion),
}
"""Tasks that answer a `Situation` with probabilities -> the labels these may have."""


@dataclass(frozen=True)
class Contract:
    """One task.

    Attributes:
        items: plain input, of different lengths.
        judge: says what is wrong with one answer, as clauses; nothing where it is right.
        absent: by name, input with nothing in it.
        invents: says that an answer to such input claims to have found something.
        remedy: what is to be done about that.
        hostile: by name, input that must not end the model.
    """

    items: Sequence[object]
    judge: Callable[[object], list[str]]
    absent: Mapping[str, object] = field(default_factory=dict)
    invents: Callable[[object], bool] = answers.never
    remedy: str = ""
    hostile: Mapping[str, object] = field(default_factory=dict)


def contract(config: ModelConfig) -> Contract:
    """Return what a model of a task is held to; `respond` has a check of its own."""
    if config.task in CHOICES:
        return _choosing(CHOICES[config.task])
    return _CONTRACTS[config.task](config)


def _text_emotion(config: ModelConfig) -> Contract:
    return Contract(
        texts.PLAIN,
        partial(answers.finding, labels=config.labels),
        texts.ABSENT,
        answers.is_read,
        "return `Perceived(missing='not given')` for it",
        texts.HOSTILE,
    )


def _voice_emotion(config: ModelConfig) -> Contract:
    return Contract(
        voices(),
        partial(answers.finding, labels=config.labels),
        _quiet(),
        answers.is_read,
        "return `Perceived(missing='no speech')` for it",
        _loud(),
    )


def _face_emotion(config: ModelConfig) -> Contract:
    clips = [[face(smile / 4, light)] * 2 for smile, light in ((-4, 1), (0, 1), (2, 0.8), (4, 1))]
    return Contract(
        [*clips, [face(), wall(), face(1)]],
        partial(answers.finding, labels=config.labels),
        {"a clip without frames": [], "a wall": [wall()] * 2, "noise": [noise(1), noise(2)]},
        answers.is_read,
        "return `Perceived(missing='no face')` for it",
        {
            "a frame of one pixel": [wall()[:1, :1]],
            "a frame of 2000 x 40": [noise(3).repeat(7, 0)[:2000, :40]],
            "a black frame": [wall(0)],
        },
    )


def _listen(config: ModelConfig) -> Contract:
    return Contract(
        [Speech(wave, "en") for wave in voices()],
        answers.transcript,
        {name: Speech(wave, "en") for name, wave in _quiet().items()},
        answers.is_heard,
        "return `Transcript(missing='no speech')` for it",
        {
            **{name: Speech(wave, "en") for name, wave in _loud().items()},
            "a language that is none": Speech(voice(), "xx"),
        },
    )


def _embed(config: ModelConfig) -> Contract:
    return Contract(texts.PLAIN, answers.vector, hostile={**texts.ABSENT, **texts.HOSTILE})


def _risk(config: ModelConfig) -> Contract:
    return Contract(
        texts.PLAIN,
        answers.estimate,
        texts.ABSENT,
        answers.is_alarmed,
        "return an `Estimate` without findings for it",
        texts.HOSTILE,
    )


def _guard(config: ModelConfig) -> Contract:
    said = texts.PLAIN[0]
    return Contract(
        [Exchange(said, reply) for reply in texts.PLAIN],
        answers.verdict,
        hostile={
            "nothing that was said": Exchange("", texts.PLAIN[1]),
            "an empty reply": Exchange(said, ""),
            **{name: Exchange(said, text) for name, text in texts.HOSTILE.items()},
        },
    )


def _describe(config: ModelConfig) -> Contract:
    ask = "Say in a sentence what the person seems to do."
    return Contract(
        [Scene((face(smile),) * 2, ask) for smile in (-1.0, 0.0, 1.0)],
        answers.description,
        {"a clip without frames": Scene((), ask)},
        answers.is_described,
        "return an empty text for it",
        {"a frame of one pixel": Scene((wall()[:1, :1],), ask), "no question": Scene((face(),))},
    )


def _choosing(labels: Sequence[str]) -> Contract:
    stages = [stage.value for stage in Stage]
    plain = [_situation(text, stages[at % 3]) for at, text in enumerate(texts.PLAIN)]
    return Contract(
        plain,
        partial(answers.choice, labels=labels),
        hostile={
            **{name: _situation(text) for name, text in {**texts.ABSENT, **texts.HOSTILE}.items()},
            "a turn without anything but words": Situation(said=texts.PLAIN[0]),
        },
    )


def _situation(said: str, stage: str = "exploration") -> Situation:
    return Situation(
        said=said,
        before=(
            {"speaker": "person", "text": "It has been a long week."},
            {"speaker": "supporter", "text": "What made it so long?"},
        ),
        tried=(Strategy.OPEN_QUESTION.value,),
        stage=stage,
        emotions={"sadness": 0.6, "neutral": 0.4},
        examples=(_example("Open question", "neutral", 0.6), _example("Approval", "sadness", 0.4)),
    )


def _example(strategy: str, stance: str, similarity: float) -> Example:
    return {
        "id": f"made-{strategy}",
        "problem": "",
        "stage": "exploration",
        "situation": "",
        "before": [],
        "said": texts.PLAIN[3],
        "emotion": "sadness",
        "intensity": 2,
        "strategy": strategy,
        "system_emotion": stance,
        "reply": "What would the answer change?",
        "why": "",
        "licence": "Apache-2.0",
        "source": "attune",
        "similarity": similarity,
    }


def voices() -> list[Waveform]:
    """Return made voices of different lengths and pitches."""
    made = ((110, 1.5, 1), (150, 2.5, 2), (200, 2.0, 3), (130, 4.0, 4))
    return [voice(pitch, seconds, seed) for pitch, seconds, seed in made]


def _quiet() -> dict[str, Waveform]:
    import numpy as np

    hiss = np.random.default_rng(5).standard_normal(2 * SAMPLE_RATE) * 0.003
    return {
        "silence": np.zeros(2 * SAMPLE_RATE, np.float32),
        "a clip without samples": np.zeros(0, np.float32),
        "a faint hiss": np.asarray(hiss, np.float32),
    }


def _loud() -> dict[str, Waveform]:
    import numpy as np

    nan = voice()
    nan[::100] = np.nan
    return {
        "audio with NaN": nan,
        "audio that clips": np.clip(voice() * 50, -1, 1),
        "one sample": np.ones(1, np.float32),
        "a minute of a tone": np.asarray(
            np.sin(np.arange(60 * SAMPLE_RATE) * 2 * np.pi * 440 / SAMPLE_RATE) / 2, np.float32
        ),
    }


_CONTRACTS: Mapping[str, Callable[[ModelConfig], Contract]] = {
    "text_emotion": _text_emotion,
    "voice_emotion": _voice_emotion,
    "face_emotion": _face_emotion,
    "listen": _listen,
    "embed": _embed,
    "risk": _risk,
    "guard": _guard,
    "describe": _describe,
}
