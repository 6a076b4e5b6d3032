"""Compile a checked `GraphSpec` to an ordinary LangGraph `StateGraph`."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, cast

from langgraph.errors import GraphBubbleUp
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from pydantic import BaseModel

from agents.context import Context, Kit, Services, Update
from agents.library import NODES
from agents.node import Duty, Node
from agents.prompt import Prompt, read_prompt, with_told
from agents.rescue import Rescue
from agents.state import ConversationState, TurnInput
from agents.updates import accept, require_end
from graphs.check import require
from graphs.deployment import deploy
from graphs.spec import ELSE, GraphSpec, Route, Table
from graphs.spec import END as END_NAME
from graphs.spec import START as START_NAME
from graphs.thinking import thoughts_in
from graphs.witness import Witness
from tools.errors import ConfigError, GraphError, places
from tools.models import ModelSet

_SLACK_S = 10.0
_log = logging.getLogger(__name__)

Builder = StateGraph[ConversationState, Context, TurnInput, ConversationState]


class Step(Protocol):
    """A node bound to its kit, as LangGraph calls it."""

    def __call__(self, state: ConversationState, *, runtime: Runtime[Context]) -> Awaitable[Update]:
        """Return a part of the state."""
        ...


_ENDS = {START_NAME: START, END_NAME: END}


def build(
    spec: GraphSpec,
    services: Services,
    version: str = "",
    prompts: Mapping[str, Prompt] | None = None,
) -> Builder:
    """Return an uncompiled builder; the caller adds the checkpointer.

    Nodes that may not run where people meet this program are left out (`graphs.deployment`).

    Args:
        spec: the graph.
        services: what its nodes share.
        version: the graph's name and hash, for the audit log.
        prompts: the prompt of each node that has one, in place of what their files say.

    Raises:
        ConfigError: the services are made for measuring (`graphs.evaluation.bench`).
        GraphError: the checker refuses the graph.
    """
    require_masked(services)
    spec = deploy(spec, services.deployment)
    require(spec, services.models)
    builder = empty_builder()
    for name, (node, kit) in equip(spec, services, version, prompts).items():
        builder.add_node(name, step(node, kit), defer=spec.nodes[name].join)
    connect(builder, spec)
    return builder


def require_masked(services: Services) -> None:
    """Refuse services with which nobody may be answered.

    Raises:
        ConfigError: they let strategies be planned that no machine may use on a person.
    """
    if services.unmasked:
        raise ConfigError(
            "unmasked services answer nobody: they are made for measuring a graph on a corpus "
            "(`python -m graphs evaluate`); leave `unmasked` off"
        )


def equip(
    spec: GraphSpec,
    services: Services,
    version: str = "",
    prompts: Mapping[str, Prompt] | None = None,
) -> dict[str, tuple[Node, Kit]]:
    """Return every node of a checked graph with its kit; see `build` for the arguments."""
    prompts = prompts_of(spec, services.models) if prompts is None else prompts
    private = tuple(text for prompt in prompts.values() for text in prompt.private)
    prompts = with_told(prompts)
    quotable = frozenset(name for name, options in thoughts_in(spec) if options.quotable)
    found = {}
    for name, entry in spec.nodes.items():
        node = NODES[spec.used(name)]
        kit = Kit(
            name=name,
            services=services,
            model=services.models.bound(node.model, entry.model) if node.model else None,
            options=node.parse(entry.options),
            prompt=prompts.get(name, Prompt()),
            private=private,
            quotable=quotable,
            version=version,
        )
        found[name] = (node, kit)
    return found


def connect(builder: StateGraph[Any, Any, Any, Any], spec: GraphSpec) -> None:
    """Add the arrows and routes of a checked graph to a builder that has its nodes."""
    for source, target in spec.edges:
        builder.add_edge(_ENDS.get(source, source), _ENDS.get(target, target))
    for source, route in spec.routes.items():
        targets = [_ENDS.get(t, t) for t in spec.targets(source)]
        builder.add_conditional_edges(source, _chooser(source, route, spec.name), targets)


def duty(spec: GraphSpec, name: str) -> Duty:
    """Return a node's part in keeping a person safe; empty for most, and for START and END."""
    return NODES[spec.used(name)].duty if name in spec.nodes else ""


def node_with_duty(spec: GraphSpec, wanted: Duty) -> str:
    """Return the first node with a duty; of a graph that the checker lets through, there is one."""
    return next(name for name in spec.nodes if duty(spec, name) == wanted)


def empty_builder() -> Builder:
    """Return a builder with Attune's state, input and context, and nothing in it."""
    return StateGraph(ConversationState, context_schema=Context, input_schema=TurnInput)


def prompts_of(spec: GraphSpec, models: ModelSet) -> dict[str, Prompt]:
    """Return the prompt of every node that has one: the graph's, the model's, the node's own."""
    prompts = {}
    for name, entry in spec.nodes.items():
        node = NODES[spec.used(name)]
        bound = models.bound(node.model, entry.model) if node.prompt else None
        tuned = bound.config.prompt if bound else ""
        if chosen := entry.prompt or tuned or node.prompt:
            prompts[name] = read_prompt(chosen)
    return prompts


def patience(options: BaseModel | None) -> float:
    """Return the seconds after which a node counts as hanging: well above its own time-outs."""
    loading = float(getattr(options, "loading", 0.0))
    return loading + 2.0 * float(getattr(options, "timeout", 0.0)) + _SLACK_S


def step(node: Node, kit: Kit) -> Step:
    """Bind a node to its kit and note the milliseconds it takes, under its name in the graph.

    What it decides about danger is recorded here, whatever the node is. One that raises, hangs or
    returns rubbish is stood in for (`agents.rescue`): the turn goes on, and ends in a reply.
    """
    witness, rescue, longest = Witness(node, kit), Rescue(node, kit), patience(kit.options)

    async def run(state: ConversationState, *, runtime: Runtime[Context]) -> Update:
        if runtime.context is None:  # nobody gave one, or a resumed run has lost it
            runtime = runtime.override(context=Context())
        started = time.perf_counter()
        added: Update = {}
        if node.duty == "deliver" and (said := rescue.complete(state, runtime)) != state["said"]:
            added = {"said": said}
            state = {**state, "said": said}
        try:
            require_end(node, state, kit)
            async with asyncio.timeout(longest):
                update = accept(node, await node.run(state, runtime, kit), state, kit)
        except GraphBubbleUp:
            raise
        except (Exception, asyncio.CancelledError) as error:
            if _is_stopped():
                raise
            on = f" on the model {kit.model.name!r} (`/health` says how it is)" if kit.model else ""
            _log.error(
                "the node %r failed%s; this turn goes on without what it finds: %s",
                kit.name,
                on,
                places(error),
            )
            update = rescue.update(state, runtime, error)
        spent = (time.perf_counter() - started) * 1000
        told = witness.tell(state, update, runtime)
        return {"timings": {kit.name: round(spent, 3)}, **added, **told}

    run.__name__ = run.__qualname__ = kit.name
    return run


def _is_stopped() -> bool:
    """Say whether the turn itself was cancelled, and not something that a node waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _chooser(source: str, route: Route, graph: str) -> Callable[[ConversationState], list[str]]:
    """Return the function that chooses where a route goes on.

    A value that the table does not know raises: a designer's slip must not become a silent turn.
    """

    def choose(state: ConversationState) -> list[str]:
        values = cast(dict[str, Any], state)
        if isinstance(route, Table):
            label = str(values.get(route.on))
            label = label if label in route.to else ELSE
            if label not in route.to:
                # Without the value: it might be something that the person said.
                raise GraphError(graph, [f"{source!r} chose a route that has no target"])
            targets = route.to[label]
        else:
            targets = next(case.to for case in route if case.holds(values))
        return [_ENDS.get(target, target) for target in targets]

    return choose
