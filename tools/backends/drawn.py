"""Sampling by a seed of the reply's own, for transformers' `generate`.

`generate` samples from the generators of the whole process, so that what else is drawn meanwhile
would decide a reply. Here each reply has a generator, and the greedy choice among logits with
Gumbel noise is a draw from their distribution (Maddison et al., A* Sampling, NeurIPS 2014).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class DrawnLogits:
    """Add to the logits what makes their maximum a draw; it stands last, and nothing samples."""

    def __init__(
        self, seed: int, *, temperature: float, top_p: float, device: "torch.device"
    ) -> None:
        """Draw by `seed`, from 0.

        Args:
            seed: decides every draw.
            temperature: above 0.
            top_p: share of the probability that the likeliest tokens have, which alone are drawn.
            device: where the logits are.
        """
        import torch
        from transformers import TemperatureLogitsWarper, TopPLogitsWarper

        self._narrow = (TemperatureLogitsWarper(temperature), TopPLogitsWarper(top_p))
        self._generator = torch.Generator(device).manual_seed(seed)

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Return the noisy logits of the next token, shape (1, vocabulary)."""
        import torch

        for narrow in self._narrow:
            scores = narrow(input_ids, scores)
        noise = torch.empty_like(scores).exponential_(generator=self._generator)
        found: torch.Tensor = scores - noise.clamp_(min=torch.finfo(scores.dtype).tiny).log()
        return found
