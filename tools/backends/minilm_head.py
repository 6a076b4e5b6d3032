"""Text emotion: a small trained network on token states of the shared MiniLM encoder.

`python -m tools train text-emotion` makes its two files: `model.safetensors` and `card.yaml`.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, Field

from tools.backends.heads import read_head, require_fit, shared_encoder
from tools.backends.minilm import MAX_CHARACTERS, MiniLM
from tools.backends.pooling_network import Architecture, PoolingNetwork
from tools.models import Loading
from tools.perceived import Perceived
from tools.records import Missing


class Card(BaseModel, extra="ignore"):
    """What the backend reads from the model card beside the weights; the rest is for people."""

    labels: list[str] = Field(min_length=2)
    fine_labels: list[str] = Field(min_length=1)
    architecture: Architecture


class Options(BaseModel, extra="forbid"):
    """What `options:` of a text-emotion head must say.

    Attributes:
        encoder: the name of the MiniLM model in `models.yaml` that it stands on.
    """

    encoder: str


def load(loading: Loading) -> "TextEmotionHead":
    """Load a head and the encoder that its option `encoder` names.

    Raises:
        WeightsError: a file is missing, or card, weights and encoder do not fit each other.
        ConfigError: the option `encoder` is missing or names no MiniLM model.
    """
    return open_head(loading.weights(), shared_encoder(loading))


def open_head(folder: Path, encoder: MiniLM) -> "TextEmotionHead":
    """Build the network that a folder's card describes, and load its weights.

    Raises:
        WeightsError: a file is missing, or card, weights and encoder do not fit each other.
    """
    card, network = read_head(
        folder,
        "text-emotion",
        Card,
        lambda card: PoolingNetwork(card.architecture, len(card.labels), len(card.fine_labels)),
    )
    sizes = card.architecture
    require_fit(folder, "text-emotion", encoder, width=sizes.width, deepest=max(sizes.layers))
    return TextEmotionHead(encoder, network.to(encoder.device).eval(), card)


class TextEmotionHead:
    """Emotions of English texts: one distribution, and a finer label set for display."""

    def __init__(self, encoder: MiniLM, network: PoolingNetwork, card: Card) -> None:
        """Read emotions with `network` from the token states of `encoder`."""
        self._encoder = encoder
        self.network = network
        self._card = card

    def predict(self, items: Sequence[str], /) -> list[Perceived]:
        """Return one finding per text: `scores` sum to 1, `detail` are independent.

        A text without letters, or mostly in another than the Latin script, is marked missing: the
        encoder has no vocabulary for it, and whatever came out would look like an emotion.
        """
        found = [Perceived(missing=reason, note=_NOTES[reason]) for reason in map(unread, items)]
        readable = [place for place, finding in enumerate(found) if not finding.missing]
        texts = [items[place] for place in readable]
        for places, states in self._encoder.stream(texts, self._card.architecture.layers):
            with torch.inference_mode():
                coarse, fine = self.network(states)
            rows = zip(coarse.softmax(1).tolist(), fine.sigmoid().tolist(), strict=True)
            for place, (scores, detail) in zip(places, rows, strict=True):
                found[readable[place]] = Perceived(
                    scores=dict(zip(self._card.labels, scores, strict=True)),
                    detail=dict(zip(self._card.fine_labels, detail, strict=True)),
                )
        return found


_NOTES: dict[Missing, str] = {
    "": "",
    "not given": "an empty text",
    "language": "no words in the Latin script, and the model reads English only",
}


def unread(text: str) -> Missing:
    """Say why an English model cannot read `text`; empty when it can.

    The script is all that is looked at, so that other languages in the Latin script pass.
    """
    begin = text[:MAX_CHARACTERS]
    written = [c for c in begin if c.isalpha()] or [
        c for c in begin if c.isprintable() and c != " "
    ]
    if not written:
        return "not given"
    return "" if 2 * sum(map(str.isascii, written)) >= len(written) else "language"
