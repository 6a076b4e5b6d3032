"""Measures that take a model or data of their own, and so are asked for by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import weights
from tools.errors import ConfigError
from tools.metrics.bertscore import bert_score, hub_folder

LOCAL = "all-minilm-l6-v2"
"""The encoder that is at hand without a hub; its best layer on no benchmark, named in the score."""


@dataclass(frozen=True)
class Further:
    """What is measured besides.

    Attributes:
        bert: `MODEL:LAYER` for BERTScore, a name of `weights.yaml`, a folder or a hub's name; empty
            for none.
        wordnet: folder of WordNet, for METEOR with synonyms.
    """

    bert: str = ""
    wordnet: Path | None = None

    def bert_score(self, texts: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        """Return BERTScore under its name; nothing where it was not asked for.

        Raises:
            ConfigError: it is not written as MODEL:LAYER, or bert-score is not installed.
            WeightsError: the model is not there.
        """
        if not self.bert:
            return {}
        name, _, layer = self.bert.rpartition(":")
        if not name or not layer.isdigit():
            raise ConfigError(
                f"{self.bert!r} names no model and layer; write it as MODEL:LAYER, e.g. {LOCAL}:5"
            )
        found = bert_score(texts, references, _folder(name), int(layer), name=Path(name).name)
        return {found.name: found.mean}


def _folder(name: str) -> Path:
    if name in weights.entries():
        return weights.require(name)
    return Path(name) if Path(name).is_dir() else hub_folder(name)
