"""Fetch what a profile of `models.yaml` needs: for every node the best model that can be had."""

from collections.abc import Iterable

from tools.errors import WeightsError
from tools.models import ModelSet
from tools.weights.fetching import fetch
from tools.weights.manifest import Derived
from tools.weights.report import Report
from tools.weights.store import Store


def fetch_profile(store: Store, models: ModelSet, report: Report) -> bool:
    """Fetch one model's weights for every node and tell whether each node has a model.

    Of a list, the first model that is here, or is made from what is here, is kept, so that a second
    run needs no network; otherwise the first that can be had is fetched, and what could not be had
    is said.

    Raises:
        UnknownName: the profile or a model names what does not exist.
    """
    complete = True
    for node, choices in models.choices().items():
        here = next((m for m in choices if _is_here(store, models, m)), None)
        if here is None:
            complete &= _fetch_first(store, models, node, choices, report)
            continue
        _fetch_model(store, models, here, report)
        if better := choices[: choices.index(here)]:
            names = " ".join(name for model in better for name in needed(models, model))
            report.say(
                f"{node}: uses {here!r}; {better[0]!r} is preferred where it can be had "
                f"(python -m tools weights get {names})"
            )
    return complete


def needed(models: ModelSet, model: str) -> list[str]:
    """Return the weights entries of a model and of the models that its options name.

    Raises:
        UnknownName: no such model.
    """
    config = models.config(model)
    names = [config.weights] if config.weights else []
    for option in _named(config.options.values()):
        if option in models.configs and option != model:
            names += [name for name in needed(models, option) if name not in names]
    return names


def _named(options: Iterable[object]) -> list[str]:
    """Return the texts among options, and the keys of those that are mappings."""
    texts = [option for option in options if isinstance(option, str)]
    return texts + [str(key) for option in options if isinstance(option, dict) for key in option]


def _is_here(store: Store, models: ModelSet, model: str) -> bool:
    return all(_is_at_hand(store, name) for name in needed(models, model))


def _is_at_hand(store: Store, name: str) -> bool:
    """Say whether an entry is here, or is made on this machine from one that is."""
    sources = store.manifest.entry(name).sources
    return store.present(name) or any(
        isinstance(source, Derived) and store.present(source.of) for source in sources
    )


def _fetch_model(store: Store, models: ModelSet, model: str, report: Report) -> None:
    for name in needed(models, model):
        fetch(store, name, report=report)
        report.say(f"{name}: ready")


def _fetch_first(
    store: Store, models: ModelSet, node: str, choices: list[str], report: Report
) -> bool:
    problems: list[str] = []
    for model in choices:
        try:
            _fetch_model(store, models, model, report)
        except WeightsError as error:
            problems.append(str(error))
            continue
        if problems:
            report.say(f"{node}: uses {model!r}, because {'; '.join(problems)}")
        return True
    report.say(f"{node}: has no model, because {'; '.join(problems)}")
    return False
