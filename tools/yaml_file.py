"""Read a YAML file that people write: of a bounded size, without code, checked against its schema.

Files of this kind are passed on from one person to the next, so reading one must be harmless
whatever it holds: a file that names code, or that unfolds into more than a person could have
written, is refused with its line.
"""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.composer import Composer

from tools.errors import ConfigError

Schema = TypeVar("Schema", bound=BaseModel)

MAX_BYTES = 1024 * 1024
"""Size of a file; the largest that ships has a tenth of it."""

MAX_NODES = 100_000
"""Values in a file, each alias counted with all that it stands for."""

MAX_DEPTH = 50
"""Lists and maps inside each other."""


class BoundedLoader(Composer, yaml.CSafeLoader):
    """YAML without code, without a key twice, and of bounded depth and number of values.

    libyaml parses, six times as fast as Python; nodes are composed in Python, to be counted.
    """

    def __init__(self, stream: str) -> None:
        """Read the YAML text `stream`."""
        yaml.CSafeLoader.__init__(self, stream)
        Composer.__init__(self)
        self._depth = 0
        self._nodes = 0
        self._sizes: dict[int, int] = {}  # of finished nodes by identity; the tree keeps them alive

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node, counted.

        Raises:
            yaml.YAMLError: there are too many, they lie too deep, or one holds itself.
        """
        event = self.peek_event()
        before, alias = self._nodes, isinstance(event, yaml.AliasEvent)
        if self._depth >= MAX_DEPTH:
            raise _trouble(f"is nested more than {MAX_DEPTH} deep", event)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if alias and id(node) not in self._sizes:
            raise _trouble("has an alias inside of what it stands for", event)
        self._nodes += self._sizes[id(node)] if alias else 1
        if self._nodes > MAX_NODES:
            raise _trouble(f"holds more than {MAX_NODES} values", event)
        if not alias:
            self._sizes[id(node)] = self._nodes - before
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        """Return the next map.

        Raises:
            yaml.YAMLError: a key stands in it twice.
        """
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen and key.value != "<<":
                    raise _trouble(f"has the key {key.value[:60]!r} twice", key)
                seen.add(key.value)
        return node


def load_yaml(file: Path, loader: type[BoundedLoader] = BoundedLoader) -> Any:
    """Return the content of a YAML file, unchecked.

    Args:
        file: the YAML file.
        loader: for a dialect of its own.

    Raises:
        OSError: it cannot be opened.
        yaml.YAMLError: it is no YAML in UTF-8, holds code, or goes beyond the bounds above.
    """
    if file.exists() and not file.is_file():  # a named pipe would block, a device would never end
        raise yaml.YAMLError("it is no file")
    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise yaml.YAMLError(f"it is larger than {MAX_BYTES // 1024} kB")
    try:
        return yaml.load(data.decode("utf-8"), loader)
    except yaml.MarkedYAMLError as error:
        # Its own text repeats the line, which in a file of settings may be a secret.
        mark = error.problem_mark or error.context_mark
        where = f" in line {mark.line + 1}" if mark else ""
        raise yaml.YAMLError(f"{error.problem or error.context}{where}") from None
    except UnicodeDecodeError:
        raise yaml.YAMLError("it is not written in UTF-8") from None
    except yaml.YAMLError:
        raise
    except Exception as error:  # dates that are none, tags on what they do not fit, and more
        kind = type(error).__name__
        raise yaml.YAMLError(f"it holds a value of no known form ({kind})") from None


def read_yaml(file: Path, schema: type[Schema], kind: str) -> Schema:
    """Return the checked content of `file`.

    Args:
        file: the YAML file.
        schema: what it must hold.
        kind: what to call it in messages, e.g. `resource file`.

    Raises:
        ConfigError: it cannot be read, is no YAML, or something in it is missing or unknown.
    """
    try:
        return schema.model_validate(load_yaml(file))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(
            f"the {kind} {file.name!r} cannot be read ({error}); restore it or correct it"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "its top level"
        raise ConfigError(
            f"the {kind} {file.name!r} is wrong at {where!r} ({first['msg']}); correct it there"
        ) from error


def _trouble(what: str, at: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=f"it {what}", problem_mark=at.start_mark)
