"""Sentence vectors and token states from all-MiniLM-L6-v2 (Reimers and Gurevych 2019).

One copy of the weights serves retrieval, which wants the pooled vector of the last layer, and the
text-emotion head, which wants the states of all tokens part of the way up.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, Field
from torch import Tensor

from tools.backends.device import torch_device
from tools.backends.options import read_options
from tools.errors import WeightsError
from tools.models import Loading

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerBase

Vector: TypeAlias = npt.NDArray[np.float32]
"""A sentence, shape (width,), of length 1; the width of all-MiniLM-L6-v2 is 384."""

MAX_TOKENS = 256
"""Tokens that are read, the limit that the encoder was trained with."""

MAX_CHARACTERS = 4_096
"""Characters that are tokenized; prose fills `MAX_TOKENS` with about 1,200."""

_BATCH = 32


class Options(BaseModel, extra="forbid"):
    """What `options:` of a MiniLM model may say.

    Attributes:
        threads: CPU threads of torch in this process, never more than it has already.
    """

    threads: int = Field(default=2, ge=1)


@dataclass(frozen=True)
class TokenStates:
    """What the encoder thinks of every token of a batch.

    Attributes:
        hidden: the states after each layer that was asked for, (batch, tokens, layers, width).
        mask: True where there is a token, False where a shorter text is padded; (batch, tokens).
    """

    hidden: Tensor
    mask: Tensor


def load(loading: Loading) -> "MiniLM":
    """Load the encoder from the model's folder.

    Raises:
        WeightsError: the folder holds no BERT encoder that transformers can read.
        ConfigError: an option or the device is wrong.
    """
    options = read_options(Options, loading)
    torch.set_num_threads(min(options.threads, torch.get_num_threads()))
    return open_encoder(loading.weights(), torch_device(loading))


def open_encoder(folder: Path, device: str = "cpu") -> "MiniLM":
    """Read an encoder and its tokenizer from a folder; nothing is downloaded.

    Raises:
        WeightsError: the folder holds no whole BERT encoder that transformers can read.
    """
    from transformers import AutoTokenizer, BertModel
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]  # has no types
    bert: Any = BertModel  # its types leave out that the report comes with the model
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model, report = bert.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            attn_implementation="sdpa",  # takes a mask of booleans
            output_loading_info=True,
        )
    except Exception as error:  # each kind of damage has an error type of its own
        raise WeightsError(
            f"the encoder in {folder.name!r} cannot be loaded: {str(error).partition(chr(10))[0]}; "
            "fetch its weights again"
        ) from error
    absent = sorted(key for key in report["missing_keys"] if not key.startswith("pooler."))
    if absent:
        raise WeightsError(
            f"the weights of the encoder in {folder.name!r} lack {absent[0]!r}; "
            "they are of another kind of model"
        )
    return MiniLM(model.to(device).eval(), tokenizer)


class MiniLM:
    """A BERT encoder over batches of sentences of any length; safe to call from many threads."""

    def __init__(self, model: "BertModel", tokenizer: "PreTrainedTokenizerBase") -> None:
        """Encode with `model`, which is in evaluation mode."""
        self._model = model
        self._tokenizer = tokenizer
        self._tokenizing = threading.Lock()

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self._model.config.hidden_size)

    @property
    def depth(self) -> int:
        """Transformer layers."""
        return int(self._model.config.num_hidden_layers)

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""
        return self._model.device

    def predict(self, items: Sequence[str], /) -> list[Vector]:
        """Return one vector of length 1 per text: the mean over its tokens, normalised."""
        vectors: dict[int, Vector] = {}
        for places, states in self.stream(items, [self.depth]):
            shown = states.mask.unsqueeze(-1)
            mean = (states.hidden[:, :, 0] * shown).sum(1) / shown.sum(1)
            for place, row in zip(places, torch.nn.functional.normalize(mean), strict=True):
                vectors[place] = row.cpu().numpy()
        return [vectors[place] for place in range(len(items))]

    def stream(
        self, texts: Sequence[str], layers: Sequence[int]
    ) -> Iterator[tuple[list[int], TokenStates]]:
        """Encode any number of texts in batches of similar length.

        Args:
            texts: the texts; what goes beyond `MAX_TOKENS` of one is not read.
            layers: which layers' states are wanted, 0 being the embeddings; none above the
                highest of them is run.

        Yields:
            The places of a batch's texts in `texts`, and the batch's states.
        """
        tokens = self._tokenize(texts)
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            yield places, self._encode([tokens[place] for place in places], layers)

    def _tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        # A lone surrogate cannot be written as UTF-8, and the tokenizer would refuse the batch.
        short = [text[:MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]
        with self._tokenizing:  # transformers' fast tokenizers are not safe to share
            ids: list[list[int]] = self._tokenizer(
                short, truncation=True, max_length=MAX_TOKENS, return_attention_mask=False
            )["input_ids"]
        return ids

    @torch.inference_mode()
    def _encode(self, tokens: list[list[int]], layers: Sequence[int]) -> TokenStates:
        longest = max(map(len, tokens))
        ids = torch.zeros(len(tokens), longest, dtype=torch.long)
        mask = torch.zeros(len(tokens), longest, dtype=torch.bool)
        for row, line in enumerate(tokens):
            ids[row, : len(line)] = torch.tensor(line)
            mask[row, : len(line)] = True
        ids, mask = ids.to(self.device), mask.to(self.device)
        # Layer by layer: transformers' own way to more than the last layer runs all of them.
        attended = None if mask.all() else mask[:, None, None, :]
        hidden = self._model.embeddings(input_ids=ids)
        found = {0: hidden}
        for index, layer in enumerate(self._model.encoder.layer[: max(layers)], start=1):
            hidden = layer(hidden, attention_mask=attended)
            if index in layers:
                found[index] = hidden
        return TokenStates(torch.stack([found[layer] for layer in layers], dim=2), mask)
