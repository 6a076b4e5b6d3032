"""The part of a graph that is measured, compiled so that every step is seen and can be given.

The nodes are those of the graph, bound as for a person. What differs: the screens grade but lead
nobody away, patterns of the dialogue and `deliver` are left out, and time-outs are long, since many
items wait for one model. So nothing here may ever answer a person, and no way leads to one.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.context import Context, Kit, Services, Update
from agents.node import Node
from agents.state import ConversationState
from graphs.build import Step, connect, equip, step
from graphs.deployment import deploy
from graphs.evaluation.labels import LABELLED
from graphs.evaluation.measured import goes_on, measured, step_of, steps_of
from graphs.spec import GraphSpec
from tools.errors import ConfigError
from tools.models import Bound
from tools.records import Scores

_PATIENCE_S = 600.0
"""Seconds that a node may take here: it waits for the items before it."""

_STEPS = 200
"""Steps of one item at most; a reply takes two for a sentence."""

BenchGraph = CompiledStateGraph[Any, Any, Any, Any]


@dataclass
class Asked:
    """What one item is told in place of what the graph finds, and what the graph found.

    Attributes:
        given: the record of a step that is to hold whatever is predicted, by step.
        thoughts: likewise the text of a thought.
        predicted: the label or the text by step.
        scores: the distribution by step.
        silent: steps whose model failed or had nothing to say.
        stood_in: a sentence of the reply is not the model's.
        turn: the id of the turn, by which what it left in memory is dropped.
    """

    given: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    thoughts: Mapping[str, str] = field(default_factory=dict)
    predicted: dict[str, str] = field(default_factory=dict)
    scores: dict[str, Scores] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    stood_in: bool = False
    turn: str = ""

    def take(self, taken: str, update: Update) -> Update:
        """Note what the node of a step found, and return what the nodes behind it are to see."""
        if taken in LABELLED:
            found = update[taken]
            self.predicted[taken] = found["label"]
            self.scores[taken] = {k: round(v, 4) for k, v in found["scores"].items()}
            return {**update, taken: self.given.get(taken, found)}
        thoughts = update.get("thoughts") or {}
        self.predicted[taken] = thoughts.get(taken, "")
        told = self.thoughts.get(taken)
        return {**update, "thoughts": {**thoughts, taken: told}} if told else update


@dataclass(frozen=True, kw_only=True)
class BenchContext(Context):
    """The settings of one item's turn.

    Attributes:
        disclosed: nobody is there to be told anything.
        asked: what the item is told, and where what is found is noted.
    """

    disclosed: bool = True
    asked: Asked = field(default_factory=Asked)


@dataclass(frozen=True)
class Bench:
    """A graph made ready to be measured.

    Attributes:
        spec: what is left of it.
        graph: the same, compiled.
        steps: the steps that it takes, in the order of the graph; thoughts among them.
        kits: what its nodes were given.
    """

    spec: GraphSpec
    graph: BenchGraph
    steps: tuple[str, ...]
    kits: Mapping[str, Kit]


def bench(spec: GraphSpec, services: Services, *, reply: bool) -> Bench:
    """Return a graph made ready to be measured.

    Args:
        spec: one that the checker lets through.
        services: with `unmasked` set.
        reply: write the reply as well; without it the run ends when everything is planned.

    Raises:
        ConfigError: the services are those of a program that talks to people.
    """
    if not services.unmasked:
        raise ConfigError(
            "a graph is measured with unmasked services, which answer nobody, and with no other"
        )
    spec = measured(deploy(spec, services.deployment), reply=reply)
    builder = StateGraph(ConversationState, context_schema=BenchContext)
    kits: dict[str, Kit] = {}
    for name, (node, kit) in equip(spec, services, spec.name).items():
        kits[name] = _patient(kit)
        run = _watched(
            step(node, _listened(kits[name])), node, step_of(spec, name), goes_on(spec, name)
        )
        builder.add_node(name, run, defer=spec.nodes[name].join)
    connect(builder, spec)
    graph = builder.compile(name=f"{spec.name}-measured")
    return Bench(spec, graph.with_config(recursion_limit=_STEPS), steps_of(spec, reply), kits)


def _patient(kit: Kit) -> Kit:
    options = kit.options
    if options is None or not hasattr(options, "timeout"):
        return kit
    return replace(kit, options=options.model_copy(update={"timeout": _PATIENCE_S}))


def _watched(run: Step, node: Node, taken: str, route: str) -> Any:
    async def watched(state: ConversationState, *, runtime: Runtime[BenchContext]) -> Update:
        asked = runtime.context.asked
        asked.turn = state.get("turn_id", "")
        silent: list[str] = []
        _SILENT.set(silent)
        update = await run(state, runtime=runtime)  # type: ignore[arg-type]  # a wider context
        if taken and silent:
            asked.silent.append(taken)
        if node.duty == "screen":
            return {**update, "route": route}
        if node.duty == "check" and _stands_in(state, update):
            asked.stood_in = True
        return asked.take(taken, update) if taken else update

    watched.__name__ = watched.__qualname__ = node.name
    return watched


def _stands_in(state: ConversationState, update: Update) -> bool:
    """Say whether the check let a sentence through that no model has written."""
    ticket = state["candidate"]
    if update.get("verdict") == "accepted":
        return ticket is not None and ticket["stands_in"]
    return bool(update.get("said")) and not state["said"]  # the last resort


_SILENT: ContextVar[list[str]] = ContextVar("_SILENT")
"""Names of models that failed or said nothing while one node ran."""

_PLANNERS = frozenset({"user_emotion", "strategy", "system_emotion"})


class _Listened:
    """A host whose failures are noted, since the node that asks it goes on without."""

    def __init__(self, bound: Bound) -> None:
        self._bound = bound

    async def infer(self, item: object) -> object:
        """Return the model's output, as the host does."""
        try:
            found: object = await self._bound.host.infer(item)
        except Exception:
            _SILENT.get([]).append(self._bound.name)
            raise
        if not found:
            _SILENT.get([]).append(self._bound.name)
        return found


def _listened(kit: Kit) -> Kit:
    model = kit.model
    if model is None or model.config.task not in _PLANNERS:
        return kit
    return replace(kit, model=replace(model, host=_Listened(model)))
