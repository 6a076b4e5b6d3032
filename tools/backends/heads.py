"""Small trained networks on the shared MiniLM encoder: how they are found, read and refused.

A head is two files that one training run wrote: `model.safetensors`, and `card.yaml`, which says
what network the weights belong to.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from torch import nn

from tools.backends.minilm import MiniLM
from tools.errors import ConfigError, WeightsError
from tools.models import Loading
from tools.yaml_file import load_yaml

WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "card.yaml"

CardT = TypeVar("CardT", bound=BaseModel)
NetworkT = TypeVar("NetworkT", bound=nn.Module)


def shared_encoder(loading: Loading) -> MiniLM:
    """Return the encoder that a head's option `encoder` names.

    Raises:
        ConfigError: the option is missing or names no MiniLM model.
    """
    if "encoder" not in loading.config.options:
        raise ConfigError(
            f"the model {loading.name!r} needs `options: {{encoder: NAME}}`, "
            "the MiniLM model that it stands on"
        )
    encoder = loading.shared("encoder")
    if not isinstance(encoder, MiniLM):
        raise ConfigError(
            f"the model {loading.name!r} stands on {loading.config.options['encoder']!r}, "
            "which is no MiniLM model; choose one with the backend minilm"
        )
    return encoder


def read_head(
    folder: Path, kind: str, schema: type[CardT], build: Callable[[CardT], NetworkT]
) -> tuple[CardT, NetworkT]:
    """Build the network that a folder's card describes, and load its weights.

    Args:
        folder: of the two files.
        kind: what the head is, for messages, e.g. `risk`.
        schema: what the program reads from the card.
        build: makes the network, with any weights.

    Raises:
        WeightsError: a file is missing, or card and weights do not fit each other.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        card = schema.model_validate(load_yaml(folder / CARD_FILE))
        network = build(card)
        network.load_state_dict(load_file(folder / WEIGHTS_FILE))
    except (OSError, yaml.YAMLError, ValidationError, SafetensorError, RuntimeError) as error:
        raise WeightsError(
            f"the {kind} head in {folder.name!r} cannot be loaded: {error}; "
            f"its {CARD_FILE} and {WEIGHTS_FILE} must come from one training run"
        ) from error
    return card, network


def require_fit(folder: Path, kind: str, encoder: MiniLM, *, width: int, deepest: int = 0) -> None:
    """Refuse a head that was trained on another encoder.

    Args:
        folder: where the head was read, for the message.
        kind: what it is.
        encoder: what it would stand on.
        width: numbers in a vector of the encoder that it was trained on.
        deepest: the highest layer whose states it reads.

    Raises:
        WeightsError: the encoder is another one.
    """
    if encoder.width != width or encoder.depth < deepest:
        raise WeightsError(
            f"the {kind} head in {folder.name!r} was trained on another encoder than this"
        )
