"""User emotion, strategy and system emotion of a turn from its context: a small trained network.

`python -m tools train joint` makes its two files: `model.safetensors` and `card.yaml`. One
checkpoint has heads for any of the three tasks; the entry in a models file says which is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from tools.backends.context_features import (
    EMOTIONS,
    AffectModel,
    Layout,
    features,
    read_texts,
    texts_of,
)
from tools.backends.context_layers import UpperLayers
from tools.backends.heads import read_head, require_fit, shared_encoder
from tools.backends.minilm import MiniLM, TokenStates
from tools.backends.minilm_head import unread
from tools.backends.options import read_options
from tools.errors import ConfigError, WeightsError
from tools.labels import STANCES
from tools.models import Loading
from tools.records import Scores
from tools.sentences import split
from tools.situation import Situation

TASKS = ("user_emotion", "strategy", "system_emotion")
PLANS = ("strategy", "system_emotion")
"""Tasks whose heads read the user emotion, too."""


class Sizes(BaseModel, extra="forbid"):
    """The numbers that a network is built from; they stand in its card.

    Attributes:
        hidden: width of the layer that the heads share.
        dropout: share of the hidden layer's numbers dropped in training.
        spared: likewise of the vectors of texts.
        tuned: upper layers of the encoder that were trained with it, and stand in its file.
        attention: attention heads of such a layer.
        inner: width of its inner layer.
    """

    hidden: int = Field(default=128, ge=4)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    spared: float = Field(default=0.5, ge=0, lt=1)
    tuned: int = Field(default=0, ge=0)
    attention: int = Field(default=12, ge=1)
    inner: int = Field(default=1536, ge=8)


class Card(BaseModel, extra="ignore"):
    """What the backend reads from the model card beside the weights; the rest is for people.

    Attributes:
        layout: of its rows.
        sizes: of the network.
        heads: task -> labels, in order.
        temperature: task -> temperature, fitted on dialogues held out from training.
        unit: `utterances` where it learnt from parts of turns: then a turn is read sentence by
            sentence, and the probabilities are averaged.
    """

    layout: Layout
    sizes: Sizes
    heads: dict[str, list[str]] = Field(min_length=1)
    temperature: dict[str, float] = {}
    unit: Literal["turns", "utterances"] = "turns"


class Options(BaseModel, extra="forbid"):
    """What `options:` of a context head may say.

    Attributes:
        encoder: the name of the MiniLM model in `models.yaml` that it stands on.
        affect: the name of the text-emotion model whose fine scores it reads, where its card has
            any.
        folder: where `python -m tools train ... --out` wrote it.
        clue: share of the clue in what was said, where a clue is known; 0 leaves clues unread.
    """

    encoder: str
    affect: str = ""
    folder: Path
    clue: float = Field(default=0.0, ge=0, le=1)


class ContextNetwork(nn.Module):
    """Rows of features to the logits of each head, by one shared hidden layer."""

    scale: Tensor
    shift: Tensor

    def __init__(self, layout: Layout, sizes: Sizes, heads: Mapping[str, Sequence[str]]) -> None:
        """Build it with random weights."""
        super().__init__()
        self.layout, self.sizes = layout, sizes
        seen = layout.felt.start
        # Vectors of perception models have any scale; these are set from the training data.
        self.register_buffer("shift", torch.zeros(seen))
        self.register_buffer("scale", torch.ones(seen))
        self.upper = (
            UpperLayers(layout.width, sizes.tuned, sizes.attention, sizes.inner)
            if sizes.tuned
            else None
        )
        # Of a text's many numbers some can be spared in training; of the few others none.
        self.spare = nn.Dropout(sizes.spared)
        self.body = nn.Sequential(
            nn.Linear(seen, sizes.hidden),
            nn.GELU(),
            nn.Dropout(sizes.dropout),
        )
        self.heads = nn.ModuleDict(
            {
                task: nn.Linear(sizes.hidden + len(EMOTIONS) * (task in PLANS), len(labels))
                for task, labels in heads.items()
            }
        )

    def forward(self, rows: Tensor, said: TokenStates | None = None) -> dict[str, Tensor]:
        """Return the logits of each head, (batch, labels).

        Args:
            rows: of `features`, (batch, `layout.felt.stop`).
            said: states of what was said below the tuned layers; only where there are any.
        """
        seen, felt = rows[:, : self.layout.felt.start], rows[:, self.layout.felt]
        if self.upper is not None and said is not None:
            seen = torch.cat([self.upper(said), seen[:, self.layout.width :]], 1)
        words = (1 + self.layout.context) * self.layout.text
        seen = torch.cat([self.spare(seen[:, :words]), seen[:, words:]], 1)
        hidden = self.body((seen - self.shift) * self.scale)
        return {
            task: head(torch.cat([hidden, felt], 1) if task in PLANS else hidden)
            for task, head in self.heads.items()
        }


class ContextHead:
    """A distribution over one task's labels for each turn; English."""

    def __init__(
        self,
        network: ContextNetwork,
        card: Card,
        encoder: MiniLM,
        affect: AffectModel | None,
        task: str,
        clue: float = 0.0,
    ) -> None:
        """Judge one `task` with `network`, from vectors of `encoder` and scores of `affect`."""
        self._network, self._card, self._task = network, card, task
        self._encoder, self._affect, self._clue = encoder, affect, clue

    def predict(self, items: Sequence[Situation], /) -> list[Scores]:
        """Return one distribution per turn; empty where there is nothing that it can read."""
        parts = [
            [] if unread(item.said) and not item.vectors else self._parts(item) for item in items
        ]
        flat = [part for group in parts for part in group]
        if not flat:
            return [{} for _ in items]
        shares = self._shares(flat)
        found: list[Scores] = []
        start = 0
        for group in parts:
            mean = shares[start : start + len(group)].mean(0).tolist() if group else []
            found.append(self._named(mean) if group else {})
            start += len(group)
        return found

    def _parts(self, item: Situation) -> list[Situation]:
        if self._card.unit == "turns":
            return [item]
        said = [sentence for sentence in split(item.said) if not unread(sentence)]
        return [replace(item, said=sentence) for sentence in said] or [item]

    def _shares(self, items: Sequence[Situation]) -> Tensor:
        layout = self._card.layout
        wanted = [text for item in items for text in texts_of(item, layout.context)]
        texts = read_texts(wanted, layout, self._encoder, self._affect)
        rows = torch.from_numpy(features(items, layout, texts, clue=self._clue))
        with torch.inference_mode():
            said = said_states(items, self._network, self._encoder)
            logits = self._network(rows, said)[self._task]
            shares: Tensor = (logits / self._card.temperature.get(self._task, 1.0)).softmax(1)
        return shares

    def _named(self, shares: list[float]) -> Scores:
        named = dict(zip(self._card.heads[self._task], shares, strict=True))
        if self._task != "system_emotion":
            return named
        # Of what a corpus's therapist shows, a person meets only these.
        kept = {label: named.get(label, 0.0) for label in STANCES}
        total = sum(kept.values())
        return {label: share / total for label, share in kept.items()} if total else {}


def said_states(
    items: Sequence[Situation], network: ContextNetwork, encoder: MiniLM
) -> TokenStates | None:
    """Return the states of what was said below a network's own layers; None where it has none."""
    if network.upper is None:
        return None
    layer = encoder.depth - network.sizes.tuned
    rows: dict[int, tuple[Tensor, Tensor]] = {}
    for places, states in encoder.stream([item.said for item in items], [layer]):
        for place, hidden, mask in zip(places, states.hidden[:, :, 0], states.mask, strict=True):
            rows[place] = (hidden[mask], mask[mask])
    ordered = [rows[place] for place in range(len(items))]
    pad = nn.utils.rnn.pad_sequence
    return TokenStates(
        pad([hidden for hidden, _ in ordered], batch_first=True),
        pad([mask for _, mask in ordered], batch_first=True),
    )


def load(loading: Loading) -> ContextHead:
    """Load a head, the encoder and the text-emotion model that its options name.

    Raises:
        WeightsError: a file is missing, card, weights and encoder do not fit each other, or the
            checkpoint has no head for the entry's task.
        ConfigError: an option is missing or wrong.
    """
    options = read_options(Options, loading)
    encoder = shared_encoder(loading)
    affect: AffectModel | None = loading.shared("affect") if options.affect else None
    return open_head(options.folder, encoder, affect, loading.config.task, clue=options.clue)


def open_head(
    folder: Path, encoder: MiniLM, affect: AffectModel | None, task: str, *, clue: float = 0.0
) -> ContextHead:
    """Build the network that a folder's card describes, and load its weights.

    Raises:
        WeightsError: a file is missing, or card, weights, encoder and task do not fit.
        ConfigError: the head reads a text-emotion model, and none is named.
    """
    card, network = read_head(
        folder, "context", Card, lambda card: ContextNetwork(card.layout, card.sizes, card.heads)
    )
    require_fit(
        folder, "context", encoder, width=card.layout.width, deepest=max(card.layout.layers)
    )
    if task not in card.heads:
        raise WeightsError(
            f"the context head in {folder.name!r} has no head for {task!r}, only for "
            f"{', '.join(card.heads)}; train one with `python -m tools train joint`"
        )
    if card.layout.affect and affect is None:
        raise ConfigError(
            f"the context head in {folder.name!r} reads a text-emotion model; "
            "name it with `options: {affect: NAME}`"
        )
    return ContextHead(network.float().eval(), card, encoder, affect, task, clue)
