"""What a graph file says: nodes, arrows, routes; how one includes another, and takes up patterns.

The file owns topology, model bindings, options and prompt names. It cannot name code, and a
condition is a typed comparison on a state key, never an expression. A pattern is a small file of
the same kind: a part of a dialogue that graphs take up by its name.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, model_validator

from graphs.case import Case
from graphs.notation import arrows, parse
from tools.errors import ConfigError, UnknownName

FOLDER = Path(__file__).resolve().parent
START, END = "START", "END"
ELSE = "else"
"""In a table of routes: where every value leads that the table does not name."""


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


class Table(BaseModel, extra="forbid"):
    """A route by the value of one key: `{on: route, crisis: crisis, support: [listen, fusion]}`.

    `else` stands for every value that is not named.
    """

    on: str = "route"
    to: dict[str, list[str]]

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, data: Any) -> Any:
        if isinstance(data, dict) and "to" not in data:
            targets = {k: [v] if isinstance(v, str) else v for k, v in data.items() if k != "on"}
            return {"on": data.get("on", "route"), "to": targets}
        return data


Route = Table | list[Case]


class GraphSpec(BaseModel, extra="forbid"):
    """A whole graph, includes and patterns resolved.

    Attributes:
        patterns: the nodes that each pattern brought, for the picture.
    """

    name: str
    about: str = ""
    nodes: dict[str, NodeSpec]
    edges: list[tuple[str, str]]
    routes: dict[str, Route] = Field(default_factory=dict)
    patterns: dict[str, list[str]] = Field(default_factory=dict)

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
        patterns: the patterns that are taken up, by name, in place of those of the included graph;
            left out, the same as there.
    """

    name: str
    about: str = ""
    include: str | None = None
    drop: list[str] = Field(default_factory=list)
    cut: list[str] = Field(default_factory=list)
    patterns: list[str] | None = None
    nodes: dict[str, NodeSpec | None] = Field(default_factory=dict)
    edges: list[str] = Field(default_factory=list)
    routes: dict[str, Route] = Field(default_factory=dict)


class PatternFile(BaseModel, extra="forbid"):
    """One pattern; its table of a node that is already there adds labels to that node's own."""

    about: str = ""
    nodes: dict[str, NodeSpec | None]
    edges: list[str] = Field(default_factory=list)
    routes: dict[str, Route] = Field(default_factory=dict)


_PARTS: tuple[type[BaseModel], ...] = (NodeSpec, Case, Table)


def find_graph(name: str, folder: Path = FOLDER) -> Path:
    """Return the file of a graph given by path, or by name in `folder` or among the shipped ones.

    Raises:
        UnknownName: there is no such graph.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    return _find("graph", name, folder, FOLDER)


def find_pattern(name: str, folder: Path = FOLDER) -> Path:
    """Return the file of a pattern, from `patterns/` in `folder` or from the shipped ones.

    Raises:
        UnknownName: there is no such pattern.
    """
    return _find("pattern", name, folder / "patterns", FOLDER / "patterns")


def _find(kind: str, name: str, *places: Path) -> Path:
    for place in places:
        if Path(name).name == name and (beside := place / f"{name}.yaml").is_file():
            return beside
    raise UnknownName(kind, name, (p.stem for place in places for p in place.glob("*.yaml")))


def read_graph(path: Path) -> GraphSpec:
    """Read a graph file, everything it includes and its patterns.

    Nothing is checked beyond their form.

    Raises:
        ConfigError: a file cannot be read, has an unknown key, or includes itself; or a pattern
            would change what is there already.
        UnknownName: an included graph, a pattern, or a dropped or cut part is not there.
    """
    spec = _resolve(path, ())
    for name in _patterns(path):
        spec = _take_up(spec, name, find_pattern(name, path.parent))
    return spec


def sources(path: Path) -> list[Path]:
    """Return the graph file, every file that it includes, and the files of its patterns."""
    return [*_chain(path), *(find_pattern(name, path.parent) for name in _patterns(path))]


def _chain(path: Path) -> list[Path]:
    found, following = [path], _parse(path).include
    while following and len(found) < 20:
        found.append(_included(following, found[-1]))
        following = _parse(found[-1]).include
    return found


def _included(name: str, path: Path) -> Path:
    """Return the file of a graph that the graph file `path` includes.

    Raises:
        UnknownName: there is no such graph.
        ConfigError: it lies elsewhere. A graph that somebody passed on opens no other file.
    """
    found = find_graph(name, path.parent)
    if found.resolve().parent not in (path.parent.resolve(), path.resolve().parent, FOLDER):
        raise ConfigError(
            f"the graph file {path.name!r} includes {name!r}, which lies in another folder; "
            "put it beside it"
        )
    return found


def _patterns(path: Path) -> list[str]:
    """Return the patterns of the first file in the chain of includes that names any."""
    named = (_parse(file).patterns for file in _chain(path))
    return list(dict.fromkeys(next((names for names in named if names is not None), [])))


def _resolve(path: Path, seen: tuple[Path, ...]) -> GraphSpec:
    if path.resolve() in seen:
        raise ConfigError(f"the graph file {path.name!r} includes itself")
    file = _parse(path)
    base = GraphSpec(name=file.name, nodes={}, edges=[])
    if file.include:
        base = _resolve(_included(file.include, path), (*seen, path.resolve()))
    cut = arrows(file.cut, path)
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
    return GraphSpec(
        name=file.name,
        about=file.about or base.about,
        nodes={
            **{name: node for name, node in base.nodes.items() if name not in gone},
            **{name: node or NodeSpec() for name, node in file.nodes.items()},
        },
        edges=list(dict.fromkeys([*edges, *arrows(file.edges, path)])),
        routes={
            **{source: route for source, route in base.routes.items() if source not in gone},
            **file.routes,
        },
    )


def _take_up(spec: GraphSpec, name: str, path: Path) -> GraphSpec:
    """Return a graph with a pattern added to it; nothing that is there is changed."""
    file = parse(path, PatternFile, "pattern file", _keys(PatternFile, *_PARTS))
    if taken := sorted(set(file.nodes) & set(spec.nodes)):
        raise ConfigError(
            f"the pattern {name!r} brings the node {taken[0]!r}, which is there already; "
            "give it another name"
        )
    routes = dict(spec.routes)
    for source, route in file.routes.items():
        routes[source] = _joined(name, source, routes.get(source), route)
    return spec.model_copy(
        update={
            "nodes": spec.nodes | {node: entry or NodeSpec() for node, entry in file.nodes.items()},
            "edges": list(dict.fromkeys([*spec.edges, *arrows(file.edges, path)])),
            "routes": routes,
            "patterns": {**spec.patterns, name: list(file.nodes)},
        }
    )


def _joined(name: str, source: str, old: Route | None, new: Route) -> Route:
    """Return the route of a node with what a pattern adds: labels of a table, or cases in front."""
    match old, new:
        case None, _:
            return new
        case Table(), Table() if new.on in (old.on, "route"):  # the default, if left out
            if taken := sorted(set(old.to) & set(new.to)):
                raise ConfigError(
                    f"the pattern {name!r} leads from {source!r} by {taken[0]!r}, which leads "
                    "somewhere already; a pattern adds routes and changes none"
                )
            return Table(on=old.on, to={**old.to, **new.to})
        case list(), list():
            return [*new, *old]
    raise ConfigError(
        f"the pattern {name!r} and the graph lead on from {source!r} in different ways; "
        "write the route of the pattern like that of the graph"
    )


def _parse(path: Path) -> GraphFile:
    return parse(path, GraphFile, "graph file", _keys(GraphFile, *_PARTS))


def _keys(*parts: type[BaseModel]) -> set[str]:
    return {key for part in parts for key in part.model_fields}
