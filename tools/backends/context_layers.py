"""Upper layers of a BERT encoder that a head has trained for itself (Devlin et al. 2019)."""

from pathlib import Path

import torch
from torch import Tensor, nn

from tools.backends.minilm import TokenStates

_EPSILON = 1e-12


class UpperLayers(nn.Module):
    """Transformer layers with BERT's equations, and the mean over the tokens, of length 1."""

    def __init__(self, width: int, layers: int, attention: int, inner: int) -> None:
        """Build them with random weights; see `fill` for those of an encoder."""
        super().__init__()
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, attention, inner, 0.1, "gelu", layer_norm_eps=_EPSILON, batch_first=True
            )
            for _ in range(layers)
        )

    def forward(self, states: TokenStates) -> Tensor:
        """Return a vector per text, (batch, width), of states below, (batch, tokens, width)."""
        hidden = states.hidden
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=~states.mask)
        shown = states.mask.unsqueeze(-1)
        mean = (hidden * shown).sum(1) / shown.sum(1).clamp(min=1)
        return nn.functional.normalize(mean)

    def fill(self, folder: Path, depth: int) -> None:
        """Take the weights of the uppermost layers of an encoder's folder.

        Args:
            folder: with `model.safetensors`.
            depth: how many layers the encoder has.

        Raises:
            KeyError: the file is none of a BERT encoder.
        """
        from safetensors.torch import load_file

        stored = {
            k.removeprefix("bert."): v for k, v in load_file(folder / "model.safetensors").items()
        }
        first = depth - len(self.layers)
        for place, layer in enumerate(self.layers):
            layer.load_state_dict(_as_torch(stored, f"encoder.layer.{first + place}."))


def _as_torch(stored: dict[str, Tensor], at: str) -> dict[str, Tensor]:
    projected = [f"{at}attention.self.{name}" for name in ("query", "key", "value")]
    named = {
        "self_attn.out_proj": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "linear1": "intermediate.dense",
        "linear2": "output.dense",
        "norm2": "output.LayerNorm",
    }
    found = {
        "self_attn.in_proj_weight": torch.cat([stored[f"{name}.weight"] for name in projected]),
        "self_attn.in_proj_bias": torch.cat([stored[f"{name}.bias"] for name in projected]),
    }
    for ours, theirs in named.items():
        for part in ("weight", "bias"):
            found[f"{ours}.{part}"] = stored[f"{at}{theirs}.{part}"]
    return {name: value.float() for name, value in found.items()}
