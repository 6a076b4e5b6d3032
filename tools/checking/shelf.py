"""The models of a file as a table: what each is, and whether its weights are here."""

from tools.catalogue import ModelConfig
from tools.checking.contracts import PERCEPTION
from tools.checking.entry import licence
from tools.models import ModelSet
from tools.weights import Store

_NEEDS = {"trust": "wants --trust", "pickle": "wants --allow-pickle"}


def shelf(models: ModelSet, *, bound: bool) -> list[dict[str, str]]:
    """Return a row a model, by task.

    Args:
        models: of a file and a profile.
        bound: only those that the profile binds, each list cut to the one that is taken.

    Raises:
        UnknownName: an entry names weights or a backend that nobody knows.
    """
    names = list(dict.fromkeys(models.names())) if bound else list(models.configs)
    tasks = list(dict.fromkeys(models.config(name).task for name in names))
    ordered = sorted(names, key=lambda name: tasks.index(models.config(name).task))
    store = Store()
    return [_row(name, models.config(name), store) for name in ordered]


def _row(name: str, config: ModelConfig, store: Store) -> dict[str, str]:
    return {
        "task": config.task,
        "model": name,
        "backend": config.backend,
        "weights": _weights(config, store),
        "licence": licence(config) or "none stated",
        "weight": _weight(config),
    }


def _weights(config: ModelConfig, store: Store) -> str:
    if config.weights is None:
        return "none needed"
    if needs := store.undecided(config.weights):
        return _NEEDS[needs]
    return store.state(config.weights)


def _weight(config: ModelConfig) -> str:
    if config.task not in PERCEPTION:
        return ""
    return f"{config.skill.weight:.2f}" if config.skill else "0 (not measured)"
