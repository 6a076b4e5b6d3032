"""Pictures of a graph: Mermaid text, and SVG or PNG without any web service."""

from pathlib import Path

import networkx as nx

from agents.library import NODES
from graphs.build import duty
from graphs.case import Case
from graphs.clusters import draw_panel, extent, members, without_patterns
from graphs.spec import ELSE, END, START, GraphSpec, Table
from tools.errors import ConfigError

_COLOURS = {
    "screen": "#f6d7c3",
    "check": "#f6d7c3",
    "crisis": "#f2b8b5",
    "deliver": "#dcebd9",
    "begin": "#ffffff",
    "": "#dfe8f3",
}
"""By duty: safety in warm tones, the rest calm."""

_LEGEND = (
    ("guards the person", "#f6d7c3"),
    ("crisis reply", "#f2b8b5"),
    ("perceives and plans", "#dfe8f3"),
    ("speaks", "#dcebd9"),
)


def mermaid(spec: GraphSpec) -> str:
    """Return the graph as a Mermaid flowchart; patterns are boxes, routes carry their label."""
    lines, inside = ["flowchart TD"], members(spec)
    for name in spec.nodes:
        if name not in inside:
            lines.append(f"    {_box(spec, name)}")
    for pattern, names in spec.patterns.items():
        lines.append(f"    subgraph pattern_{pattern} [{pattern}]")
        lines += [f"        {_box(spec, name)}" for name in names if name in inside]
        lines.append("    end")
    lines += ["    START([START])", "    END_([END])"]
    for source, target in spec.edges:
        lines.append(f"    {_id(source)} --> {_id(target)}")
    for source, target, label in _routes(spec):
        lines.append(f"    {_id(source)} -. {label} .-> {_id(target)}")
    for part, colour in _COLOURS.items():
        lines.append(f"    classDef {part or 'node'} fill:{colour},stroke:#5b6b7b,color:#22303c")
    return "\n".join(lines) + "\n"


def picture(spec: GraphSpec, path: Path) -> None:
    """Draw the graph into an `.svg` or `.png` file, its patterns in a panel beside it.

    Raises:
        ConfigError: another kind of file is asked for, or the file cannot be written.
    """
    if path.suffix not in (".svg", ".png"):
        raise ConfigError(f"cannot draw into {path.name!r}; use a name that ends in .svg or .png")
    from matplotlib.figure import Figure

    whole, spec = spec, without_patterns(spec)
    places = _layout(spec)
    first, last = min(x for x, _ in places.values()) - 1, max(x for x, _ in places.values()) + 1
    deep = max(y for _, y in places.values())
    if members(whole):
        left, _, _, bottom = extent(whole, places)
        first, deep = min(first, left - 0.2), max(deep, bottom)
    size = (2.3 * (last - first - 0.1), 0.82 * deep + 1.6)
    figure = Figure(figsize=size, facecolor="white", dpi=150)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(first, last)
    axes.set_ylim(deep + 1.3, -0.7)
    boxes = {}
    for name, (x, y) in places.items():
        colour = "#ffffff" if name in (START, END) else _COLOURS[duty(spec, name)]
        shape = "round,pad=0.5" if name in (START, END) else "round,pad=0.45,rounding_size=0.35"
        box = axes.text(
            x, y, name, ha="center", va="center", fontsize=11, color="#22303c", zorder=3,
            bbox={"boxstyle": shape, "facecolor": colour, "edgecolor": "#5b6b7b"},
        )  # fmt: skip
        boxes[name] = box.get_bbox_patch()
    figure.draw_without_rendering()  # arrows end at the boxes, whose sizes are known only now
    if members(whole):
        draw_panel(axes, whole, places, boxes)
    arrows = [(a, b, "") for a, b in spec.edges] + _routes(spec)
    for source, target, label in arrows:
        start, end = places[source], places[target]
        back = end[1] <= start[1]
        far = end[1] - start[1] > 1 and abs(end[0] - start[0]) < 0.1
        bend = 0.45 if back else 0.35 if far else 0.0
        axes.annotate(
            "", xy=end, xytext=start, zorder=1,
            arrowprops={
                "arrowstyle": "-|>", "color": "#5b6b7b", "lw": 1.2, "shrinkA": 1, "shrinkB": 2,
                "patchA": boxes[source], "patchB": boxes[target],
                "linestyle": "--" if label else "-", "connectionstyle": f"arc3,rad={bend}",
            },
        )  # fmt: skip
        if label not in ("", ELSE, target):
            axes.text(
                start[0] * 0.55 + end[0] * 0.45, start[1] * 0.55 + end[1] * 0.45, label,
                fontsize=8.5, ha="center", va="center", color="#5b6b7b", zorder=2,
                bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"},
            )  # fmt: skip
    left, right = axes.get_xlim()
    for i, (text, colour) in enumerate(_LEGEND):
        axes.text(
            left + (i + 0.5) * (right - left) / len(_LEGEND), deep + 0.95, text,
            ha="center", va="center", fontsize=8.5, color="#22303c",
            bbox={"boxstyle": "round,pad=0.3", "facecolor": colour, "edgecolor": "none"},
        )  # fmt: skip
    metadata = {"Date": None} if path.suffix == ".svg" else None
    try:
        figure.savefig(path, dpi="figure", metadata=metadata)
    except OSError as error:
        raise ConfigError(
            f"cannot write {path.name!r} ({error.strerror}); choose a place that can be written to"
        ) from error


def _box(spec: GraphSpec, name: str) -> str:
    return f"{_id(name)}[{name}]:::{duty(spec, name) or 'node'}"


def _layout(spec: GraphSpec) -> dict[str, tuple[float, float]]:
    """Return a place for every node: layers from top to bottom, branches side by side."""
    forward: nx.DiGraph[str] = nx.DiGraph(
        (a, b) for a, b in spec.arrows() if not (duty(spec, a) == "check" and b in _writers(spec))
    )
    depth: dict[str, int] = {}
    for name in nx.topological_sort(forward):
        depth[name] = max((depth[p] + 1 for p in forward.predecessors(name)), default=0)
    rows: dict[int, list[str]] = {}
    for name in [START, *spec.nodes, END]:
        if name in depth:
            rows.setdefault(depth[name], []).append(name)
    places: dict[str, tuple[float, float]] = {}
    for y, row in rows.items():
        main = [name for name in row if duty(spec, name) != "crisis"]
        for i, name in enumerate(main):
            places[name] = (1.75 * (i - (len(main) - 1) / 2), float(y))
    checks = [depth[name] for name in spec.nodes if duty(spec, name) == "check"]
    for name in spec.nodes:
        if duty(spec, name) == "crisis":  # a lane of its own, so that nothing crosses it
            lane = max(x for x, _ in places.values()) + 0.6
            places[name] = (max(lane, 2.6), (depth[name] + max(checks, default=depth[name])) / 2)
    return places


def _writers(spec: GraphSpec) -> set[str]:
    return {n for n in spec.nodes if "candidate" in NODES[spec.used(n)].writes}


def _routes(spec: GraphSpec) -> list[tuple[str, str, str]]:
    found = []
    for source, route in spec.routes.items():
        if isinstance(route, Table):
            found += [(source, t, label) for label, to in route.to.items() for t in to]
        else:
            found += [(source, t, _condition(case)) for case in route for t in case.to]
    return found


def _condition(case: Case) -> str:
    signs = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "in": "in"}
    parts = [
        f"{key} {signs[compare]} {value}"
        for key, comparisons in case.when.items()
        for compare, value in comparisons.items()
    ]
    return " and ".join(parts) or "else"


def _id(name: str) -> str:
    return "END_" if name == END else name
