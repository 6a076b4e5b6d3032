"""Names to factories, loaded lazily: `registry["deepface"]` imports DeepFace only then."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

from tools.errors import ConfigError, UnknownName

T = TypeVar("T")


class Registry(Generic[T]):
    """Map a short name to a factory or to a lazy `"module:attr"` path.

    Entries are written down in one explicit dict; importing a module never registers anything.
    """

    def __init__(self, kind: str, entries: Mapping[str, str | Callable[..., T]]) -> None:
        """Hold `entries` of one `kind`; the kind is the noun used in error messages."""
        self.kind = kind
        self._entries: dict[str, str | Callable[..., T]] = dict(entries)

    def add(self, name: str, factory: str | Callable[..., T]) -> None:
        """Register `factory`.

        Raises:
            ConfigError: `name` is taken.
        """
        if name in self._entries:
            raise ConfigError(f"{self.kind} {name!r} is registered already; choose another name")
        self._entries[name] = factory

    def __getitem__(self, name: str) -> Callable[..., T]:
        """Return the factory called `name`, importing its module on first use.

        Raises:
            UnknownName: no such entry.
        """
        if name not in self._entries:
            raise UnknownName(self.kind, name, self._entries)
        entry = self._entries[name]
        if isinstance(entry, str):
            entry = self._entries[name] = load_attribute(entry)
        return entry

    def __contains__(self, name: object) -> bool:
        """Tell whether `name` is registered, without importing it."""
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names in the order they were registered."""
        return iter(self._entries)


def load_attribute(path: str) -> Any:
    """Import `"package.module:attribute"`.

    Raises:
        ConfigError: the path has no colon, or module or attribute do not exist.
    """
    module, _, attribute = path.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"cannot load {path!r}: {error}") from error
