"""Train the strategy head: `python -m tools train strategy`.

The encoder is not trained, so its vectors are computed once. Each row is judged by a network that
has seen none of its family (folds); these predictions give the scores of the card and the
temperature. The network that is written learns from all rows with the same recipe.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import nn

from tools.backends.heads import CARD_FILE, WEIGHTS_FILE
from tools.backends.minilm import MiniLM
from tools.backends.strategy_features import (
    LABELS,
    Matrix,
    features,
    past_columns,
    plain_width,
)
from tools.backends.strategy_head import Sizes, StrategyNetwork
from tools.errors import DataError
from tools.training.scores import Floats, Places, class_scores, fit_temperature, log_softmax
from tools.training.strategy_card import About, write_card
from tools.training.strategy_rows import StrategyRow

_FEWEST = 40
_SMALLEST_CLASS = 5


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Attributes:
        epochs: passes over the rows.
        batch: rows per step.
        rate: highest learning rate of AdamW; it falls along a cosine.
        decay: weight decay.
        smoothing: share of the target that is spread over all labels.
        balance: power of a class's rarity in its weight: 0 for as often as it occurs, 1 for all
            classes alike.
        folds: how often the rows are parted to judge them unseen.
        forgets: share of the rows of a batch whose past strategies are hidden, so that it can do
            without them.
    """

    epochs: int = 40
    batch: int = 64
    rate: float = 2e-3
    decay: float = 0.1
    smoothing: float = 0.05
    balance: float = 0.3
    folds: int = 5
    forgets: float = 0.3


def train(
    rows: Sequence[StrategyRow],
    out: Path,
    encoder: MiniLM,
    about: About,
    *,
    seed: int = 0,
    recipe: Recipe | None = None,
    sizes: Sizes | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Train, judge the rows unseen, and write the head with its card.

    Args:
        rows: what was known, and what was chosen.
        out: where `model.safetensors`, `card.yaml` and `card.md` are written.
        encoder: the encoder that the head will stand on.
        about: what the card says of the data.
        seed: same seed, machine and threads: same weights.
        recipe: how to train; the one that ships by default.
        sizes: of the network; those that ship by default.
        say: told how far it is.

    Returns:
        The card.

    Raises:
        DataError: there are too few rows.
    """
    recipe, sizes = recipe or Recipe(), sizes or Sizes(width=encoder.width)
    families = sorted({row.family for row in rows})
    if len(rows) < _FEWEST or len(families) < recipe.folds:
        raise DataError(f"{len(rows)} rows are too few to train a strategy head on")
    say(f"encode {len(rows)} rows")
    seen = features([row.situation for row in rows], encoder)
    truth = np.array([LABELS.index(row.strategy) for row in rows])
    order = np.random.default_rng(seed).permutation(len(families))
    fold_of = {families[at]: place % recipe.folds for place, at in enumerate(order)}
    folds = np.array([fold_of[row.family] for row in rows])
    judged = np.zeros((len(rows), len(LABELS)))
    for fold in range(recipe.folds):
        say(f"fold {fold + 1} of {recipe.folds}")
        network = fit(seen[folds != fold], truth[folds != fold], sizes, recipe, seed)
        judged[folds == fold] = judge(network, seen[folds == fold])
    temperature = fit_temperature(judged, truth)
    card: dict[str, Any] = {
        "data": asdict(about),
        "sizes": sizes.model_dump(),
        "labels": list(LABELS),
        "plain": plain_width(),
        "temperature": round(temperature, 3),
        "recipe": {**asdict(recipe), "seed": seed},
        "rows": dict(Counter(row.strategy for row in rows).most_common()),
        "scores": class_scores(np.exp(log_softmax(judged / temperature)), truth, LABELS),
    }
    say("learn from all rows")
    network = fit(seen, truth, sizes, recipe, seed)
    card["parameters"] = sum(value.numel() for value in network.state_dict().values())
    out.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    save_file(halves, out / WEIGHTS_FILE, metadata={"model": "strategy", "card": CARD_FILE})
    write_card(out, card)
    return card


def fit(
    seen: Matrix, truth: Places, sizes: Sizes, recipe: Recipe, seed: int = 0
) -> StrategyNetwork:
    """Return a network that has learnt rows of features, (rows, width), and their labels, (rows,).

    Labels that occur less than five times weigh no more than one that occurs five times.
    """
    torch.manual_seed(seed)
    network = StrategyNetwork(sizes)
    rows, target = torch.from_numpy(seen), torch.from_numpy(truth)
    count = np.maximum(np.bincount(truth, minlength=len(LABELS)), _SMALLEST_CLASS)
    weight = torch.tensor((len(truth) / count) ** recipe.balance, dtype=torch.float32)
    loss_of = nn.CrossEntropyLoss(weight / weight.mean(), label_smoothing=recipe.smoothing)
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    steps = recipe.epochs * math.ceil(len(truth) / recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=steps)
    chance = np.random.default_rng(seed)
    past = past_columns(sizes.width)
    network.train()
    for _ in range(recipe.epochs):
        order = chance.permutation(len(truth))
        for start in range(0, len(order), recipe.batch):
            at = order[start : start + recipe.batch]
            batch = rows[at].clone()
            batch[chance.random(len(at)) < recipe.forgets, past] = 0.0
            loss = loss_of(network(batch), target[at])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return network.eval()


def judge(network: StrategyNetwork, seen: Matrix) -> Floats:
    """Return the logits of rows of features, (rows, labels)."""
    with torch.inference_mode():
        logits: npt.NDArray[np.float64] = network(torch.from_numpy(seen)).double().numpy()
    return logits
