"""Where people meet this program, and which nodes may run there.

The European Union prohibits AI systems that infer emotions of people at work and in education from
their faces or voices (Regulation (EU) 2024/1689, articles 5(1)(f) and 3(39); there is an exception
for medical and safety reasons, which nothing here claims). A deployment of those kinds takes the
nodes out of every graph, whatever its file says. Words are still read, and speech is still written
down: neither infers anything from a body.
"""

import os
from collections.abc import Mapping

from agents.library import NODES
from graphs.case import Case
from graphs.spec import GraphSpec, Route, Table
from tools.errors import UnknownName

PERSONAL = "personal"
DEPLOYMENTS = (PERSONAL, "workplace", "education")
"""The places; no emotion is read from a face or a voice but in the first."""

SETTING = "ATTUNE_DEPLOYMENT"
"""The environment variable that names the place where no option does."""

BODILY = frozenset({"face_emotion", "voice_emotion", "describe"})
"""Tasks of models that infer emotions from biometric data."""


def find_deployment(name: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """Return the place that is asked for, by name or in the environment.

    Raises:
        UnknownName: there is no such place.
    """
    wanted = name or environment.get(SETTING, "") or PERSONAL
    if wanted not in DEPLOYMENTS:
        raise UnknownName("deployment", wanted, DEPLOYMENTS)
    return wanted


def reads_bodies(deployment: str) -> bool:
    """Say whether emotions may be read from faces and voices there."""
    return deployment == PERSONAL


def deploy(spec: GraphSpec, deployment: str) -> GraphSpec:
    """Return the graph as it may run in a place; the checker has still to prove it.

    A node that may not run is left out: whatever led to it leads to what came after it, unless
    another branch leads there too.
    """
    if reads_bodies(deployment):
        return spec
    for name in spec.nodes:
        known = NODES.get(spec.used(name))
        if known is not None and known.model in BODILY:
            spec = _without(spec, name)
    return spec


def _without(spec: GraphSpec, gone: str) -> GraphSpec:
    after = _onward(spec, gone)
    plain: dict[str, list[str]] = {}
    for source, target in spec.edges:
        if source != gone:
            plain.setdefault(source, []).append(target)
    edges = [
        (source, target)
        for source, targets in plain.items()
        for target in _past(spec, targets, gone, after)
    ]
    routes: dict[str, Route] = {}
    for source, route in spec.routes.items():
        if source == gone:
            continue
        if isinstance(route, Table):
            to = {label: _past(spec, group, gone, after) for label, group in route.to.items()}
            routes[source] = Table(on=route.on, to=to)
        else:
            routes[source] = [
                Case(when=case.when, to=_past(spec, case.to, gone, after)) for case in route
            ]
    nodes = {name: node for name, node in spec.nodes.items() if name != gone}
    return spec.model_copy(update={"nodes": nodes, "edges": edges, "routes": routes})


def _onward(spec: GraphSpec, gone: str) -> list[str]:
    """Return what comes after a node; behind a choice, where it leads when nothing holds."""
    route = spec.routes.get(gone)
    if isinstance(route, list) and route:
        return route[-1].to
    return [target for target in spec.targets(gone) if target != gone]


def _past(spec: GraphSpec, group: list[str], gone: str, after: list[str]) -> list[str]:
    """Return the targets of an arrow that led to the node, past it."""
    if gone not in group:
        return group
    others = [target for target in group if target != gone]
    missed = [t for t in after if not any(t == o or t in _reach(spec, o, gone) for o in others)]
    return [*others, *missed]


def _reach(spec: GraphSpec, start: str, gone: str) -> set[str]:
    found: set[str] = set()
    ahead = [start]
    while ahead:
        new = set(spec.targets(ahead.pop())) - found - {gone}
        found |= new
        ahead += new & set(spec.nodes)
    return found
