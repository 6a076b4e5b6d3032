"""Train the voice-emotion model on EmoDB: `python -m tools train voice-emotion --data DIR`.

Every speaker is held out once: the same recipe is trained on the others and scored on those held
out, through the very code that serves. The temperature is fitted on these out-of-fold predictions.
The model that ships is then trained on all speakers with the same recipe.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from rich.console import Console
from rich.progress import Progress
from safetensors.torch import save_file
from speechbrain.inference.classifiers import EncoderClassifier
from speechbrain.lobes.features import Fbank
from torch import Tensor, nn

from tools.backends.ecapa import CARD_FILE, WEIGHTS_FILE, Architecture, Ecapa, build
from tools.backends.voice_activity import speech_only
from tools.training.emodb import LABELS, Utterance, part_speakers, read_emodb, truth
from tools.training.scores import Floats, class_scores, fit_temperature, log_softmax, short
from tools.training.voice_augmentation import Augmentation, excerpt, hide, pad, versions
from tools.training.voice_emotion_card import PROSE_FILE, prose

_LARGEST_GRADIENT = 5.0
_RISING = 0.2


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Attributes:
        epochs: passes over the corpus.
        batch: utterances per step.
        rate: highest learning rate of AdamW; it rises for a fifth of the steps and falls again.
        decay: weight decay.
        smoothing: share of a target that is spread over all classes.
        augmentation: how utterances are changed.
    """

    epochs: int = 50
    batch: int = 32
    rate: float = 3e-3
    decay: float = 1e-2
    smoothing: float = 0.1
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class Corpus:
    """A corpus made ready: utterances cut to their speech, and their spectrograms."""

    utterances: list[Utterance]
    spectrograms: list[list[Tensor]]

    def places(self, speakers: Sequence[str], *, held_out: bool) -> list[int]:
        """Return the utterances of the `speakers`, or of all the others."""
        return [
            place
            for place, utterance in enumerate(self.utterances)
            if (utterance.speaker in speakers) == held_out
        ]


def train(
    data: Path,
    out: Path,
    *,
    seed: int = 0,
    folds: int = 8,
    recipe: Recipe | None = None,
    architecture: Architecture | None = None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Cross-validate, calibrate, train on all speakers and write the model.

    Args:
        data: the folder with EmoDB.
        out: where `model.safetensors`, `card.yaml` and `card.md` are written.
        seed: same seed, machine and threads: same weights.
        folds: into how many groups the speakers are parted, each held out once.
        recipe: how to train; the one that ships by default.
        architecture: the network's sizes; those that ship by default.
        console: where progress is shown.

    Returns:
        The card.

    Raises:
        DataError: the corpus is missing, not in its format, or has fewer speakers than folds.
    """
    recipe, architecture = recipe or Recipe(), architecture or Architecture()
    utterances = read_emodb(data)
    groups = part_speakers(utterances, folds)
    with Progress(console=console or Console(stderr=True)) as progress:
        task = progress.add_task("prepare", total=(folds + 1) * recipe.epochs)
        done = partial(progress.advance, task)
        corpus = prepare(utterances, architecture, recipe.augmentation, seed)
        found = np.zeros((len(utterances), len(LABELS)))
        for number, group in enumerate(groups):
            progress.update(task, description=f"fold {number + 1} of {folds}")
            learn = corpus.places(group, held_out=False)
            held_out = corpus.places(group, held_out=True)
            served = Ecapa(fit(corpus, learn, recipe, architecture, seed, done))
            for place in held_out:
                found[place] = served.probabilities([corpus.utterances[place].audio])[0]
        progress.update(task, description="all speakers")
        final = fit(corpus, range(len(utterances)), recipe, architecture, seed, done)
    card = describe(utterances, groups, found)
    card["architecture"] = architecture.model_dump()
    card["recipe"] = {**asdict(recipe), "seed": seed, "folds": folds}
    card["parameters"] = sum(value.numel() for value in final.mods.state_dict().values())
    save(final, out, card)
    return card


def prepare(
    utterances: Sequence[Utterance],
    architecture: Architecture,
    augmentation: Augmentation,
    seed: int,
) -> Corpus:
    """Cut every utterance to its speech and compute the versions that training draws from."""
    chance = np.random.default_rng(seed)
    spectrogram = build(architecture, LABELS).mods["compute_features"]
    assert isinstance(spectrogram, Fbank)  # `build` made it
    cut = [_speech(utterance) for utterance in utterances]
    made = [versions(u.audio, spectrogram, augmentation, chance) for u in cut]
    return Corpus(cut, made)


def _speech(utterance: Utterance) -> Utterance:
    speech = speech_only(utterance.audio)
    audio = speech if len(speech) else utterance.audio
    return Utterance(audio, utterance.label, utterance.speaker)


def fit(
    corpus: Corpus,
    places: Sequence[int],
    recipe: Recipe,
    architecture: Architecture,
    seed: int,
    done: Callable[[], None] = lambda: None,
) -> EncoderClassifier:
    """Train a classifier on the utterances at `places`; classes weigh the same.

    Args:
        corpus: the utterances.
        places: those that may be learned from.
        recipe: how to train.
        architecture: the network's sizes.
        seed: where weights and chance begin.
        done: called after every epoch.
    """
    chance = np.random.default_rng(seed)
    torch.manual_seed(seed)
    classifier = build(architecture, LABELS)
    network = classifier.mods.requires_grad_(True).train()
    labels = torch.from_numpy(truth(corpus.utterances))
    counts = torch.bincount(labels[list(places)], minlength=len(LABELS)).clamp(min=1)
    # Cross-entropy takes the classifier's log-probabilities as they are: they are normalised.
    loss = nn.CrossEntropyLoss(1 / counts, label_smoothing=recipe.smoothing)
    batches = math.ceil(len(places) / recipe.batch)
    optimizer = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=recipe.decay)
    steps = recipe.epochs * batches
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    for _ in range(recipe.epochs):
        for part in np.array_split(chance.permutation(np.array(places)), batches):
            drawn = [corpus.spectrograms[place] for place in part]
            shown = [made[int(chance.integers(len(made)))] for made in drawn]
            cut = [
                excerpt(s, 1000 / architecture.hop_ms, recipe.augmentation, chance) for s in shown
            ]
            batch, lengths = pad(cut)
            features = hide(network["mean_var_norm"](batch, lengths), recipe.augmentation, chance)
            embedding = network["embedding_model"](features, lengths)
            scores = network["classifier"](embedding).squeeze(1)
            loss(scores, labels[part]).backward()
            nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        done()
    network.eval().requires_grad_(False)
    return classifier


def _rate(step: int, steps: int) -> float:
    """Return the share of the highest rate: up in a line, then down along half a cosine."""
    rising = max(1, round(_RISING * steps))
    if step < rising:
        return (step + 1) / rising
    return (1 + math.cos(math.pi * (step - rising) / (steps - rising + 1))) / 2


def describe(
    utterances: Sequence[Utterance], groups: list[list[str]], found: Floats
) -> dict[str, Any]:
    """Score out-of-fold predictions, fit the temperature on them, and begin the card."""
    labels, logits = truth(utterances), np.log(np.maximum(found, 1e-9))
    temperature = fit_temperature(logits, labels)
    calibrated = np.exp(log_softmax(logits / temperature))
    speakers = np.array([utterance.speaker for utterance in utterances])
    parts = [
        class_scores(calibrated[inside], labels[inside], LABELS)
        for inside in (np.isin(speakers, group) for group in groups)
    ]
    uars, accuracies = [p["uar"] for p in parts], [p["accuracy"] for p in parts]
    before = class_scores(found, labels, LABELS)["ece"]
    return {
        "labels": list(LABELS),
        "temperature": short(temperature),
        "scores": {
            **class_scores(calibrated, labels, LABELS),
            "ece_uncalibrated": before,
            "over_folds": {"uar": _spread(uars), "accuracy": _spread(accuracies)},
            "folds": [
                {"speakers": group, "n": p["n"], "accuracy": p["accuracy"], "uar": p["uar"]}
                for group, p in zip(groups, parts, strict=True)
            ],
        },
    }


def _spread(scores: list[float]) -> dict[str, float]:
    """Return mean and sample standard deviation."""
    return {"mean": short(float(np.mean(scores))), "sd": short(float(np.std(scores, ddof=1)))}


def save(classifier: EncoderClassifier, out: Path, card: dict[str, Any]) -> None:
    """Write the weights, and the card for programs and for people."""
    out.mkdir(parents=True, exist_ok=True)
    weights = {name: value.contiguous() for name, value in classifier.mods.state_dict().items()}
    # One entry only: safetensors writes several in any order, and the hash of the file is pinned.
    about = {"about": f"voice emotion, trained on EmoDB (CC0 1.0); see {CARD_FILE}"}
    save_file(weights, out / WEIGHTS_FILE, metadata=about)
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=100)
    (out / CARD_FILE).write_text(text, "utf-8")
    (out / PROSE_FILE).write_text(prose(card), "utf-8")
