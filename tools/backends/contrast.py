"""Contrastive decoding for models that give their logits."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import Cache, PreTrainedModel


class ContrastedLogits:
    """Lean a reply towards what a prompt has and another one lacks, token by token.

    The scores become (1 + a) with - a without (PAL, Findings of ACL 2023, section on decoding),
    where `without` are the logits after the other prompt and the same tokens of the reply. That
    is one more forward pass per token; the other prompt has a key-value cache of its own.
    """

    def __init__(
        self, model: "PreTrainedModel", without: "torch.Tensor", given: int, weight: float
    ) -> None:
        """Contrast one reply.

        Args:
            model: that writes it.
            without: the tokens of the other prompt, shape (1, tokens).
            given: how many tokens the prompt proper has.
            weight: the weight a, at least 0.
        """
        self._model = model
        self._next = without
        self._seen = given
        self._weight = weight
        self._cache: Cache | None = None

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Return the contrasted scores, shape (1, vocabulary), for the token after `input_ids`."""
        import torch

        written = input_ids[:, self._seen :]
        fed = torch.cat([self._next, written], dim=1)
        self._seen, self._next = input_ids.shape[1], written[:, :0]
        found = self._model(input_ids=fed, past_key_values=self._cache, use_cache=True)
        self._cache = found.past_key_values
        without: torch.Tensor = found.logits[:, -1, :].to(scores.dtype)
        return (1 + self._weight) * scores - self._weight * without
