"""How graph files and pattern files are written: their YAML, their arrows, and what is wrong."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tools.errors import ConfigError, UnknownName
from tools.yaml_file import BoundedLoader, load_yaml

Schema = TypeVar("Schema", bound=BaseModel)


class _Loader(BoundedLoader):
    """YAML without `on` and `yes` as booleans, and without anchors."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("anchors and aliases are not allowed in a graph file")
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    key: [(tag, regex) for tag, regex in pairs if tag != "tag:yaml.org,2002:bool"]
    for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def parse(path: Path, schema: type[Schema], kind: str, known: Iterable[str]) -> Schema:
    """Read a file against its schema.

    Args:
        path: the file.
        schema: what it must hold.
        kind: what to call it, e.g. `graph file`.
        known: every key that such a file may hold anywhere, for suggestions.

    Raises:
        ConfigError: it cannot be read, or holds something wrong or unknown.
    """
    try:
        return schema.model_validate(load_yaml(path, _Loader))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the {kind} {path.name!r}: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"the {kind} {path.name!r} is wrong: {_explain(error, known)}") from error


def _explain(error: ValidationError, known: Iterable[str]) -> str:
    """Say in a designer's language what pydantic found, with the nearest known key."""
    names, found = set(known), []
    for item in error.errors():
        where = " > ".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            found.append(f"{where}: {UnknownName('key', str(item['loc'][-1]), names)}")
        else:
            found.append(f"{where or 'the file'}: {item['msg']}")
    return "; ".join(found)


def arrows(lines: Iterable[str], path: Path) -> list[tuple[str, str]]:
    """Return the arrows of lines like `a, b -> c -> d`: a -> c, b -> c, c -> d.

    Raises:
        ConfigError: a line is written otherwise.
    """
    return [arrow for line in lines for arrow in _arrows(line, path)]


def _arrows(line: str, path: Path) -> list[tuple[str, str]]:
    stops = [[name.strip() for name in part.split(",")] for part in line.split("->")]
    if len(stops) < 2 or not all(name for stop in stops for name in stop):
        raise ConfigError(
            f"the graph file {path.name!r} has the arrow {line!r}; write it like `a, b -> c -> d`"
        )
    return [
        (a, b) for left, right in zip(stops, stops[1:], strict=False) for a in left for b in right
    ]
