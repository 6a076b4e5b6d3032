"""BERTScore by the library of its authors, with a model from a folder (Zhang et al., ICLR 2020)."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.errors import ConfigError, WeightsError
from tools.metrics.extra import package

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
    library = package("bert_score", "bert-score", "BERTScore")
    # The library fails on an empty text with the transformers of today, and would give it 0.
    texts = list(zip(replies, references, strict=True))
    filled = [place for place, pair in enumerate(texts) if all(text.strip() for text in pair)]
    items = [0.0] * len(texts)
    if filled:
        package("transformers.utils.logging", "transformers", "BERTScore").disable_progress_bar()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            try:
                found = library.score(
                    [replies[place] for place in filled],
                    [references[place] for place in filled],
                    model_type=str(folder),
                    num_layers=layer,
                    batch_size=batch,
                )[2]
            except AssertionError as error:
                raise ConfigError(
                    f"the model {called!r} has no layer {layer}; choose a lower one"
                ) from error
        for place, value in zip(filled, found.tolist(), strict=True):
            items[place] = 100 * float(value)
    title = f"BERTScore F1 ({called}, layer {layer})"
    return BertScore(title, sum(items) / max(len(items), 1), items)


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
