"""Text emotion with a transformers sequence classifier, e.g. RoBERTa fine-tuned on GoEmotions.

GoEmotions (Demszky et al. 2020) has 28 labels, several of which may hold at once, so that such a
model gives every label a probability of its own (a sigmoid each). Those stay as they are in
`detail`. `scores` must sum to 1: there each probability is divided by the sum over the labels that
map to an emotion, so that a label with twice the probability weighs twice as much. Models of one
label a text (softmax) go the same way.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from tools.backends.device import torch_device
from tools.backends.minilm_head import unread
from tools.backends.options import read_options
from tools.backends.pretrained import read_pretrained
from tools.errors import ConfigError, UnknownName
from tools.models import Loading
from tools.perceived import Perceived

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_CHARACTERS_PER_TOKEN = 32
"""Prose has four to six; a text beyond this is cut before it is tokenized, which takes time."""


class Options(BaseModel, extra="forbid"):
    """What `options:` of a sequence classifier may say.

    Attributes:
        longest: how many tokens of a text are read, from its beginning.
        head: `sigmoid` where several labels may hold at once, `softmax` where one does; by default
            as the model's `config.json` says.
        ignore: labels of the model that stand for no emotion and get no score.
        english: mark texts missing that are mostly in another than the Latin script.
    """

    longest: int = Field(default=512, ge=8)
    head: Literal["auto", "sigmoid", "softmax"] = "auto"
    ignore: list[str] = Field(default_factory=list)
    english: bool = True


def load(loading: Loading) -> "SequenceClassifier":
    """Load a classifier and its tokenizer from the model's folder.

    Raises:
        WeightsError: the folder is no complete safetensors classifier.
        UnknownName: `labels` or `ignore` name a label that the model does not have.
        ConfigError: a label of the model is not mapped, or an option or the device is wrong.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    options = read_options(Options, loading)
    model, tokenizer = read_pretrained(
        loading,
        AutoModelForSequenceClassification,
        dtype=torch.float32,
        device=torch_device(loading),
    )
    labels = [str(label) for _, label in sorted((model.config.id2label or {}).items())]
    _check_labels(labels, loading, options)
    if options.head == "auto":
        several = model.config.problem_type == "multi_label_classification"
        options = options.model_copy(update={"head": "sigmoid" if several else "softmax"})
    return SequenceClassifier(model, tokenizer, labels, options)


def _check_labels(labels: Sequence[str], loading: Loading, options: Options) -> None:
    """Make sure that every label of the model is mapped or ignored, and no other one is."""
    mapped = loading.config.labels
    for name in [*mapped, *options.ignore]:
        if name not in labels:
            raise UnknownName(f"label of the model {loading.name!r}", name, labels)
    lost = [label for label in labels if label not in mapped and label not in options.ignore]
    if lost:
        raise ConfigError(
            f"the labels {', '.join(lost)} of the model {loading.name!r} are not mapped; add them "
            "under its `labels:` in models.yaml, or under `options: {ignore: [...]}`"
        )


class SequenceClassifier:
    """A sequence classifier over batches of texts.

    Its tokenizer is not safe to share, so that it must be called from one thread, its host's.
    """

    def __init__(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        labels: Sequence[str],
        options: Options,
    ) -> None:
        """Classify with `model`, which is in evaluation mode.

        Args:
            model: gives one logit per label.
            tokenizer: the model's own.
            labels: the model's labels in the order of its logits.
            options: how to read the logits.
        """
        self._model = model
        self._tokenizer = tokenizer
        self._labels = labels
        self._options = options
        self._longest = min(options.longest, tokenizer.model_max_length, _positions(model))

    def predict(self, items: Sequence[str], /) -> list[Perceived]:
        """Return one finding per text: `scores` sum to 1, `detail` has the model's own numbers."""
        found = [self._unread(item) for item in items]
        readable = [place for place, finding in enumerate(found) if not finding.missing]
        rows, cut = self._probabilities([items[place] for place in readable])
        for place, row, shortened in zip(readable, rows, cut, strict=True):
            detail = dict(zip(self._labels, row, strict=True))
            felt = {k: p for k, p in detail.items() if k not in self._options.ignore}
            total = sum(felt.values())
            note = f"only the first {self._longest} tokens were read" if shortened else ""
            found[place] = Perceived({k: p / total for k, p in felt.items()}, "", note, detail)
        return found

    def _unread(self, text: str) -> Perceived:
        reason = unread(text)
        if reason == "language" and self._options.english:
            return Perceived(missing="language", note="the model reads English only")
        if not text.strip() or reason == "not given":
            return Perceived(missing="not given", note="an empty text")
        return Perceived()

    def _probabilities(self, texts: list[str]) -> tuple[list[list[float]], list[bool]]:
        """Return every text's probabilities, and whether its end was left out."""
        import torch

        if not texts:
            return [], []
        most = self._longest * _CHARACTERS_PER_TOKEN
        # A lone surrogate cannot be written as UTF-8, and the tokenizer would refuse the batch.
        short = [text[:most].encode("utf-8", "replace").decode() for text in texts]
        batch = self._tokenizer(
            short,
            truncation=True,
            max_length=self._longest + 1,  # one token more tells that there was more
            padding=True,
            return_tensors="pt",
        )
        cut = (batch["attention_mask"].sum(1) > self._longest).tolist()
        if any(cut):
            batch = self._tokenizer(
                short,
                truncation=True,
                max_length=self._longest,
                padding=True,
                return_tensors="pt",
            )
        with torch.inference_mode():
            logits = self._model(**batch.to(self._model.device)).logits.double()
        sigmoid = self._options.head == "sigmoid"
        probabilities = logits.sigmoid() if sigmoid else logits.softmax(-1)
        return probabilities.tolist(), cut


def _positions(model: "PreTrainedModel") -> int:
    """Return how many tokens have a position; RoBERTa counts from behind its padding token."""
    config = model.config
    positions: int = getattr(config, "max_position_embeddings", 0) or 1_000_000
    counts_from = config.pad_token_id + 1 if "roberta" in config.model_type else 0
    return positions - counts_from
