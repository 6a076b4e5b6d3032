"""Compiled graphs by version: a conversation keeps its own, a new one takes the newest good one."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph

from agents.context import Context, Services
from agents.library import NODES
from agents.prompt import FOLDER as PROMPTS
from agents.prompt import Prompt
from agents.state import ConversationState, TurnInput
from graphs.build import build, prompts_of, require_masked
from graphs.check import require
from graphs.deployment import deploy
from graphs.keeping.pin import hash_of, unpin, version_text
from graphs.spec import GraphSpec, find_graph, read_graph, sources
from tools.errors import AttuneError, ConfigError

Graph = CompiledStateGraph[ConversationState, Context, TurnInput, ConversationState]

Mark = tuple[str, int, int]
"""A file, the nanosecond of its last change, and its bytes."""

STEPS = 100
"""Supersteps that one turn may take; a reply of fourteen sentences needs fewer than fifty."""

_log = logging.getLogger(__name__)


def _by_nobody() -> str:
    """Return that no edit is refused: what was built from a text has no file."""
    return ""


@dataclass(frozen=True)
class Version:
    """One compiled graph.

    Attributes:
        hash: of `text`.
        spec: the graph, as it may run where people meet this program.
        graph: the same, compiled.
        models: the model of every node that has one.
        text: topology, options, prompts, model bindings and how these models are configured.
        refused: says in a sentence that the newest edit of its file is refused, if it is.
    """

    hash: str
    spec: GraphSpec
    graph: Graph
    models: dict[str, str]
    text: str = ""
    refused: Callable[[], str] = field(default=_by_nobody, compare=False, repr=False)


class Shelf:
    """Keep graphs compiled, and see when their files change."""

    def __init__(self, services: Services, checkpointer: BaseCheckpointSaver[Any] | None = None):
        """Start empty; `checkpointer` is shared by every version.

        Raises:
            ConfigError: the services are made for measuring.
        """
        require_masked(services)
        self.services = services
        self.checkpointer = checkpointer
        self._current: dict[str, Version] = {}
        self._stamps: dict[str, tuple[Mark, ...]] = {}
        self._trouble: dict[str, str] = {}
        self._pinned: WeakValueDictionary[str, Version] = WeakValueDictionary()

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
                found = self.compile(read_graph(path))
                self._current[name] = replace(found, refused=partial(self._refused, name))
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

    def look(self, name: str) -> str:
        """Look whether a graph was edited, and return why that is refused; empty when it is not.

        It costs a look at the times of files, and a compilation after an edit; nothing is raised.
        """
        try:
            if any(_mark(Path(mark[0])) != mark for mark in self._stamps.get(name, ())):
                self.current(name)
        except OSError:
            pass  # it is being saved: the next look sees it
        except AttuneError as error:
            return str(error)
        return self.trouble(name)

    def _refused(self, name: str) -> str:
        if not (trouble := self.look(name)):
            return ""
        reason = trouble.splitlines()[:2][-1].strip(" -")  # a heading and reasons, or one sentence
        called = self._current[name].spec.name
        return f"the edited graph {called!r} is refused, and the last good one goes on: {reason}"

    def newest(self, name: str, otherwise: str) -> Version:
        """Return the newest good version of the graph that calls itself `name`.

        Args:
            name: as the graph's file says.
            otherwise: the graph to take where none is called that, by name or path.

        Raises:
            AttuneError: that one cannot be used either.
        """
        known = [asked for asked, version in self._current.items() if version.spec.name == name]
        for asked in [*known, name]:
            with suppress(AttuneError):
                if (version := self.current(asked)).spec.name == name:
                    return version
        return self.current(otherwise)

    def pinned(self, hash: str, text: str | None) -> Version:
        """Return a version by its hash, built again from its text where it is not here any more.

        Raises:
            AttuneError: it cannot be built as it was, or may not run any more.
        """
        known = next((v for v in self._current.values() if v.hash == hash), None)
        known = known or self._pinned.get(hash)
        if known is not None:
            return known
        if text is None:
            raise ConfigError(f"the text of the graph version {hash[:12]!r} is not there any more")
        spec, prompts = unpin(hash, text, self.services)
        version = self._pinned[hash] = self.compile(spec, prompts, text)
        return version

    def compile(
        self, spec: GraphSpec, prompts: Mapping[str, Prompt] | None = None, text: str = ""
    ) -> Version:
        """Check, build and compile a spec, as it may run where people meet this program.

        Args:
            spec: the graph.
            prompts: the prompt of each node that has one, in place of what their files say.
            text: of the version that is built again.

        Raises:
            GraphError: the checker refuses it.
        """
        whole, spec = spec, deploy(spec, self.services.deployment)
        require(spec, self.services.models)  # what follows needs its names to be known
        models = bindings(spec, self.services)
        prompts = prompts_of(spec, self.services.models) if prompts is None else prompts
        prompts = {node: prompt for node, prompt in prompts.items() if node in spec.nodes}
        if not text or spec != whole:  # without nodes that may not run here it is another one
            text = version_text(spec, prompts, models, self.services)
        hash = hash_of(text)
        builder = build(spec, self.services, label(spec, hash), prompts)
        graph = builder.compile(self.checkpointer, name=spec.name)
        return Version(
            hash=hash,
            spec=spec,
            graph=graph.with_config(recursion_limit=STEPS),
            models=models,
            text=text,
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


def _stamp(path: Path) -> tuple[Mark, ...]:
    """Return what changes when one of the graph's files, or a prompt, does."""
    try:
        files = sources(path)
    except AttuneError:
        files = [path]  # too broken to follow its includes; reading it says why
    return tuple(_mark(file) for file in [*files, *sorted(PROMPTS.glob("*.md"))])


def _mark(file: Path) -> Mark:
    found = file.stat()
    return str(file), found.st_mtime_ns, found.st_size
