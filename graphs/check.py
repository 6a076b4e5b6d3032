"""What is wrong with a graph, in a designer's words; nothing is built that has a problem.

The safety rules are proofs over paths, not conventions: nothing but the opening may run before the
typed words are screened, nothing that was heard may be used before it is screened, nobody may be
spoken to but through `check` and `deliver`, and every screen leads to the crisis reply.
"""

from collections.abc import Iterator

from agents.check import DELIVER
from agents.library import NODES
from agents.node import Duty
from agents.prompt import read_prompt
from agents.say import SayOptions
from agents.state import GIVEN, HELD, KEPT, ConversationState
from graphs.paths import Paths
from graphs.spec import ELSE, END, START, GraphSpec, Table
from graphs.thinking import thought_problems
from tools.errors import AttuneError, GraphError, UnknownName
from tools.models import ModelSet
from tools.phrases import MOMENTS

_DUTIES: tuple[Duty, ...] = ("begin", "screen", "check", "crisis", "deliver")
_SINGLE: frozenset[Duty] = frozenset({"begin", "check", "deliver"})
_KEYS = frozenset(ConversationState.__annotations__)


def require(spec: GraphSpec, models: ModelSet | None = None) -> None:
    """Accept a graph.

    Raises:
        GraphError: it has problems; the error lists them all.
    """
    if found := problems(spec, models):
        raise GraphError(spec.name, found)


def problems(spec: GraphSpec, models: ModelSet | None = None) -> list[str]:
    """Return every problem of a graph; an empty list means that it can be built.

    Args:
        spec: the graph, includes resolved.
        models: the models it will run on, to check its bindings; None skips that.
    """
    names = list(_names(spec)) + list(_arrows(spec))
    if names:
        return names  # the rules below need a graph whose names are known
    graph = Paths(spec)
    return [
        *_bindings(spec, models),
        *_lines(spec, graph),
        *thought_problems(spec, graph.nodes),
        *_shape(spec, graph),
        *_routes(spec, graph),
        *_joins(spec, graph),
        *_reads(spec, graph),
        *_safety(spec, graph),
    ]


def _names(spec: GraphSpec) -> Iterator[str]:
    for name, entry in spec.nodes.items():
        library = spec.used(name)
        if library not in NODES:
            yield str(UnknownName("node", library, NODES))
            continue
        try:
            NODES[library].parse(entry.options)
            if entry.prompt:
                read_prompt(entry.prompt)
        except AttuneError as error:
            yield f"{name}: {error}"


def _arrows(spec: GraphSpec) -> Iterator[str]:
    for source, target in spec.arrows():
        if target == START or (target not in spec.nodes and target != END):
            known = UnknownName("node", target, [*spec.nodes, END])
            yield f"the arrow {source} -> {target} leads nowhere: {known}"
    for source, _ in spec.edges:
        if source != START and source not in spec.nodes:
            yield f"an arrow starts at an {UnknownName('node', source, [START, *spec.nodes])}"
    for source in spec.routes:
        if source not in spec.nodes:
            yield f"a route starts at an {UnknownName('node', source, spec.nodes)}"
        elif any(origin == source for origin, _ in spec.edges):
            yield f"{source!r} has both arrows and a route; keep one of them"


def _bindings(spec: GraphSpec, models: ModelSet | None) -> Iterator[str]:
    for name, entry in spec.nodes.items():
        task, duty = NODES[spec.used(name)].model, NODES[spec.used(name)].duty
        if entry.model and duty == "screen":
            yield f"{name!r} takes the detector of the profile alone; remove `model:` there"
        elif models is None:
            continue
        elif entry.model and not task:
            yield f"{name!r} uses no model, so `model: {entry.model}` has no meaning there"
        elif task:
            try:
                models.bound(task, entry.model)
            except AttuneError as error:
                yield f"{name}: {error}"


def _lines(spec: GraphSpec, graph: Paths) -> Iterator[str]:
    """Find nodes that say fixed lines, and have none."""
    for name, node in graph.nodes.items():
        options = node.parse(spec.nodes[name].options)
        if not isinstance(options, SayOptions):
            continue
        moment = options.moment or name
        if options.lines and not options.lines.get("en"):
            yield f"{name!r} has lines in no English, which stands in for every other language"
        elif not options.lines and moment not in MOMENTS:
            known = UnknownName("moment of the phrase files", moment, MOMENTS)
            yield f"{name!r} has nothing to say; give it `lines`, or a `moment` with some: {known}"


def _shape(spec: GraphSpec, graph: Paths) -> Iterator[str]:
    for duty in _DUTIES:
        count = len(graph.of(duty))
        if count == 0:
            yield f"the graph has no {duty!r} node; every graph needs {', '.join(_DUTIES)}"
        elif count > 1 and duty in _SINGLE:
            yield f"the graph has {count} {duty!r} nodes; keep one, so that one voice speaks"
    live = graph.reach(START)
    stuck = [name for name in spec.nodes if not spec.targets(name)]
    for name in spec.nodes:
        if name not in live:
            yield f"{name!r} is never reached; lead an arrow to it or remove it"
        elif name in stuck:
            yield f"{name!r} leads nowhere; add an arrow from it"
        elif not stuck and END not in graph.reach(name):
            yield f"no path leads from {name!r} to END"
    for cycle in graph.rounds(without=graph.of("check")):
        yield f"{' -> '.join([*cycle, cycle[0]])} goes round for ever; only `check` may lead back"


def _routes(spec: GraphSpec, graph: Paths) -> Iterator[str]:
    writers = {name for name, node in graph.nodes.items() if "candidate" in node.writes}
    for source, route in spec.routes.items():
        if not isinstance(route, Table):
            if not route or route[-1].when:
                yield f"the route of {source!r} needs a last case without `when`, for all else"
            for case in route:
                for key in case.when:
                    if key.split(".")[0] not in _KEYS:
                        yield f"the route of {source!r}: {UnknownName('state key', key, _KEYS)}"
            continue
        node = graph.nodes[source]
        if route.on != "route" or not node.routes:
            yield (
                f"the route of {source!r} goes by {route.on!r}; a table goes by `on: route` behind "
                f"a node that chooses one ({', '.join(_choosers())}), all else by comparisons"
            )
            continue
        expected = set(node.routes)
        if node.duty == "check":
            expected |= writers
        if node.duty == "" and ELSE not in route.to:
            yield f"the route of {source!r} needs `{ELSE}`, also for when it fails"
        elif node.duty and ELSE in route.to:
            yield f"the route of {source!r} keeps people safe, so it names each label; no `{ELSE}`"
        for label in sorted(expected - set(route.to)) if node.duty else ():
            yield f"the route of {source!r} has no target for {label!r}"
        for label, targets in route.to.items():
            if label not in expected and label != ELSE:
                yield f"the route of {source!r}: {UnknownName('route', label, expected)}"
            if not targets:
                yield f"the route of {source!r} has no target for {label!r}"
            if node.duty == "check" and label in writers and targets != [label]:
                yield f"{source!r} must lead from {label!r} back to {label!r}, and nowhere else"
    for name, node in graph.nodes.items():
        if node.routes and name not in spec.routes:
            yield f"{name!r} decides where to go on, so it needs an entry under `routes:`"


def _choosers() -> list[str]:
    return sorted(name for name, node in NODES.items() if node.routes)


def _joins(spec: GraphSpec, graph: Paths) -> Iterator[str]:
    """Find nodes that parallel branches lead to without `join: true`: they would run twice.

    Nor may a branch speak before all have met: two replies would mix.
    """
    waiting = {name for name, entry in spec.nodes.items() if entry.join}
    speaking = {n for n, node in graph.nodes.items() if "candidate" in node.writes}
    speaking |= graph.of("check") | graph.of("deliver") | {END}
    found: dict[str, str] = {}
    for source in [START, *spec.nodes]:
        for branch in _parallel(spec, source):
            reached: dict[str, str] = {}
            for start in branch:
                for name in {start} | graph.reach(start, without=waiting - {start}):
                    if name in speaking or (name in reached and name not in waiting):
                        found.setdefault(source, name)
                    reached[name] = start
    for source, name in found.items():
        yield (
            f"parallel branches from {source!r} reach {name!r} before they have met; "
            "let them meet first, at a node with `join: true`"
        )


def _parallel(spec: GraphSpec, source: str) -> Iterator[list[str]]:
    plain = [target for origin, target in spec.edges if origin == source]
    if len(plain) > 1:
        yield plain
    route = spec.routes.get(source)
    groups = list(route.to.values()) if isinstance(route, Table) else [c.to for c in route or []]
    yield from (group for group in groups if len(group) > 1)


def _reads(spec: GraphSpec, graph: Paths) -> Iterator[str]:
    """Find keys that are read where, on some path, nothing has written them."""
    after: dict[str, frozenset[str]] = {name: _KEYS for name in spec.nodes}
    after[START] = GIVEN
    before: dict[str, frozenset[str]] = {}
    changed = True
    while changed:
        changed = False
        for name, node in graph.nodes.items():
            incoming = [after[source] for source in graph.arrows.predecessors(name)]
            merge = frozenset.union if spec.nodes[name].join else frozenset.intersection
            before[name] = merge(*incoming) if incoming else frozenset()
            now = before[name] | frozenset(node.writes)
            changed |= now != after[name]
            after[name] = now
    for name, node in graph.nodes.items():
        for key in node.reads:
            if key not in before[name] and key not in KEPT | HELD:
                makers = sorted(n for n, other in NODES.items() if key in other.writes)
                yield (
                    f"{name!r} reads {key!r}, which nothing before it writes on every path; "
                    f"put one of these before it: {', '.join(makers)}"
                )


def _safety(spec: GraphSpec, graph: Paths) -> Iterator[str]:
    checks, deliveries, crises = graph.of("check"), graph.of("deliver"), graph.of("crisis")
    typed, heard = graph.screens("words"), graph.screens("heard")
    for name in sorted(graph.reach(START, without=typed) - graph.of("begin")):
        what = "a person can be reached" if name == END else f"{name!r} can run"
        yield f"{what} before the typed words are screened; every path must cross `screen`"
    listeners = {n for n, node in graph.nodes.items() if "heard" in node.writes}
    users = {n for n, node in graph.nodes.items() if {"heard"} & {*node.reads, *node.wants}}
    for listener in sorted(listeners):
        for name in sorted(graph.reach(listener, without=heard) & (users | {END})):
            yield (
                f"what {listener!r} heard reaches {name!r} unscreened; "
                "put a `screen` with `options: {of: heard}` between them"
            )
    for name in sorted(graph.reach(START, without=checks) & {END, *deliveries}):
        yield f"a reply can reach {name!r} without passing `check`"
    if END in graph.reach(START, without=deliveries):
        yield "a turn can end without `deliver`, so its reply would be lost"
    for name, node in graph.nodes.items():
        if "messages" in node.writes and node.duty != "deliver":
            yield f"{name!r} writes messages; only `deliver` may speak to the person"
        if "candidate" in node.writes:
            for target in spec.targets(name):
                if target not in checks:
                    yield f"{name!r} writes sentences and must lead to `check`, not to {target!r}"
    for name in sorted(typed | heard):
        route = spec.routes.get(name)
        targets = route.to.get("crisis", []) if isinstance(route, Table) else []
        if not targets or not set(targets) <= crises or getattr(route, "on", "") != "route":
            yield f"{name!r} must lead from `crisis` to the crisis reply, by `on: route`"
    for name in sorted(checks):
        route = spec.routes.get(name)
        targets = route.to.get(DELIVER, []) if isinstance(route, Table) else []
        if not targets or not set(targets) <= deliveries:
            yield f"{name!r} must lead from {DELIVER!r} to `deliver`"
