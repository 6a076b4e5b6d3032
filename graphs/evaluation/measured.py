"""What is left of a graph when it is measured, and which steps it takes."""

import networkx as nx

from agents.library import NODES
from graphs.evaluation.labels import LABELLED
from graphs.spec import ELSE, END, GraphSpec, Route, Table


def measured(spec: GraphSpec, *, reply: bool) -> GraphSpec:
    """Return a graph without patterns, crisis reply and delivery, and perhaps without a reply."""
    aside = {name for names in spec.patterns.values() for name in names}
    aside |= {name for name in spec.nodes if _is(spec, name, "crisis")}
    gone = aside | {name for name in spec.nodes if _is(spec, name, "deliver")}
    if not reply:
        gone |= {name for name in spec.nodes if _is(spec, name, "check") or _writes(spec, name)}
    kept = {name: entry for name, entry in spec.nodes.items() if name not in gone}
    edges = [(a, END if b in gone else b) for a, b in spec.edges if a not in gone]
    routes = {n: _left(r, aside, gone) for n, r in spec.routes.items() if n not in gone}
    return spec.model_copy(
        update={
            "nodes": kept,
            "edges": list(dict.fromkeys(edges)),
            "routes": routes,
            "patterns": {},
        }
    )


def steps_of(spec: GraphSpec, reply: bool) -> tuple[str, ...]:
    """Return the steps that a graph takes, in its order, thoughts among them and a reply last."""
    found = [step for name in _in_order(spec) if (step := step_of(spec, name))]
    return (*dict.fromkeys(found), *(("response",) if reply else ()))


def step_of(spec: GraphSpec, name: str) -> str:
    """Return the step that a node takes, a label or a thought; empty for a node that takes none."""
    writes = NODES[spec.used(name)].writes
    if NODES[spec.used(name)].duty:
        return ""
    if "thoughts" in writes:
        return str(spec.nodes[name].options.get("step") or name)
    return next((step for step in LABELLED if step in writes), "")


def _in_order(spec: GraphSpec) -> list[str]:
    """Return the nodes from the first to the last; those of a loop stand together."""
    parts = nx.condensation(nx.DiGraph(spec.arrows()))
    order = [n for part in nx.topological_sort(parts) for n in sorted(parts.nodes[part]["members"])]
    return [name for name in order if name in spec.nodes]


def _is(spec: GraphSpec, name: str, *duties: str) -> bool:
    return NODES[spec.used(name)].duty in duties


def _writes(spec: GraphSpec, name: str) -> bool:
    return "candidate" in NODES[spec.used(name)].writes


def _left(route: Route, aside: set[str], gone: set[str]) -> Route:
    """Return a route without the ways that lead aside; the others end where they led to nothing."""

    def ends(targets: list[str]) -> list[str]:
        return list(dict.fromkeys(END if t in gone else t for t in targets))

    if isinstance(route, Table):
        left = {label: ends(t) for label, t in route.to.items() if not set(t) <= aside}
        return Table(on=route.on, to=left or {ELSE: [END]})
    return [case.model_copy(update={"to": ends(case.to)}) for case in route]


def goes_on(spec: GraphSpec, name: str) -> str:
    """Return the route by which a screen lets a message pass; empty for any other node."""
    route = spec.routes.get(name)
    if not _is(spec, name, "screen") or not isinstance(route, Table):
        return ""
    return next(iter(route.to))
