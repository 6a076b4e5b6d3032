"""The strategy that suits a turn: a small trained network on MiniLM vectors of its context.

`python -m tools train strategy` makes its two files: `model.safetensors` and `card.yaml`.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from tools.backends.heads import read_head, require_fit, shared_encoder
from tools.backends.minilm import MiniLM
from tools.backends.options import read_options
from tools.backends.strategy_features import LABELS, feature_width, features, plain_width
from tools.errors import WeightsError
from tools.models import Loading
from tools.records import Scores
from tools.situation import Situation


class Sizes(BaseModel, extra="forbid"):
    """The numbers that a network is built from; they stand in its card.

    Attributes:
        width: numbers in a vector of the encoder.
        hidden: width of the layer before the labels.
        dropout: share of numbers dropped in training.
    """

    width: int = Field(default=384, ge=8)
    hidden: int = Field(default=96, ge=4)
    dropout: float = Field(default=0.5, ge=0, lt=1)


class Card(BaseModel, extra="ignore"):
    """What the backend reads from the model card beside the weights; the rest is for people.

    Attributes:
        sizes: of the network.
        labels: what it says, in order.
        plain: numbers beside the vectors, by which a head of another version is known.
        temperature: fitted on predictions for rows that the predicting network had not seen.
    """

    sizes: Sizes
    labels: list[str]
    plain: int
    temperature: float = Field(default=1.0, gt=0)


class Options(BaseModel, extra="forbid"):
    """What `options:` of a strategy head may say.

    Attributes:
        encoder: the name of the MiniLM model in `models.yaml` that it stands on.
        folder: where `python -m tools train strategy --out` wrote a head of one's own, in place of
            `weights:`.
    """

    encoder: str
    folder: Path | None = None


class StrategyNetwork(nn.Module):
    """Features to the logits of the strategies, by one hidden layer."""

    def __init__(self, sizes: Sizes) -> None:
        """Build it with random weights."""
        super().__init__()
        self.sizes = sizes
        self.body = nn.Sequential(
            nn.Dropout(sizes.dropout),
            nn.Linear(feature_width(sizes.width), sizes.hidden),
            nn.GELU(),
            nn.Dropout(sizes.dropout),
            nn.Linear(sizes.hidden, len(LABELS)),
        )

    def forward(self, rows: Tensor) -> Tensor:
        """Return the logits, (batch, labels), of rows of features, (batch, feature_width)."""
        logits: Tensor = self.body(rows)
        return logits


class StrategyHead:
    """A distribution over the strategies for each turn; English."""

    def __init__(self, encoder: MiniLM, network: StrategyNetwork, temperature: float = 1.0) -> None:
        """Judge with `network` from the sentence vectors of `encoder`."""
        self._encoder = encoder
        self.network = network
        self._temperature = temperature

    def predict(self, items: Sequence[Situation], /) -> list[Scores]:
        """Return one distribution per turn."""
        rows = torch.from_numpy(features(items, self._encoder))
        with torch.inference_mode():
            shares = (self.network(rows) / self._temperature).softmax(1).tolist()
        return [dict(zip(LABELS, share, strict=True)) for share in shares]


def load(loading: Loading) -> StrategyHead:
    """Load a head and the encoder that its option `encoder` names.

    Raises:
        WeightsError: a file is missing, or card, weights and encoder do not fit each other.
        ConfigError: the option `encoder` is missing or names no MiniLM model.
    """
    encoder = shared_encoder(loading)
    folder = read_options(Options, loading).folder
    return open_head(loading.weights() if folder is None else folder, encoder)


def open_head(folder: Path, encoder: MiniLM) -> StrategyHead:
    """Build the network that a folder's card describes, and load its weights.

    Raises:
        WeightsError: a file is missing, or card, weights, encoder and this version do not fit.
    """
    card, network = read_head(folder, "strategy", Card, lambda card: StrategyNetwork(card.sizes))
    if card.labels != list(LABELS) or card.plain != plain_width():
        raise WeightsError(
            f"the strategy head in {folder.name!r} was trained by another version of Attune; "
            "train it anew with `python -m tools train strategy`"
        )
    require_fit(folder, "strategy", encoder, width=card.sizes.width)
    return StrategyHead(encoder, network.eval(), card.temperature)
