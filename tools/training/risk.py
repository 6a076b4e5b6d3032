"""Train the risk head: `python -m tools train risk`.

The encoder is not trained, so its token states are computed once. Thresholds are chosen on
predictions for families of rows that the predicting network has not seen (folds by family), the
shipped network then learns from all rows with the same recipe.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from rich.progress import Progress
from safetensors.torch import save_file
from torch import Tensor, nn

from tools.backends.heads import CARD_FILE, WEIGHTS_FILE
from tools.backends.minilm import MiniLM
from tools.backends.pooling_network import Architecture, PoolingNetwork
from tools.backends.risk_head import DANGERS, GRAVITIES, SPEAKERS, empty_network
from tools.errors import DataError
from tools.labels import RISK_ORDER, Danger
from tools.training.risk_card import write_card
from tools.training.risk_rows import RiskRow
from tools.training.risk_scores import (
    EVERYDAY,
    count_kinds,
    part_families,
    score_unseen,
    source_of,
    threshold_for,
)
from tools.training.token_cache import TokenCache

_MINOR_FROM = 0.8
_MINOR = DANGERS.index(Danger.MINOR)

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Attributes:
        epochs: passes over the rows.
        batch: rows per step.
        rate: highest learning rate of AdamW; it falls along a cosine.
        decay: weight decay.
        signs_weight: weight of the loss of dangers and gravities beside that of the speaker.
        folds: how often the rows are parted to choose the thresholds.
        false_alarms: the share of ordinary messages that may be called danger.
        false_near: the same of harmless rows that were written to be near to danger.
        false_turns: the same of turns of harmless conversations.
        false_almost: the share that may count for the trend.
    """

    epochs: int = 8
    batch: int = 64
    rate: float = 1e-3
    decay: float = 0.05
    signs_weight: float = 0.3
    folds: int = 5
    false_alarms: float = 0.005
    false_near: float = 0.055
    false_turns: float = 0.016
    false_almost: float = 0.012


@dataclass(frozen=True)
class Targets:
    """What a network should say of each row.

    Attributes:
        speakers: the place in `SPEAKERS`, (rows,).
        signs: 1 where a danger or a gravity holds, (rows, dangers and gravities).
        known: 1 where that is known, of the same shape.
    """

    speakers: Tensor
    signs: Tensor
    known: Tensor


def targets(rows: Sequence[RiskRow]) -> Targets:
    """Return the targets of some rows.

    Being a minor is a sign of its own, without which a message may be free of danger.
    """
    width = len(DANGERS) + len(GRAVITIES)
    speakers, signs, known = [], torch.zeros(len(rows), width), torch.zeros(len(rows), width)
    for place, row in enumerate(rows):
        young = row.danger == Danger.MINOR
        if row.harmless or young:
            speakers.append(SPEAKERS.index("harmless"))
            signs[place, _MINOR], known[place, _MINOR] = float(young), 1
            continue
        speakers.append(SPEAKERS.index("seeking" if row.act == "seeking" else row.whose))
        if row.danger:
            signs[place, DANGERS.index(str(row.danger))] = 1
            known[place, : len(DANGERS)] = 1
            known[place, _MINOR] = 0  # somebody in danger may be a minor too
        if row.level:
            reached = RISK_ORDER.index(row.level)
            for at, gravity in enumerate(GRAVITIES, start=len(DANGERS)):
                signs[place, at] = float(reached >= RISK_ORDER.index(gravity))
                known[place, at] = 1
    return Targets(torch.tensor(speakers), signs, known)


def train(
    rows: Sequence[RiskRow],
    ordinary: Sequence[str],
    out: Path,
    encoder: MiniLM,
    *,
    progress: Progress,
    seed: int = 0,
    recipe: Recipe | None = None,
    architecture: Architecture | None = None,
) -> dict[str, Any]:
    """Train, choose thresholds, and write the head with its card.

    Args:
        rows: labelled messages.
        ordinary: messages of everyday talk without danger: half teach, half choose the thresholds.
        out: where `model.safetensors`, `card.yaml` and `card.md` are written.
        encoder: the encoder that the head will stand on.
        progress: shows how far it is.
        seed: same seed, machine and threads: same weights.
        recipe: how to train; the one that ships by default.
        architecture: the network's sizes; those that ship by default.

    Returns:
        The card.

    Raises:
        DataError: there are too few rows.
    """
    recipe, architecture = (
        recipe or Recipe(),
        architecture or Architecture(layers=[3, 4, 5, 6], dropout=0.4),
    )
    everyday = [_everyday(text, at) for at, text in enumerate(ordinary)]
    learn = [*rows, *everyday[::2]]
    if len({row.family for row in rows}) < 2 * recipe.folds or len(everyday) < 2:
        raise DataError("there are too few rows to train a risk head; see tools/data/risk_rows")
    cache = _encode(encoder, learn, architecture, progress, "encode")
    unseen = _encode(encoder, everyday[1::2], architecture, progress, "encode ordinary messages")
    folds = part_families(learn, recipe.folds, seed)
    scores, calm = np.zeros(len(learn)), np.zeros(len(unseen.lengths))
    for fold in range(recipe.folds):
        network = _fit(cache, learn, np.flatnonzero(folds != fold), architecture, recipe, seed)
        held = np.flatnonzero(folds == fold)
        scores[held] = danger_scores(network, cache.take(held))
        calm += danger_scores(network, unseen) / recipe.folds
        progress.console.print(f"fold {fold + 1} of {recipe.folds}")
    harmful = np.array([not row.harmless and row.danger != Danger.MINOR for row in learn])
    near = scores[[row.harmless and source_of(row) == "near" for row in learn]]
    turns = scores[[source_of(row) == "turns" for row in learn]]
    thresholds = {
        "danger": max(
            threshold_for(calm, recipe.false_alarms),
            threshold_for(near, recipe.false_near),
            threshold_for(turns, recipe.false_turns),
        ),
        "almost": threshold_for(calm, recipe.false_almost),
        "minor": _MINOR_FROM,
    }
    network = _fit(cache, learn, np.arange(len(learn)), architecture, recipe, seed)
    card: dict[str, Any] = {
        "architecture": architecture.model_dump(),
        "parameters": sum(value.numel() for value in network.state_dict().values()),
        "recipe": {**asdict(recipe), "seed": seed},
        "thresholds": thresholds,
        "rows": count_kinds(learn),
        "scores": score_unseen(learn, scores, harmful, thresholds["danger"]),
    }
    save(network, out, card)
    return card


def danger_scores(network: PoolingNetwork, cache: TokenCache) -> Floats:
    """Return the probability of danger of every cached text, (texts,)."""
    found = np.zeros(len(cache.lengths))
    with torch.inference_mode():
        for places, states in cache.in_order(128):
            speakers, _ = network(states)
            found[places] = 1 - speakers.softmax(1)[:, 0].numpy()
    return found


def save(network: PoolingNetwork, out: Path, card: dict[str, Any]) -> None:
    """Write the weights in half precision, and the card that tells how to load them."""
    out.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    save_file(halves, out / WEIGHTS_FILE, metadata={"model": "risk", "card": CARD_FILE})
    write_card(out, card)


def _fit(
    cache: TokenCache,
    rows: Sequence[RiskRow],
    places: Places,
    architecture: Architecture,
    recipe: Recipe,
    seed: int,
) -> PoolingNetwork:
    torch.manual_seed(seed)
    network = empty_network(architecture)
    truth, part = targets([rows[place] for place in places]), cache.take(places)
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    steps = recipe.epochs * math.ceil(len(places) / recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=steps)
    chance = np.random.default_rng(seed)
    network.train()
    for _ in range(recipe.epochs):
        for at, states in part.shuffled(recipe.batch, chance):
            loss = _loss(network(states), truth, torch.from_numpy(at), recipe.signs_weight)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return network.eval()


def _loss(found: tuple[Tensor, Tensor], truth: Targets, at: Tensor, signs_weight: float) -> Tensor:
    speakers, signs = found
    who = nn.functional.cross_entropy(speakers, truth.speakers[at], label_smoothing=0.02)
    bits = nn.functional.binary_cross_entropy_with_logits(signs, truth.signs[at], reduction="none")
    return who + signs_weight * (bits * truth.known[at]).sum(1).mean()


def _everyday(text: str, at: int) -> RiskRow:
    return RiskRow(text=text, danger="none", level="none", family=f"{EVERYDAY}{at}")


def _encode(
    encoder: MiniLM,
    rows: Sequence[RiskRow],
    architecture: Architecture,
    progress: Progress,
    name: str,
) -> TokenCache:
    task = progress.add_task(name, total=len(rows))
    texts = [row.text for row in rows]
    return TokenCache(
        encoder, texts, architecture.layers, lambda done: progress.advance(task, done)
    )
