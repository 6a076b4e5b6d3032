"""Train the text-emotion head on GoEmotions: `python -m tools train text-emotion --data DIR`.

Everything is learned from `train.tsv`: nine tenths of it move the weights, one tenth chooses the
temperature and the thresholds. `dev.tsv` is read once, at the end, and scored with the file that
was written. The encoder is not trained, so its token states are computed once.
"""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from tools.backends.emotion_network import Architecture, EmotionNetwork
from tools.backends.minilm import MiniLM
from tools.backends.minilm_head import CARD_FILE, WEIGHTS_FILE, open_head
from tools.labels import EKMAN
from tools.training.goemotions import Comments, read_comments
from tools.training.scores import (
    Floats,
    class_scores,
    fit_temperature,
    fit_thresholds,
    log_softmax,
    short,
)
from tools.training.skill import AMOUNTS
from tools.training.text_emotion_card import write_card
from tools.training.token_cache import TokenCache


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Attributes:
        epochs: passes over the corpus.
        batch: comments per step.
        rate: highest learning rate.
        warmup: share of the steps in which the rate rises; then it falls to 0 in a line.
        decay: weight decay of AdamW.
        fine_weight: weight of the 28 labels' loss beside that of the seven.
        balance: how much of the classes' log-frequency is taken off the logits after training
            (post-hoc logit adjustment, Menon et al. 2021, section 4.1); 0 leaves the corpus's
            frequencies in, 1 takes them out.
    """

    epochs: int = 4
    batch: int = 64
    rate: float = 1e-3
    warmup: float = 0.1
    decay: float = 0.01
    fine_weight: float = 1.0
    balance: float = 0.5


def train(
    data: Path,
    out: Path,
    encoder: MiniLM,
    *,
    seed: int = 0,
    limit: int | None = None,
    recipe: Recipe | None = None,
    architecture: Architecture | None = None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Train, calibrate, score and write the head.

    Args:
        data: the folder with GoEmotions.
        out: where `model.safetensors`, `card.yaml` and `card.md` are written.
        encoder: the encoder that the head will stand on.
        seed: same seed, machine and threads: same weights.
        limit: how many comments of each file to read at most, for a trial.
        recipe: how to train; the one that ships by default.
        architecture: the network's sizes; those that ship by default.
        console: where progress is shown.

    Returns:
        The card.

    Raises:
        DataError: the corpus is missing or not in its format.
    """
    recipe, architecture = recipe or Recipe(), architecture or Architecture()
    console = console or Console(stderr=True)
    learn, choose = read_comments(data, "train.tsv", limit).split()
    held_out = read_comments(data, "dev.tsv", limit)
    torch.manual_seed(seed)
    network = EmotionNetwork(architecture, len(EKMAN), len(learn.fine_labels))
    with _progress(console) as progress:
        caches = [
            _encode(encoder, comments, architecture.layers, progress, name)
            for comments, name in ((learn, "encode"), (choose, "encode the chosen tenth"))
        ]
        fit(network, caches[0], learn, recipe, seed, progress)
    frequencies = class_frequencies(learn)
    logits, fine = _logits(network, caches[1])
    trial = [try_balance(amount, logits, choose, frequencies) for amount in AMOUNTS]
    shift = recipe.balance * np.log(frequencies)
    logits, single = logits - shift, choose.single
    with torch.no_grad():
        network.coarse.bias -= torch.from_numpy(shift).float()
    temperature = fit_temperature(logits[single], choose.first[single])
    thresholds = fit_thresholds(fine, choose.fine)
    card: dict[str, Any] = {
        "labels": [str(label) for label in EKMAN],
        "fine_labels": learn.fine_labels,
        "architecture": architecture.model_dump(),
        "recipe": {**asdict(recipe), "seed": seed, "limit": limit},
        "temperature": short(temperature),
        "thresholds": dict(zip(learn.fine_labels, thresholds, strict=True)),
        "frequencies": dict(zip(map(str, EKMAN), map(short, frequencies), strict=True)),
        "balances": trial,
        "parameters": sum(value.numel() for value in network.state_dict().values()),
        "comments": {"learn": len(learn.ids), "choose": len(choose.ids), "dev": len(held_out.ids)},
    }
    card["scores"] = {
        "choose": score(_softmax(logits), _softmax(logits / temperature), fine, choose, card)
    }
    save(network, out, card)
    card["scores"]["dev"] = measure(out, encoder, held_out, card)
    write_card(out, card)
    return card


def fit(
    network: EmotionNetwork,
    cache: TokenCache,
    comments: Comments,
    recipe: Recipe,
    seed: int,
    progress: Progress,
) -> None:
    """Train on cached token states; a comment of two Ekman groups counts half for each."""
    ekman = torch.from_numpy(comments.ekman)
    shares, fine = ekman / ekman.sum(1, keepdim=True), torch.from_numpy(comments.fine)
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    steps = recipe.epochs * math.ceil(len(comments.ids) / recipe.batch)
    rising = max(1, round(recipe.warmup * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rising, (steps - step) / (steps - rising + 1))
    )
    chance = np.random.default_rng(seed)
    task = progress.add_task("train", total=steps)
    network.train()
    for _ in range(recipe.epochs):
        for places, states in cache.shuffled(recipe.batch, chance):
            coarse, finer = network(states)
            loss = loss_of(coarse, finer, shares[places], fine[places], recipe.fine_weight)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            progress.update(task, advance=1, description=f"train (loss {loss.item():.2f})")
    network.eval()


def loss_of(
    coarse: Tensor, finer: Tensor, shares: Tensor, fine: Tensor, fine_weight: float
) -> Tensor:
    """Return the cross-entropy of the seven labels plus that of the 28 independent ones."""
    seven = -(shares * coarse.log_softmax(1)).sum(1).mean()
    bits = nn.functional.binary_cross_entropy_with_logits(finer, fine, reduction="none")
    return seven + fine_weight * bits.sum(1).mean()


def class_frequencies(comments: Comments) -> Floats:
    """Return how often each of the seven is the group of a comment that has only one."""
    counts = np.bincount(comments.first[comments.single], minlength=len(EKMAN))
    shares: Floats = np.maximum(counts, 1) / np.maximum(counts, 1).sum()
    return shares


def try_balance(
    amount: float, logits: Floats, choose: Comments, frequencies: Floats
) -> dict[str, float]:
    """Score one amount of balancing, with a temperature of its own, on the chosen tenth."""
    single = choose.single
    rows, truth = logits[single] - amount * np.log(frequencies), choose.first[single]
    scores = class_scores(_softmax(rows / fit_temperature(rows, truth)), truth, list(EKMAN))
    return {
        "balance": amount,
        "accuracy": scores["accuracy"],
        "macro_f1": scores["macro_f1"],
        "uar": scores["uar"],
        "ece": scores["ece"],
    }


def save(network: EmotionNetwork, out: Path, card: dict[str, Any]) -> None:
    """Write the weights in half precision, and the card that tells how to load them."""
    from safetensors.torch import save_file

    out.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    about = {"model": "text emotion", "data": "GoEmotions, CC BY 4.0", "card": CARD_FILE}
    save_file(halves, out / WEIGHTS_FILE, metadata=about)
    write_card(out, card)


def measure(
    folder: Path, encoder: MiniLM, comments: Comments, card: dict[str, Any]
) -> dict[str, Any]:
    """Score the written head on comments it has not seen."""
    network = open_head(folder, encoder).network
    cache = TokenCache(encoder, comments.texts, card["architecture"]["layers"])
    logits, fine = _logits(network, cache)
    calibrated = _softmax(logits / card["temperature"])
    return score(_softmax(logits), calibrated, fine, comments, card)


def score(
    raw: Floats, calibrated: Floats, fine: Floats, comments: Comments, card: dict[str, Any]
) -> dict[str, Any]:
    """Score one file under both protocols, and the 28 labels with and without thresholds.

    `single`: comments whose labels all fall in one Ekman group. `all`: every comment; of one with
    labels in several groups only the group of the label listed first counts as right.
    """
    from sklearn.metrics import f1_score

    labels, single = card["labels"], comments.single
    tuned = np.array([card["thresholds"][label] for label in comments.fine_labels])

    def macro(limits: Any) -> float:
        named = fine >= limits
        return short(f1_score(comments.fine, named, average="macro", zero_division=0))

    before = class_scores(raw[single], comments.first[single], labels)
    after = class_scores(calibrated[single], comments.first[single], labels)
    return {
        "single": {**after, "ece_uncalibrated": before["ece"]},
        "all": class_scores(calibrated, comments.first, labels),
        "fine": {"macro_f1": macro(tuned), "macro_f1_at_half": macro(0.5)},
    }


def _encode(
    encoder: MiniLM, comments: Comments, layers: list[int], progress: Progress, name: str
) -> TokenCache:
    task = progress.add_task(name, total=len(comments.texts))
    return TokenCache(encoder, comments.texts, layers, lambda texts: progress.advance(task, texts))


@torch.inference_mode()
def _logits(network: EmotionNetwork, cache: TokenCache) -> tuple[Floats, Floats]:
    """Return the logits of the seven labels and the probabilities of the finer ones."""
    network.eval()
    found: dict[int, tuple[Tensor, Tensor]] = {}
    for places, states in cache.in_order(64):
        coarse, fine = network(states)
        found |= dict(zip(places.tolist(), zip(coarse, fine.sigmoid(), strict=True), strict=True))
    rows = [found[place] for place in range(len(found))]
    coarse, fine = (torch.stack(side).double().numpy() for side in zip(*rows, strict=True))
    return coarse, fine


def _softmax(logits: Floats) -> Floats:
    rows: Floats = np.exp(log_softmax(logits))
    return rows


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
