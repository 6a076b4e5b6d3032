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
from safetensors.torch import save_file
from torch import Tensor, nn

from tools.backends.heads import CARD_FILE, WEIGHTS_FILE
from tools.backends.minilm import MiniLM
from tools.backends.minilm_head import open_head
from tools.backends.pooling_network import Architecture, PoolingNetwork
from tools.errors import DataError
from tools.labels import EKMAN
from tools.training.goemotions import Comments, read_comments
from tools.training.scores import fit_temperature, fit_thresholds, short
from tools.training.text_emotion_card import write_card
from tools.training.text_emotion_scores import class_frequencies, predict, score, try_balance
from tools.training.token_cache import TokenCache

_AMOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Amounts of balancing that are tried: from the training data's frequencies to equal ones."""


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Attributes:
        epochs: passes over the corpus.
        batch: comments per step.
        rate: highest learning rate of AdamW.
        warmup: share of the steps in which the rate rises; then it falls to 0 in a line.
        decay: weight decay.
        fine_weight: weight of the 28 labels' loss beside that of the seven.
        balance: how many times the classes' log-frequency is taken off the logits after training
            (post-hoc logit adjustment, Menon et al. 2021); 0 leaves the corpus's frequencies in,
            1 takes them out.
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
        DataError: the corpus is missing, not in its format, or too small.
    """
    recipe, architecture = recipe or Recipe(), architecture or Architecture()
    learn, choose = read_comments(data, "train.tsv", limit).split()
    held_out = read_comments(data, "dev.tsv", limit)
    if not (learn.ids and choose.single.any() and held_out.single.any()):
        raise DataError(f"GoEmotions in {data.name!r} has too few comments to train and to score")
    torch.manual_seed(seed)
    network = PoolingNetwork(architecture, len(EKMAN), len(learn.fine_labels))
    with _progress(console or Console(stderr=True)) as progress:
        cache = _encode(encoder, learn, architecture, progress, "encode")
        fit(network, cache, learn, recipe, seed, progress)
        cache = _encode(encoder, choose, architecture, progress, "encode the chosen tenth")
    logits, fine = predict(network, cache)
    frequencies = class_frequencies(learn)
    trials = [try_balance(amount, logits, choose, frequencies) for amount in _AMOUNTS]
    shift = recipe.balance * np.log(frequencies)
    network.coarse.bias.data -= torch.from_numpy(shift).float()
    logits -= shift
    temperature = short(fit_temperature(logits[choose.single], choose.first[choose.single]))
    thresholds = fit_thresholds(fine, choose.fine)
    card: dict[str, Any] = {
        "labels": [str(label) for label in EKMAN],
        "fine_labels": learn.fine_labels,
        "architecture": architecture.model_dump(),
        "parameters": sum(value.numel() for value in network.state_dict().values()),
        "recipe": {**asdict(recipe), "seed": seed, "limit": limit},
        "temperature": temperature,
        "thresholds": dict(zip(learn.fine_labels, thresholds, strict=True)),
        "frequencies": dict(zip(map(str, EKMAN), map(short, frequencies), strict=True)),
        "balances": trials,
        "comments": {"learn": len(learn.ids), "choose": len(choose.ids), "dev": len(held_out.ids)},
        "scores": {"choose": score(logits, fine, choose, temperature, thresholds)},
    }
    save(network, out, card)
    with _progress(console or Console(stderr=True)) as progress:
        written = open_head(out, encoder).network
        logits, fine = predict(
            written, _encode(encoder, held_out, architecture, progress, "encode dev")
        )
    card["scores"]["dev"] = score(logits, fine, held_out, temperature, thresholds)
    write_card(out, card)
    return card


def fit(
    network: PoolingNetwork,
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
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
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


def save(network: PoolingNetwork, out: Path, card: dict[str, Any]) -> None:
    """Write the weights in half precision, and the card that tells how to load them."""
    out.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    about = {"model": "text emotion", "data": "GoEmotions, CC BY 4.0", "card": CARD_FILE}
    save_file(halves, out / WEIGHTS_FILE, metadata=about)
    write_card(out, card)


def _encode(
    encoder: MiniLM,
    comments: Comments,
    architecture: Architecture,
    progress: Progress,
    name: str,
) -> TokenCache:
    task = progress.add_task(name, total=len(comments.texts))
    return TokenCache(
        encoder,
        comments.texts,
        architecture.layers,
        lambda texts: progress.advance(task, texts),
    )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
