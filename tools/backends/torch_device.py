"""Where a torch model runs."""

import torch

from tools.errors import ConfigError
from tools.models import Loading


def torch_device(loading: Loading) -> str:
    """Return `cpu` or `cuda` for a model whose entry says `cpu`, `cuda` or `auto`.

    Raises:
        ConfigError: another device, or `cuda` where there is none.
    """
    device = loading.config.device
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device not in ("cpu", "cuda") or (device == "cuda" and not torch.cuda.is_available()):
        raise ConfigError(
            f"the model {loading.name!r} cannot run on {device!r} here; choose cpu or auto"
        )
    return device
