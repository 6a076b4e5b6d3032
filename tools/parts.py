"""Which models a model uses: those that its options name, and those that its backend takes."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tools.registry import Registry

if TYPE_CHECKING:
    from tools.models import ModelSet

Parts = Callable[[Mapping[str, Any], "ModelSet"], tuple[str, ...]]

PARTS: Registry[tuple[str, ...]] = Registry(
    "backend that takes models which its options do not name",
    {"chat-strategy": "tools.backends.chat_strategy:parts"},
)
"""Backend name -> function `parts(options, models)`, told here so that asking for it does not
import every backend. A backend of one's own, `module:load`, has it in its module."""


def parts_of(name: str, models: "ModelSet", *, code: bool = False) -> tuple[str, ...]:
    """Return every model that a model uses, those of its parts among them, each once.

    Args:
        name: the model's.
        models: where its parts are.
        code: a backend may name code, whose module is then asked.

    Raises:
        UnknownName: no such model.
        ConfigError: its backend names code that is not there.
    """
    found: list[str] = []
    waiting = [name]
    while waiting:
        for part in _own(waiting.pop(0), models, code=code):
            if part != name and part not in found:
                found.append(part)
                waiting.append(part)
    return tuple(found)


def _own(name: str, models: "ModelSet", *, code: bool) -> list[str]:
    config = models.config(name)
    named = [one for one in _words(config.options) if one in models.configs]
    if ":" in config.backend and code:
        own: Parts | None = getattr(_module(config.backend), "parts", None)
        return [*named, *(own(config.options, models) if own else ())]
    if config.backend in PARTS:
        named += PARTS[config.backend](config.options, models)
    return named


def _module(backend: str) -> Any:
    try:
        return import_module(backend.partition(":")[0])
    except ImportError:  # whoever loads it says so
        return None


def _words(value: object) -> Iterator[str]:
    """Yield every text in options, the names of a mapping among them: a blend's are models."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from (*_words(key), *_words(each))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _words(each)
