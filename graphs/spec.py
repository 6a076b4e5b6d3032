"""What a graph file says: nodes, arrows, routes; and how one file includes another.

The file owns topology, model bindings, options and prompt names. It cannot name code, and a
condition is a typed comparison on a state key, never an expression.
"""

import hashlib
import json
import re
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from tools.errors import ConfigError, UnknownName

FOLDER = Path(__file__).parent
START, END = "START", "END"
Comparison = Literal["eq", "ne", "lt", "le", "gt", "ge", "in"]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "le": le,
    "gt": gt,
    "ge": ge,
    "in": lambda value, allowed: value in allowed,
}


class NodeSpec(BaseModel, extra="forbid"):
    """One entry under `nodes:`.

    Attributes:
        use: the node from the library, if not the entry's own name.
        model: a model that takes the place of the profile's.
        prompt: a prompt file that takes the place of the node's own.
        options: the node's options.
        join: wait for every parallel branch that leads here.
    """

    use: str | None = None
    model: str | None = None
    prompt: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    join: bool = False


class Case(BaseModel, extra="forbid"):
    """One conditional arrow: `{when: {turn: {lt: 3}}, to: explore}`; without `when`, always.

    A key may reach into a record with a dot: `user_emotion.label`.
    """

    when: dict[str, dict[Comparison, Any]] = Field(default_factory=dict)
    to: list[str]

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("to"), str):
            return {**data, "to": [data["to"]]}
        return data

    def holds(self, state: dict[str, Any]) -> bool:
        """Tell whether every comparison holds; a missing key or another type never does."""
        return all(
            _holds(compare, _value(state, key), wanted)
            for key, comparisons in self.when.items()
            for compare, wanted in comparisons.items()
        )


def _holds(compare: str, value: Any, wanted: Any) -> bool:
    try:
        return value is not None and _COMPARE[compare](value, wanted)
    except TypeError:
        return False


def _value(state: dict[str, Any], key: str) -> Any:
    value: Any = state
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


class Table(BaseModel, extra="forbid"):
    """A route by the value of one key: `{on: route, crisis: crisis, support: [listen, fusion]}`."""

    on: str
    to: dict[str, list[str]]

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, data: Any) -> Any:
        if isinstance(data, dict) and "to" not in data:
            targets = {k: [v] if isinstance(v, str) else v for k, v in data.items() if k != "on"}
            return {"on": data.get("on"), "to": targets}
        return data


Route = Table | list[Case]


class GraphSpec(BaseModel, extra="forbid"):
    """A whole graph, includes resolved."""

    name: str
    about: str = ""
    nodes: dict[str, NodeSpec]
    edges: list[tuple[str, str]]
    routes: dict[str, Route] = Field(default_factory=dict)

    def used(self, name: str) -> str:
        """Return the library's name of a node of this graph."""
        return self.nodes[name].use or name

    def targets(self, source: str) -> list[str]:
        """Return every node that an arrow or a route leads to from `source`."""
        found = [target for origin, target in self.edges if origin == source]
        match self.routes.get(source):
            case Table() as table:
                found += [target for targets in table.to.values() for target in targets]
            case list() as cases:
                found += [target for case in cases for target in case.to]
        return list(dict.fromkeys(found))

    def arrows(self) -> list[tuple[str, str]]:
        """Return all arrows, of edges and of routes."""
        return [(source, t) for source in [START, *self.nodes] for t in self.targets(source)]

    def hash(self) -> str:
        """Return the SHA-256 of what the spec says; its formatting and order do not count."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class GraphFile(BaseModel, extra="forbid"):
    """One graph file before its include is resolved.

    Attributes:
        include: the graph that this one changes, by name.
        drop: nodes of it that are left out, with every arrow that touches them.
        cut: arrows of it that are left out, written like `edges`.
    """

    name: str
    about: str = ""
    include: str | None = None
    drop: list[str] = Field(default_factory=list)
    cut: list[str] = Field(default_factory=list)
    nodes: dict[str, NodeSpec | None] = Field(default_factory=dict)
    edges: list[str] = Field(default_factory=list)
    routes: dict[str, Route] = Field(default_factory=dict)


class _Loader(yaml.SafeLoader):
    """YAML without `on` and `yes` as booleans, and without anchors that could blow up."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("anchors and aliases are not allowed in a graph file")
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    key: [(tag, regex) for tag, regex in pairs if tag != "tag:yaml.org,2002:bool"]
    for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def find_graph(name: str, folder: Path = FOLDER) -> Path:
    """Return the file of a graph given by path, or by name in `folder` or among the shipped ones.

    Raises:
        UnknownName: there is no such graph.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    for place in (folder, FOLDER):
        if (beside := place / f"{name}.yaml").is_file():
            return beside
    raise UnknownName("graph", name, (p.stem for p in FOLDER.glob("*.yaml")))


def read_graph(path: Path) -> GraphSpec:
    """Read a graph file and everything it includes; nothing is checked beyond its form.

    Raises:
        ConfigError: a file cannot be read, has an unknown key, or includes itself.
        UnknownName: an included graph, or a dropped or cut part of it, is not there.
    """
    return _resolve(path, ())


def sources(path: Path) -> list[Path]:
    """Return the graph file and every file that it includes."""
    found, following = [path], _parse(path).include
    while following and len(found) < 20:
        found.append(find_graph(following, found[-1].parent))
        following = _parse(found[-1]).include
    return found


def _resolve(path: Path, seen: tuple[Path, ...]) -> GraphSpec:
    if path.resolve() in seen:
        raise ConfigError(f"the graph file {path.name!r} includes itself")
    file = _parse(path)
    base = GraphSpec(name=file.name, nodes={}, edges=[])
    if file.include:
        base = _resolve(find_graph(file.include, path.parent), (*seen, path.resolve()))
    cut = [arrow for line in file.cut for arrow in _arrows(line, path)]
    for name in file.drop:
        if name not in base.nodes:
            raise UnknownName(f"node to drop in {path.name!r}", name, base.nodes)
    for source, target in cut:
        if (source, target) not in base.edges:
            raise UnknownName(
                f"arrow to cut in {path.name!r}",
                f"{source} -> {target}",
                (f"{a} -> {b}" for a, b in base.edges),
            )
    gone = set(file.drop)
    edges = [e for e in base.edges if e not in cut and not gone & set(e)]
    edges += [arrow for line in file.edges for arrow in _arrows(line, path)]
    return GraphSpec(
        name=file.name,
        about=file.about or base.about,
        nodes={
            **{name: node for name, node in base.nodes.items() if name not in gone},
            **{name: node or NodeSpec() for name, node in file.nodes.items()},
        },
        edges=list(dict.fromkeys(edges)),
        routes={
            **{source: route for source, route in base.routes.items() if source not in gone},
            **file.routes,
        },
    )


def _parse(path: Path) -> GraphFile:
    try:
        data = yaml.load(path.read_text("utf-8"), _Loader)  # a SafeLoader without aliases
        return GraphFile.model_validate(data)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the graph file {path.name!r}: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"the graph file {path.name!r} is wrong: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    """Say in a designer's language what pydantic found, with the nearest known key."""
    known = {
        *GraphFile.model_fields,
        *NodeSpec.model_fields,
        *Case.model_fields,
        *Table.model_fields,
    }
    found = []
    for item in error.errors():
        where = " > ".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            found.append(f"{where}: {UnknownName('key', str(item['loc'][-1]), known)}")
        else:
            found.append(f"{where or 'the file'}: {item['msg']}")
    return "; ".join(found)


def _arrows(line: str, path: Path) -> list[tuple[str, str]]:
    """Return the arrows of `a, b -> c -> d`: a -> c, b -> c, c -> d."""
    stops = [[name.strip() for name in part.split(",")] for part in line.split("->")]
    if len(stops) < 2 or not all(name for stop in stops for name in stop):
        raise ConfigError(
            f"the graph file {path.name!r} has the arrow {line!r}; write it like `a, b -> c -> d`"
        )
    return [
        (a, b) for left, right in zip(stops, stops[1:], strict=False) for a in left for b in right
    ]
