"""Compiled graphs by version: a conversation keeps its own, a new one takes the newest good one."""

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph

from agents.context import Context, Services
from agents.library import NODES
from agents.prompt import FOLDER as PROMPTS
from agents.state import ConversationState, TurnInput
from graphs.build import build, prompts_of
from graphs.check import require
from graphs.deployment import deploy
from graphs.spec import GraphSpec, find_graph, read_graph, sources
from tools.errors import AttuneError

Graph = CompiledStateGraph[ConversationState, Context, TurnInput, ConversationState]

STEPS = 100
"""Supersteps that one turn may take; a reply of fourteen sentences needs fewer than fifty."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Version:
    """One compiled graph; `hash` covers topology, options, prompts and model bindings."""

    hash: str
    spec: GraphSpec
    graph: Graph
    models: dict[str, str]


class Shelf:
    """Keep graphs compiled, and see when their files change."""

    def __init__(self, services: Services, checkpointer: BaseCheckpointSaver[Any] | None = None):
        """Start empty; `checkpointer` is shared by every version."""
        self.services = services
        self._checkpointer = checkpointer
        self._current: dict[str, Version] = {}
        self._stamps: dict[str, tuple[object, ...]] = {}
        self._trouble: dict[str, str] = {}

    def current(self, name: str) -> Version:
        """Return the newest good version of a graph, by name or path.

        A file that was edited and is broken leaves the old version in place; `trouble` then says
        why.

        Raises:
            AttuneError: the graph is broken and no older version is there.
        """
        path = find_graph(name)
        stamp = _stamp(path)
        if self._stamps.get(name) != stamp:
            self._stamps[name] = stamp
            try:
                self._current[name] = self.compile(read_graph(path))
                self._trouble.pop(name, None)
            except AttuneError as error:
                self._trouble[name] = str(error)
                if name not in self._current:
                    del self._stamps[name]
                    raise
                _log.warning("the edited graph %s is refused: %s", name, error)
        return self._current[name]

    def trouble(self, name: str) -> str:
        """Return why the last edit of a graph was refused; empty when it was not."""
        return self._trouble.get(name, "")

    def compile(self, spec: GraphSpec) -> Version:
        """Check, build and compile a spec, as it may run where people meet this program.

        Raises:
            GraphError: the checker refuses it.
        """
        spec = deploy(spec, self.services.deployment)
        require(spec, self.services.models)  # what follows needs its names to be known
        models = bindings(spec, self.services)
        prompts = {
            node: prompt.sections for node, prompt in prompts_of(spec, self.services.models).items()
        }
        text = json.dumps([spec.hash(), prompts, models], sort_keys=True)
        hash = hashlib.sha256(text.encode()).hexdigest()
        builder = build(spec, self.services, label(spec, hash))
        graph = builder.compile(self._checkpointer, name=spec.name)
        return Version(
            hash=hash,
            spec=spec,
            graph=graph.with_config(recursion_limit=STEPS),
            models=models,
        )


def label(spec: GraphSpec, hash: str) -> str:
    """Return how a version of a graph is called in reports and in the audit log."""
    return f"{spec.name}@{hash[:12]}"


def bindings(spec: GraphSpec, services: Services) -> dict[str, str]:
    """Return the model of every node that has one."""
    found = {}
    for name, entry in spec.nodes.items():
        if task := NODES[spec.used(name)].model:
            bound = services.models.bound(task, entry.model)
            if bound is not None:
                found[name] = bound.name
    return found


def _stamp(path: Path) -> tuple[object, ...]:
    """Return what changes when one of the graph's files, or a prompt, does."""
    try:
        files = sources(path)
    except AttuneError:
        files = [path]  # too broken to follow its includes; reading it says why
    return tuple(
        (str(file), file.stat().st_mtime_ns, file.stat().st_size)
        for file in [*files, *sorted(PROMPTS.glob("*.md"))]
    )
