"""One run of training of a context network, and what it then says of turns."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tools.backends.context_features import Layout, TextRow, features
from tools.backends.context_head import ContextNetwork, Sizes, said_states
from tools.backends.minilm import MiniLM, TokenStates
from tools.metrics.labels import LabelScores, label_scores
from tools.training.context_rows import ContextRow, History
from tools.training.scores import Floats, fit_temperature

_SMALLEST_CLASS = 5
_UNLABELLED = -100


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        epochs: passes over the rows at most.
        patience: epochs without a better loss on the held-out tenth after which it stops.
        batch: rows per step.
        rate: highest learning rate of AdamW; it falls along a cosine.
        decay: weight decay.
        smoothing: share of the target that is spread over all labels.
        balance: power of a class's rarity in its weight: 0 for as often as it occurs, 1 for all
            classes alike.
        folds: how often the dialogues are parted where history is predicted.
        forgets: share of the rows of a batch whose past labels, or whose emotion, are hidden.
        history: whose labels of past turns it learns with.
        tuning_rate: learning rate of tuned layers of the encoder.
    """

    epochs: int = 30
    patience: int = 4
    batch: int = 64
    rate: float = 3e-3
    decay: float = 0.1
    smoothing: float = 0.05
    balance: float = 0.0
    folds: int = 5
    forgets: float = 0.3
    history: History = "predicted"
    tuning_rate: float = 3e-5


@dataclass(frozen=True)
class Lesson:
    """What is learnt from, with everything of it that is computed once.

    Attributes:
        layout: of the rows.
        sizes: of the network.
        heads: task -> labels.
        texts: vector and scores of every text.
        encoder: gives the states below tuned layers.
        folder: the encoder's weight files, where layers are tuned.
    """

    layout: Layout
    sizes: Sizes
    heads: Mapping[str, Sequence[str]]
    texts: Mapping[str, TextRow]
    encoder: MiniLM | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Trained:
    """A network, and what it does on the dialogues that were held out from its training.

    Attributes:
        network: in evaluation mode.
        temperature: task -> temperature.
        scores: task -> scores on the held-out dialogues.
        epochs: after which it was best.
    """

    network: ContextNetwork
    temperature: Mapping[str, float]
    scores: Mapping[str, LabelScores]
    epochs: int


def fit(
    kept: Sequence[ContextRow],
    held: Sequence[ContextRow],
    lesson: Lesson,
    recipe: Recipe,
    seed: int,
    say: Callable[[str], None] = lambda text: None,
) -> Trained:
    """Return the network that was best on `held` while it learnt from `kept`."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    network = ContextNetwork(lesson.layout, lesson.sizes, lesson.heads)
    if network.upper is not None and lesson.folder is not None and lesson.encoder is not None:
        network.upper.fill(lesson.folder, lesson.encoder.depth)
    inputs = _inputs(kept, lesson)
    _standardise(network, inputs)
    asked = _inputs(held, lesson)
    goals = {task: _goal(kept, task, labels) for task, labels in lesson.heads.items()}
    losses = {task: _loss(goal, len(lesson.heads[task]), recipe) for task, goal in goals.items()}
    groups: list[dict[str, Any]] = [
        {"params": [*network.body.parameters(), *network.heads.parameters()]}
    ]
    if network.upper is not None:
        groups.append({"params": list(network.upper.parameters()), "lr": recipe.tuning_rate})
    optimizer = torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.decay)
    steps = recipe.epochs * math.ceil(len(kept) / recipe.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best, state, since = (math.inf, 0), network.state_dict(), 0
    for epoch in range(1, recipe.epochs + 1):
        network.train()
        order = chance.permutation(len(kept))
        for start in range(0, len(order), recipe.batch):
            at = order[start : start + recipe.batch]
            batch = hide(inputs[at].clone(), lesson.layout, recipe.forgets, chance)
            said = _states([kept[place] for place in at], network, lesson)
            logits = network(batch, said)
            loss = sum(
                (losses[task](logits[task], goals[task][at]) for task in logits),
                start=torch.zeros(()),
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # has no types
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        judged = _judged(network, held, asked, lesson)
        loss_now = sum(_surprise(judged[t], held, t, lesson.heads[t]) for t in lesson.heads)
        if loss_now < best[0]:
            best, since = (loss_now, epoch), 0
            state = {name: value.clone() for name, value in network.state_dict().items()}
        elif (since := since + 1) >= recipe.patience:
            break
        if network.upper is not None:
            say(f"epoch {epoch}: held-out loss {loss_now:.3f}")
    network.load_state_dict(state)
    network.eval()
    return _trained(network, held, _judged(network, held, asked, lesson), lesson, best[1])


def hide(batch: Tensor, layout: Layout, share: float, chance: np.random.Generator) -> Tensor:
    """Hide past labels, the emotion, and modalities of some rows, so that it can do without them.

    Of a row with voice and face either or both are kept, each with the same chance (random
    modality selection, MultiMood section 3, stage 1); of a row with one, that is hidden in a third.
    """
    batch[chance.random(len(batch)) < share, layout.past] = 0.0
    batch[chance.random(len(batch)) < share, layout.felt] = 0.0
    choice = chance.integers(0, 3, len(batch))
    for place, columns in enumerate(layout.modalities.values()):
        batch[choice == place, columns] = 0.0
    return batch


def probabilities(
    trained: Trained, rows: Sequence[ContextRow], lesson: Lesson
) -> dict[str, Floats]:
    """Return each head's calibrated probabilities, (rows, labels)."""
    judged = _judged(trained.network, rows, _inputs(rows, lesson), lesson)
    found = {}
    for task, logits in judged.items():
        scaled = logits / trained.temperature.get(task, 1.0)
        shares = np.exp(scaled - scaled.max(1, keepdims=True))
        found[task] = shares / shares.sum(1, keepdims=True)
    return found


def _trained(
    network: ContextNetwork,
    held: Sequence[ContextRow],
    judged: Mapping[str, Floats],
    lesson: Lesson,
    epochs: int,
) -> Trained:
    temperature, scores = {}, {}
    for task, labels in lesson.heads.items():
        goal = _goal(held, task, labels)
        there = goal != _UNLABELLED
        truth = goal[there].numpy()
        if not len(truth):
            continue
        temperature[task] = round(fit_temperature(judged[task][there.numpy()], truth), 3)
        named = judged[task][there.numpy()].argmax(1)
        scores[task] = label_scores(
            [labels[at] for at in truth], [labels[at] for at in named], labels
        )
    return Trained(network, temperature, scores, epochs)


def _standardise(network: ContextNetwork, inputs: Tensor) -> None:
    """Bring the vectors of voice and face to mean 0 and deviation 1, where they are there."""
    for columns in network.layout.modalities.values():
        there = inputs[:, columns.start] > 0
        if int(there.sum()) < 2:
            continue
        inner = slice(columns.start + 1, columns.stop)
        vectors = inputs[there, inner]
        network.shift[inner] = vectors.mean(0)
        network.scale[inner] = 1 / vectors.std(0).clamp(min=1e-3)


def _goal(rows: Sequence[ContextRow], task: str, labels: Sequence[str]) -> Tensor:
    places = {label: place for place, label in enumerate(labels)}
    return torch.tensor([places.get(row.gold.get(task, ""), _UNLABELLED) for row in rows])


def _loss(goal: Tensor, classes: int, recipe: Recipe) -> Callable[[Tensor, Tensor], Tensor]:
    there = goal[goal != _UNLABELLED].numpy()
    count = np.maximum(np.bincount(there, minlength=classes), _SMALLEST_CLASS)
    weight = torch.tensor((len(there) / count) ** recipe.balance, dtype=torch.float32)
    weight = weight / weight.mean()

    def loss(logits: Tensor, wanted: Tensor) -> Tensor:
        if not bool((wanted != _UNLABELLED).any()):
            return logits.sum() * 0.0
        return nn.functional.cross_entropy(
            logits, wanted, weight, ignore_index=_UNLABELLED, label_smoothing=recipe.smoothing
        )

    return loss


def _judged(
    network: ContextNetwork, rows: Sequence[ContextRow], inputs: Tensor, lesson: Lesson
) -> dict[str, Floats]:
    network.eval()
    found: dict[str, list[npt.NDArray[np.float64]]] = {task: [] for task in lesson.heads}
    with torch.inference_mode():
        for start in range(0, len(rows), 256):
            batch = rows[start : start + 256]
            said = _states(batch, network, lesson)
            for task, logits in network(inputs[start : start + 256], said).items():
                found[task].append(logits.double().numpy())
    return {task: np.concatenate(parts) for task, parts in found.items()}


def _inputs(rows: Sequence[ContextRow], lesson: Lesson) -> Tensor:
    return torch.from_numpy(features([row.situation for row in rows], lesson.layout, lesson.texts))


def _states(
    rows: Sequence[ContextRow], network: ContextNetwork, lesson: Lesson
) -> TokenStates | None:
    if network.upper is None or lesson.encoder is None:
        return None
    return said_states([row.situation for row in rows], network, lesson.encoder)


def _surprise(
    logits: Floats, rows: Sequence[ContextRow], task: str, labels: Sequence[str]
) -> float:
    goal = _goal(rows, task, labels)
    if not bool((goal != _UNLABELLED).any()):
        return 0.0
    return float(
        nn.functional.cross_entropy(torch.from_numpy(logits), goal, ignore_index=_UNLABELLED)
    )
