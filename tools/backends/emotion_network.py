"""The text-emotion network: MiniLM's top layers, trained anew, under attention pooling.

The lower layers stay as they are and are shared with retrieval, so that the emotions cost no second
pass through the encoder: where retrieval goes on with the encoder's own upper layers, this network
goes on with its own copy of them.
"""

from collections.abc import Mapping

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from tools.backends.minilm import TokenStates


class Architecture(BaseModel, extra="forbid"):
    """The numbers that a network is built from; they stand in its card.

    Attributes:
        trunk: how many of the encoder's layers it stands on.
        layers: how many layers it has itself.
        width: numbers in a token's state.
        heads: attention heads of a layer.
        inner: width of a layer's feed-forward part.
        queries: attention poolings over the tokens, beside their mean.
        hidden: width of the layer before the labels.
        dropout: share of numbers dropped in training.
    """

    trunk: int = Field(default=4, ge=0)
    layers: int = Field(default=2, ge=0)
    width: int = Field(default=384, ge=8)
    heads: int = Field(default=12, ge=1)
    inner: int = Field(default=1536, ge=8)
    queries: int = Field(default=4, ge=1)
    hidden: int = Field(default=256, ge=8)
    dropout: float = Field(default=0.1, ge=0, lt=1)


class EmotionNetwork(nn.Module):
    """Token states to the logits of two label sets."""

    def __init__(self, architecture: Architecture, labels: int, fine_labels: int) -> None:
        """Build it with random weights.

        Args:
            architecture: its sizes.
            labels: number of exclusive labels (softmax).
            fine_labels: number of independent labels (sigmoids).
        """
        super().__init__()
        a = architecture
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                a.width, a.heads, a.inner, a.dropout, "gelu", 1e-12, batch_first=True
            )
            for _ in range(a.layers)
        )
        self.query = nn.Linear(a.width, a.queries)
        self.body = nn.Sequential(
            nn.Dropout(a.dropout),
            nn.Linear(a.width * (a.queries + 1), a.hidden),
            nn.GELU(),
            nn.Dropout(a.dropout),
        )
        self.coarse = nn.Linear(a.hidden, labels)
        self.fine = nn.Linear(a.hidden, fine_labels)

    def forward(self, states: TokenStates) -> tuple[Tensor, Tensor]:
        """Return the logits of both label sets, (batch, labels) and (batch, fine_labels)."""
        hidden, shown = states.hidden, states.mask.unsqueeze(-1)
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=~states.mask)
        attention = self.query(hidden).masked_fill(~shown, -torch.inf).softmax(1)
        pooled = torch.einsum("btq,btw->bqw", attention, hidden).flatten(1)
        mean = (hidden * shown).sum(1) / shown.sum(1)
        body = self.body(torch.cat([pooled, mean], 1))
        return self.coarse(body), self.fine(body)


def from_bert(layer: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename one BERT layer's parameters to those of `torch.nn.TransformerEncoderLayer`.

    Both compute the same function: post-norm, exact GELU.
    """

    def both(new: str, old: str) -> dict[str, Tensor]:
        return {f"{new}.{part}": layer[f"{old}.{part}"] for part in ("weight", "bias")}

    joined = {
        f"self_attn.in_proj_{part}": torch.cat(
            [layer[f"attention.self.{role}.{part}"] for role in ("query", "key", "value")]
        )
        for part in ("weight", "bias")
    }
    return {
        **joined,
        **both("self_attn.out_proj", "attention.output.dense"),
        **both("linear1", "intermediate.dense"),
        **both("linear2", "output.dense"),
        **both("norm1", "attention.output.LayerNorm"),
        **both("norm2", "output.LayerNorm"),
    }
