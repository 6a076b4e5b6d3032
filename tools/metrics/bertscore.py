"""BERTScore by the library of its authors, with a model from a folder (Zhang et al., ICLR 2020)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.errors import ConfigError, WeightsError
from tools.metrics.extra import package

_LONGEST = 512
_PADDED_POSITIONS = {"roberta", "xlm-roberta", "camembert"}
"""Models whose first two positions stand for padding."""

_SPACED = {"roberta", "gpt2"}
"""Models that the library gives a space before the first word, which transformers 5 overhears."""

_WANTED = ["*.json", "*.txt", "*.model", "*.safetensors"]


@dataclass(frozen=True)
class BertScore:
    """BERTScore F1 under the name of the model and layer that make the number.

    Attributes:
        name: e.g. `BERTScore F1 (all-minilm-l6-v2, layer 5)`. Values of two names do not compare:
            papers of the field report `roberta-large`, layer 17, where everything lies above 80.
        mean: of all replies, x100, not rescaled by a baseline.
        items: each reply's, x100; 0 for an empty one.
    """

    name: str
    mean: float
    items: list[float]


def bert_score(
    replies: Sequence[str],
    references: Sequence[str],
    folder: Path,
    layer: int,
    *,
    name: str | None = None,
    batch: int = 64,
) -> BertScore:
    """Return BERTScore F1 of replies, without idf weights and without rescaling.

    Args:
        replies: what was written.
        references: one for each.
        folder: a transformers encoder with safetensors weights, e.g.
            `tools.weights.require("all-minilm-l6-v2")` or `hub_folder("FacebookAI/roberta-large")`.
        layer: whose hidden states are compared; the authors name the best one of many models in
            `bert_score.utils.model2layers`.
        name: what to call the model in the score's name; the folder's name by default.
        batch: pairs at a time.

    Raises:
        ConfigError: bert-score is not installed, or the model has fewer layers.
        WeightsError: the folder is no transformers model, or holds no safetensors.
        ValueError: the numbers of replies and references differ.
    """
    if len(replies) != len(references):
        raise ValueError(
            f"{len(replies)} replies and {len(references)} references; give one for each reply"
        )
    called = name or folder.name
    # Without them transformers would unpickle what lies there instead.
    if not any(folder.glob("*.safetensors")) or not (folder / "config.json").is_file():
        raise WeightsError(
            f"the folder of {called!r} holds no transformers model with safetensors weights; "
            "give one that does"
        )
    # The library fails on an empty text with the transformers of today, and would give it 0.
    texts = list(zip(replies, references, strict=True))
    filled = [place for place, pair in enumerate(texts) if all(text.strip() for text in pair)]
    items = [0.0] * len(texts)
    if filled:
        encoder = _Encoder(called, folder, layer)
        found = encoder.f1([texts[place] for place in filled], batch)
        for place, value in zip(filled, found, strict=True):
            items[place] = 100 * value
    title = f"BERTScore F1 ({called}, layer {layer})"
    return BertScore(title, sum(items) / max(len(items), 1), items)


class _Encoder:
    """A model cut off after a layer, read as data: no network, pickle or code of the folder."""

    def __init__(self, called: str, folder: Path, layer: int) -> None:
        from transformers import AutoConfig, AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        verbosity = logging.get_verbosity()
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # of layers left out
        safely: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        try:
            config = AutoConfig.from_pretrained(folder, **safely)
            layers = int(config.num_hidden_layers)
            spaced = {"add_prefix_space": True} if config.model_type in _SPACED else {}
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, **safely, **spaced)
            model, report = AutoModel.from_pretrained(
                folder,
                **safely,
                use_safetensors=True,
                num_hidden_layers=min(layer, layers),
                output_loading_info=True,
            )
        except Exception as error:  # each kind of damage has an error type of its own
            raise WeightsError(
                f"the model {called!r} cannot be read from its folder ({type(error).__name__}); "
                "fetch it again"
            ) from error
        finally:
            logging.set_verbosity(verbosity)
        # transformers would fill what is missing with random numbers and go on.
        if absent := sorted(key for key in report["missing_keys"] if "pooler" not in key):
            raise WeightsError(
                f"the weights of {called!r} lack {absent[0]!r}; they are of another kind of model"
            )
        self._model: Any = model
        if not 1 <= layer <= layers:
            raise ConfigError(
                f"the model {called!r} has no layer {layer}; choose one from 1 to {layers}"
            )
        # A tokenizer that names no longest text names a number that no library can take.
        room = getattr(config, "max_position_embeddings", _LONGEST)
        positions = room - 2 if config.model_type in _PADDED_POSITIONS else room
        self._tokenizer.model_max_length = min(self._tokenizer.model_max_length, positions)

    def f1(self, pairs: Sequence[tuple[str, str]], batch: int) -> list[float]:
        """Return F1 of each reply and reference, by the library; no text is empty."""
        import torch

        library = package("bert_score.utils", "bert-score", "BERTScore")
        device = "cuda" if torch.cuda.is_available() else "cpu"
        weights: defaultdict[int, float] = defaultdict(lambda: 1.0)
        weights[self._tokenizer.sep_token_id] = weights[self._tokenizer.cls_token_id] = 0.0
        found = library.bert_cos_score_idf(
            self._model.to(device).eval(),
            [reference for _, reference in pairs],
            [reply for reply, _ in pairs],
            self._tokenizer,
            weights,
            device=device,
            batch_size=batch,
        )
        f1: list[float] = found[:, 2].tolist()
        return f1


def hub_folder(name: str, revision: str | None = None) -> Path:
    """Return the folder of a model of the hub, downloaded once: its safetensors, never a pickle.

    Args:
        name: as on the hub, e.g. `FacebookAI/roberta-large`, which published numbers use with
            layer 17.
        revision: a commit, which keeps a number reproducible.

    Raises:
        WeightsError: the hub cannot be reached or does not have it.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=_WANTED))
    except Exception as error:  # the hub's errors have no common type
        raise WeightsError(
            f"the model {name!r} cannot be had from the hub ({type(error).__name__}); put its "
            "files into a folder by hand and give that"
        ) from error
