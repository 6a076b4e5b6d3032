"""The card that came with a model's weights: what its maker said of it."""

from pathlib import Path
from typing import Any

import yaml

from tools.catalogue import ModelConfig
from tools.errors import ConfigError
from tools.weights import Store
from tools.weights.manifest import Shipped
from tools.yaml_file import load_yaml

CARD_FILE = "card.yaml"


def own_card(config: ModelConfig) -> tuple[Path | None, dict[str, Any]]:
    """Return the folder of the card beside weights that ship or were trained, and what it says.

    Raises:
        ConfigError: the card cannot be read.
    """
    for folder in _folders(config):
        if (folder / CARD_FILE).is_file():
            try:
                said = load_yaml(folder / CARD_FILE)
            except (OSError, yaml.YAMLError) as error:
                raise ConfigError(f"the card in {folder.name!r} cannot be read: {error}") from error
            return folder, said if isinstance(said, dict) else {}
    return None, {}


def _folders(config: ModelConfig) -> list[Path]:
    store, folders = Store(), []
    entry = store.manifest.weights.get(config.weights) if config.weights else None
    if entry is not None and any(isinstance(source, Shipped) for source in entry.sources):
        folders.append(store.shipped_folder(str(config.weights)))
    if isinstance(trained := config.options.get("folder"), str):
        folders.append(Path(trained))
    return folders
