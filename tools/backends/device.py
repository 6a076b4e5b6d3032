"""Where a torch model runs."""

from tools.errors import ConfigError
from tools.models import Loading


def torch_device(loading: Loading) -> str:
    """Return the torch device that a model's entry asks for.

    `auto` is the first GPU where there is one, else the CPU; `cuda:1` picks one of several.

    Raises:
        ConfigError: there is no such device here.
    """
    import torch

    wanted = loading.config.device
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    known = ["cpu", "auto", *(["cuda"] if gpus else []), *(f"cuda:{n}" for n in range(gpus))]
    if wanted not in known:
        raise ConfigError(
            f"the model {loading.name!r} cannot run on {wanted!r} here; "
            f"choose {', '.join(known)} as its `device`"
        )
    if wanted == "auto":
        return "cuda" if gpus else "cpu"
    return wanted
