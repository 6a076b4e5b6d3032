"""What a backend's `load` is given, without a models file and without fetched weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.catalogue import ModelConfig, ModelFile
from tools.models import Loading, ModelSet


@dataclass(frozen=True)
class _Loading(Loading):
    folder: Path = Path()

    def weights(self) -> Path:
        """Return the folder as it is; nothing is verified."""
        return self.folder


def loading(backend: str, folder: Path = Path(), **config: Any) -> Loading:
    """Make a `Loading` of a model `made` whose weight files lie in `folder`.

    Args:
        backend: its backend's name.
        folder: what `weights()` returns.
        config: further fields of its `ModelConfig`.
    """
    entry = ModelConfig(**{"task": "embed", "backend": backend, "weights": "made", **config})
    models = ModelSet(ModelFile(models={"made": entry}, profiles={"only": {}}), "only")
    return _Loading("made", entry, models, folder)
