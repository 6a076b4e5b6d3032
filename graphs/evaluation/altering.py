"""A graph with one model swapped or one node left out, without another file."""

from collections.abc import Mapping, Sequence

from graphs.spec import GraphSpec, NodeSpec, Route, Table
from tools.errors import UnknownName
from tools.records import MODALITIES

_SENSES: dict[str, str] = {modality: f"{modality}_emotion" for modality in MODALITIES}
"""The node that reads a modality."""


def altered(spec: GraphSpec, swap: Mapping[str, str], drop: Sequence[str]) -> GraphSpec:
    """Return a graph with other models at some nodes, and without some nodes.

    Args:
        spec: the graph.
        swap: node -> model.
        drop: nodes, or modalities, whose sense is left out. What led to one leads on to where it
            led.

    Raises:
        UnknownName: the graph has no such node.
    """
    nodes = dict(spec.nodes)
    for given, model in swap.items():
        name = _known(given, nodes)
        nodes[name] = nodes[name].model_copy(update={"model": model})
    spec = spec.model_copy(update={"nodes": nodes})
    for given in drop:
        spec = _without(spec, _known(given, spec.nodes))
    return spec


def _known(given: str, nodes: Mapping[str, NodeSpec]) -> str:
    name = _SENSES.get(given, given)
    if name not in nodes:
        raise UnknownName("node of the graph", given, nodes)
    return name


def _without(spec: GraphSpec, name: str) -> GraphSpec:
    behind = [target for source, target in spec.edges if source == name]
    edges = [
        (source, after)
        for source, target in spec.edges
        if source != name
        for after in (behind if target == name else [target])
    ]
    routes = {source: _led_on(r, name, behind) for source, r in spec.routes.items()}
    return spec.model_copy(
        update={
            "nodes": {node: entry for node, entry in spec.nodes.items() if node != name},
            "edges": list(dict.fromkeys(edges)),
            "routes": {source: route for source, route in routes.items() if source != name},
        }
    )


def _led_on(route: Route, name: str, behind: list[str]) -> Route:
    def on(targets: list[str]) -> list[str]:
        left = [target for target in targets if target != name]
        return left or behind

    if isinstance(route, Table):
        return Table(on=route.on, to={label: on(targets) for label, targets in route.to.items()})
    return [case.model_copy(update={"to": on(case.to)}) for case in route]
