"""Sentence vectors and token states from all-MiniLM-L6-v2 (Reimers and Gurevych 2019).

One copy of the weights serves retrieval, which wants the pooled vector of the last layer, and the
heads for emotion and danger, which want the states of all tokens part of the way up. A text that
several of them read in one turn is encoded once.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, Field
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from tools.backends.device import torch_device
from tools.backends.minilm_engine import Engine, damaged, open_onnx, open_torch
from tools.backends.options import read_options
from tools.backends.recent_states import RecentStates
from tools.models import Loading

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_log = logging.getLogger(__name__)

Vector: TypeAlias = npt.NDArray[np.float32]
"""A sentence, shape (width,), of length 1; the width of all-MiniLM-L6-v2 is 384."""

MAX_TOKENS = 256
"""Tokens that are read, the limit that the encoder was trained with."""

MAX_CHARACTERS = 4_096
"""Characters that are tokenized; prose fills `MAX_TOKENS` with about 1,200."""

_BATCH = 32
_ALIKE = 8
"""Texts of about one length that are encoded together where all their layers are kept."""


class Options(BaseModel, extra="forbid"):
    """What `options:` of a MiniLM model may say.

    Attributes:
        threads: CPU threads of the encoder, never more than there are cores.
        engine: what runs the layers on a CPU; a GPU always takes torch.
    """

    threads: int = Field(default=2, ge=1)
    engine: Literal["onnx", "torch"] = "onnx"


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
        WeightsError: the folder holds no whole BERT encoder.
        ConfigError: an option or the device is wrong.
    """
    options = read_options(Options, loading)
    threads = min(options.threads, os.cpu_count() or 1)
    folder, device = loading.weights(), torch_device(loading)
    if device == "cpu" and options.engine == "onnx":
        try:
            encoder = MiniLM(open_onnx(folder, threads), open_tokenizer(folder))
            # Heads take a fifth of a millisecond. Two threads save nothing there, and where the
            # cores are busy each waits for the other: 22 to 38 ms of the slowest twentieth, not 5.
            torch.set_num_threads(1)
            return encoder
        except Exception as error:  # torch runs more, and names what is wrong with the weights
            _log.warning("the encoder runs on torch, which is slower: %s", error)
    torch.set_num_threads(threads)
    return open_encoder(folder, device)


def open_encoder(folder: Path, device: str = "cpu") -> "MiniLM":
    """Read an encoder and its tokenizer from a folder, to run on torch.

    Raises:
        WeightsError: the folder holds no whole BERT encoder that transformers can read.
    """
    return MiniLM(open_torch(folder, device), open_tokenizer(folder))


def open_tokenizer(folder: Path) -> "Tokenizer":
    """Read the tokenizer of a folder, which cuts at `MAX_TOKENS` and pads nothing.

    Raises:
        WeightsError: the folder holds no tokenizer.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises nothing narrower
        raise damaged(folder, error) from error
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer


class MiniLM:
    """A BERT encoder over batches of sentences of any length; safe to call from many threads."""

    def __init__(self, engine: Engine, tokenizer: "Tokenizer") -> None:
        """Encode with `engine` what `tokenizer` has cut to `MAX_TOKENS`."""
        self._engine = engine
        self._tokenizer = tokenizer
        self._recent = RecentStates()

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return self._engine.width

    @property
    def depth(self) -> int:
        """Transformer layers."""
        return self._engine.depth

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""
        return self._engine.device

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

        The states of a few texts are kept for whoever reads the same texts next; many texts are a
        corpus, which nobody reads again.

        Args:
            texts: the texts; what goes beyond `MAX_TOKENS` of one is not read.
            layers: which layers' states are wanted, 0 being the embeddings.

        Yields:
            The places of a batch's texts in `texts`, and the batch's states.
        """
        tokens = self._tokenize(texts)
        if 0 < len(tokens) <= self._recent.kept:
            yield list(range(len(tokens))), self._shared(tokens, layers)
            return
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            yield places, self._encode([tokens[place] for place in places], layers)

    def forget(self) -> None:
        """Drop what was derived from what people said."""
        self._recent.forget()

    def keep(self, texts: int) -> None:
        """Keep the states of so many texts: of a corpus, where many turns are read side by side.

        Those of 500 sentences take about 150 MB.
        """
        self._recent.kept = texts

    def _tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        # A lone surrogate cannot be written as UTF-8, and the tokenizer would refuse the batch.
        short = [text[:MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(short)]

    def _shared(self, tokens: list[list[int]], layers: Sequence[int]) -> TokenStates:
        """Return states of all layers that are kept, or that are kept from now on."""
        rows = [states[:, list(layers)] for states in self._recent.take(tokens, self._encode_all)]
        if len(rows) == 1:
            shown = torch.ones(1, len(rows[0]), dtype=torch.bool, device=self.device)
            return TokenStates(rows[0].unsqueeze(0), shown)
        lengths = torch.tensor([len(ids) for ids in tokens], device=self.device)
        mask = torch.arange(int(lengths.max()), device=self.device) < lengths[:, None]
        return TokenStates(pad_sequence(rows, batch_first=True), mask)

    def _encode_all(self, tokens: list[list[int]]) -> list[Tensor]:
        found: dict[int, Tensor] = {}
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        for start in range(0, len(order), _ALIKE):
            places = order[start : start + _ALIKE]
            states = self._encode([tokens[place] for place in places], range(self.depth + 1))
            for place, row, shown in zip(places, states.hidden, states.mask, strict=True):
                # A mask copies; a slice would keep the whole batch in memory.
                found[place] = row if len(places) == 1 else row[shown]
        return [found[place] for place in range(len(tokens))]

    def _encode(self, tokens: list[list[int]], layers: Sequence[int]) -> TokenStates:
        longest = max(map(len, tokens))
        ids = torch.zeros(len(tokens), longest, dtype=torch.long)
        mask = torch.zeros(len(tokens), longest, dtype=torch.bool)
        for row, line in enumerate(tokens):
            ids[row, : len(line)] = torch.tensor(line)
            mask[row, : len(line)] = True
        return TokenStates(self._engine.run(ids, mask, layers), mask.to(self.device))
