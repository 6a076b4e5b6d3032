"""Draw the patterns of a graph: named clusters, together in one panel beside the graph."""

from collections.abc import Mapping
from typing import Any

from graphs.spec import GraphSpec, Table

_LINE, _PAD, _GAP = 0.26, 0.3, 0.16
_WIDE, _COLUMNS = 1.0, 2
_FILL, _FRAME, _EDGE, _INK = "#f4f6f9", "#ffffff", "#5b6b7b", "#22303c"

Places = Mapping[str, tuple[float, float]]


def without_patterns(spec: GraphSpec) -> GraphSpec:
    """Return the graph as it would be with none of its patterns."""
    gone = members(spec)
    routes: dict[str, Any] = {}
    for source, route in spec.routes.items():
        if source in gone:
            continue
        if isinstance(route, Table):
            kept = {label: [t for t in to if t not in gone] for label, to in route.to.items()}
            routes[source] = Table(on=route.on, to={k: v for k, v in kept.items() if v})
        else:
            routes[source] = [case for case in route if not gone & set(case.to)]
    return spec.model_copy(
        update={
            "nodes": {name: node for name, node in spec.nodes.items() if name not in gone},
            "edges": [edge for edge in spec.edges if not gone & set(edge)],
            "routes": routes,
            "patterns": {},
        }
    )


def members(spec: GraphSpec) -> set[str]:
    """Return the nodes that patterns brought."""
    return {name for names in spec.patterns.values() for name in names} & set(spec.nodes)


def leads(spec: GraphSpec) -> tuple[set[str], set[str]]:
    """Return the nodes from which patterns are entered, and those to which they lead."""
    inside = members(spec)
    arrows = spec.arrows()
    into = {a for a, b in arrows if b in inside and a not in inside}
    return into, {b for a, b in arrows if a in inside and b not in inside}


def extent(spec: GraphSpec, places: Places) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the panel, which lies to the left of the graph."""
    into, out = leads(spec)
    rows = [places[name][1] for name in into | out]
    right = min(x for x, y in places.values() if min(rows) - 1 <= y <= max(rows) + 1) - 0.8
    tall = max(sum(_height(spec, name) + _GAP for name in column) for column in _columns(spec))
    top, bottom = min(rows) - 0.4, max(rows) + 0.4
    spare = max(0.0, tall + 0.75 - (bottom - top)) / 2
    return right - _COLUMNS * (_WIDE + 0.12) - 0.12, top - spare, right, bottom + spare


def draw_panel(axes: Any, spec: GraphSpec, places: Places, boxes: Mapping[str, Any]) -> None:
    """Draw the panel with a cluster for every pattern, and an arrow for every way in and out."""
    from matplotlib.patches import FancyBboxPatch

    left, top, right, bottom = extent(spec, places)

    def frame(x: float, y: float, wide: float, tall: float, colour: str, order: float) -> None:
        axes.add_patch(
            FancyBboxPatch(
                (x, y), wide, tall, boxstyle="round,pad=0,rounding_size=0.08", linewidth=0.8,
                facecolor=colour, edgecolor=_EDGE, zorder=order,
            )
        )  # fmt: skip

    frame(left, top, right - left, bottom - top, _FILL, 0.5)
    axes.text(left + 0.12, top + 0.28, "patterns", fontsize=10, color=_INK, style="italic",
              va="center", zorder=3)  # fmt: skip
    for i, column in enumerate(_columns(spec)):
        x, y = left + 0.12 + i * (_WIDE + 0.12), top + 0.55
        for name in column:
            tall = _height(spec, name)
            frame(x, y, _WIDE, tall, _FRAME, 2)
            at = y + _PAD / 2 + _LINE / 2
            axes.text(x + 0.07, at, name, fontsize=9, weight="bold", color=_INK, va="center",
                      zorder=3)  # fmt: skip
            for line in _lines(spec, name):
                at += _LINE
                axes.text(x + 0.07, at, line, fontsize=8, color=_INK, va="center", zorder=3)
            y += tall + _GAP
    into, out = leads(spec)
    for name in sorted(into | out):
        style = "<|-|>" if name in into and name in out else "-|>"
        ends = [places[name], (right, places[name][1])]
        start, end = ends if name in into else reversed(ends)
        axes.annotate(
            "", xy=end, xytext=start, zorder=1,
            arrowprops={
                "arrowstyle": style, "color": _EDGE, "lw": 1.2, "shrinkA": 1, "shrinkB": 2,
                "linestyle": "--" if name in into else "-",
                "patchA" if name in into else "patchB": boxes[name],
            },
        )  # fmt: skip


def _columns(spec: GraphSpec) -> list[list[str]]:
    """Return the patterns in columns of about the same height, in order."""
    names = [name for name, nodes in spec.patterns.items() if set(nodes) & set(spec.nodes)]
    total = sum(_height(spec, name) for name in names)
    columns: list[list[str]] = [[] for _ in range(_COLUMNS)]
    reached = 0.0
    for name in names:
        tall = _height(spec, name)
        columns[min(_COLUMNS - 1, int((reached + tall / 2) / total * _COLUMNS))].append(name)
        reached += tall
    return columns


def _height(spec: GraphSpec, name: str) -> float:
    return _PAD + _LINE * (1 + len(_lines(spec, name)))


def _lines(spec: GraphSpec, name: str) -> list[str]:
    inside = [node for node in spec.patterns[name] if node in spec.nodes]
    return [f"{node} → {', '.join(spec.targets(node))}" for node in inside]
