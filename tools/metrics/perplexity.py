"""How well a language model foresees the references: perplexity in both of its definitions."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict  # pydantic needs this one before 3.12

from tools.errors import DataError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Perplexity(TypedDict):
    """Perplexity of `n` references of `tokens` tokens; compares only within one tokenizer.

    Attributes:
        corpus: exp of the mean over all tokens, as the field reports now.
        sentence_mean: mean over references of exp of their own mean, as older papers reported;
            ESConv's authors corrected theirs from this one (BlenderBot 16.03) to the other
            (18.61).
        n: references with at least one token.
        tokens: of all of them.
    """

    corpus: float
    sentence_mean: float
    n: int
    tokens: int


def perplexity(rows: Sequence[Sequence[float]]) -> Perplexity:
    """Return the perplexity of references by the log-probabilities of their tokens.

    Args:
        rows: natural logarithms, teacher-forced: each token's given all true ones before it. A
            row without a token is left out; there is nothing in it to foresee.

    Raises:
        DataError: no row has a token.
    """
    filled = [row for row in rows if row]
    if not filled:
        raise DataError("no reference has a token; choose a split that has replies")
    tokens = sum(map(len, filled))
    return {
        "corpus": math.exp(-math.fsum(value for row in filled for value in row) / tokens),
        "sentence_mean": sum(math.exp(-math.fsum(row) / len(row)) for row in filled) / len(filled),
        "n": len(filled),
        "tokens": tokens,
    }


def log_probabilities(
    model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", prompt: str, reply: str
) -> list[float]:
    """Return the log-probability of each token of a reply after a prompt, teacher-forced.

    Prompt and reply are cut into tokens on their own, as they are where a model writes. The token
    that ends a reply is not counted.

    Args:
        model: a causal transformers model in evaluation mode.
        tokenizer: its tokenizer.
        prompt: the whole text before the reply, special tokens written out.
        reply: what is scored; empty gives an empty list.

    Returns:
        Natural logarithms, shape (tokens of the reply,).
    """
    import torch

    before, after = (
        tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"].long()
        for text in (prompt, reply)
    )
    length = after.shape[1]
    if not length:
        return []
    caller: Any = model  # the type of its `forward` fits no model
    with torch.inference_mode():
        ids = torch.cat([before, after], 1).to(model.device)
        # Of the whole vocabulary, only what the reply needs: a long prompt would take gigabytes.
        logits = caller(input_ids=ids, logits_to_keep=length + 1).logits[0, -length - 1 : -1]
        rows = logits.float().log_softmax(-1).gather(1, ids[0, -length:, None])
    found: list[float] = rows[:, 0].tolist()
    return found
