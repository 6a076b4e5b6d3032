"""Who answers: the language model alone, the graph, and the graph without examples."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypedDict, cast

from agents.context import Context, Services
from agents.prompt import read_prompt
from graphs.keeping.saver import Saver
from graphs.run import Conversation, Finished, Sentence, TurnReport
from graphs.services import assemble
from graphs.shelf import Shelf, Version, label
from graphs.warm import warm
from tools.breaker import Breaker
from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import ConfigError, UnknownName
from tools.examples.query import Query
from tools.records import Example
from tools.weights import entries

ALONE, ALONE_OWN, NO_RETRIEVAL, FULL = "alone", "alone_own", "no_retrieval", "full"
ARMS = (ALONE, ALONE_OWN, NO_RETRIEVAL, FULL)
"""`alone` is the untuned model with a system prompt, `alone_own` the graph's own model with it."""

BASE = "qwen2.5-coder-1.5b"
"""The untuned model of the default profile."""

_TOKENS = 160
_ENGLISH = "en"


class Answer(TypedDict):
    """One reply and what led to it; what an arm does not have is empty.

    `first_s` and `total_s` are seconds from sending to the first sentence and to the end, the
    former 0 where no sentence came. `fixed` tells that the reply holds a fallback sentence.
    """

    plan: str
    why: str
    felt: str
    stage: str
    moment: str
    route: str
    examples: list[str]
    reply: str
    fixed: bool
    first_s: float
    total_s: float
    notes: list[str]


class Speaker(Protocol):
    """One conversation of one arm."""

    async def answer(self, words: str) -> Answer:
        """Answer the next message."""
        ...


@dataclass(frozen=True)
class Arm:
    """One arm, loaded: it begins conversations until it is closed.

    Attributes:
        name: one of `ARMS`.
        facts: what its replies come from, for the manifest: model, hashes of weights and prompts.
        begin: starts a conversation.
        services: what it runs on.
    """

    name: str
    facts: dict[str, str]
    begin: Callable[[], Speaker]
    services: Services = field(repr=False)

    def close(self) -> None:
        """End the arm's models."""
        self.services.models.close()


class NoExamples:
    """A store in which nothing is found."""

    def __init__(self) -> None:
        """Make a store that never fails."""
        self.breaker = Breaker("the example store")
        self.left_out: list[str] = []

    async def open(self) -> None:
        """There is nothing to open."""

    async def search(self, query: Query, k: int) -> list[Example]:
        """Return nothing."""
        return []


async def open_arm(
    name: str, profile: str, *, graph: str = "support", base: str = "", models: Path | None = None
) -> Arm:
    """Load an arm.

    Args:
        name: one of `ARMS`.
        profile: a profile of the models file.
        graph: the graph of the arms that have one.
        base: the model of `alone`; else `BASE` where the profile knows it, else the graph's own.
        models: a researcher's own models file.

    Raises:
        UnknownName: there is no such arm, or no such model.
        ConfigError: the profile binds no language model.
    """
    if name not in ARMS:
        raise UnknownName("arm", name, ARMS)
    services = replace(assemble(profile, models=models), audit=None)
    if name in (ALONE, ALONE_OWN):
        model = own_model(services) if name == ALONE_OWN else base_model(services, base)
        return await _alone(name, model, services)
    if name == NO_RETRIEVAL:
        services = replace(services, examples=NoExamples())
    version = Shelf(services, Saver()).current(graph)
    facts = {"graph": label(version.spec, version.hash), "graph_hash": version.hash}
    facts |= _model_facts(services, version.models.get("respond", own_model(services)))
    facts["models"] = json.dumps(version.models, sort_keys=True)
    for notice in await warm(services, version):
        facts["lacking"] = f"{facts.get('lacking', '')} {notice.reason}".strip()
    return Arm(name, facts, lambda: _InGraph(version, services), services)


def own_model(services: Services) -> str:
    """Return the name of the language model that the profile binds.

    Raises:
        ConfigError: it binds none.
    """
    bound = services.models.bound("respond")
    if bound is None:
        raise ConfigError(
            f"the profile {services.models.profile!r} binds no model to `respond`; choose another"
        )
    return bound.name


def base_model(services: Services, wanted: str = "") -> str:
    """Return the model of the arm `alone`: the one that is asked for, or the untuned one."""
    if wanted:
        return wanted
    known = services.models.choices().get("respond", [])
    return BASE if BASE in known else own_model(services)


async def _alone(name: str, model: str, services: Services) -> Arm:
    system = read_prompt("alone", Path(__file__).parent).fill("system")
    host = services.models.host(model)
    if not isinstance(host, ChatHost):
        raise ConfigError(f"the model {model!r} is no language model; name one of task `respond`")
    await host.warm(ChatRequest((Message("system", system), Message("user", "Hello.")), "", 1))
    facts = _model_facts(services, model)
    facts["prompt_hash"] = hashlib.sha256(system.encode()).hexdigest()
    return Arm(name, facts, lambda: _Alone(host, system), services)


def _model_facts(services: Services, model: str) -> dict[str, str]:
    entry = services.models.config(model).weights
    pins = entries()[entry].files if entry in entries() else {}
    hashes = {f"sha256 of {name}": pin.sha256 or "not pinned" for name, pin in pins.items()}
    return {"model": model} | hashes


class _Alone:
    """The language model with a system prompt and the whole conversation; nothing is checked."""

    def __init__(self, host: ChatHost, system: str) -> None:
        self._host = host
        self._messages = [Message("system", system)]

    async def answer(self, words: str) -> Answer:
        self._messages.append(Message("user", words))
        turn, started = secrets.token_urlsafe(12), time.perf_counter()
        self._host.open(turn, ChatRequest(tuple(self._messages), "", _TOKENS))
        said, first = [], 0.0
        try:
            while sentence := await self._host.sentence(turn):
                first = first or time.perf_counter() - started
                said.append(sentence)
        finally:
            self._host.close(turn)
        reply = " ".join(said)
        self._messages.append(Message("assistant", reply))
        return empty_answer(reply=reply, first_s=first, total_s=time.perf_counter() - started)


class _InGraph:
    """A conversation on a graph, as the page holds it."""

    def __init__(self, version: Version, services: Services) -> None:
        self._talk = Conversation(version, services)
        self._version = version
        phrases = services.phrases.for_locale(_ENGLISH)
        self._fixed = [line for lines in phrases.fallback.values() for line in lines]

    async def answer(self, words: str) -> Answer:
        started, first = time.perf_counter(), 0.0
        context = Context(locale=_ENGLISH, disclosed=True)
        asides: list[str] = []
        async for event in self._talk.send(words, context=context):
            match event:
                case Sentence(text, aside=True):
                    asides.append(text)
                case Sentence():
                    first = first or time.perf_counter() - started
                case Finished(report):
                    return await self._told(report, first, time.perf_counter() - started)
        raise AssertionError("a turn always ends with `Finished`")

    async def _told(self, report: TurnReport, first: float, total: float) -> Answer:
        config = {"configurable": {"thread_id": self._talk.id}}
        state = (await self._version.graph.aget_state(cast(Any, config))).values
        known: Mapping[str, Any] = {**state, **report}
        return empty_answer(
            plan=report["strategy"]["label"],
            why=report["strategy"]["why"],
            felt=report["user_emotion"]["label"],
            stage=str(known.get("stage", "")),
            moment=str(known.get("moment", "")),
            route=report["route"],
            examples=[example["id"] for example in report["examples"]],
            reply=report["reply"],
            fixed=any(line in report["reply"] for line in self._fixed),
            first_s=first,
            total_s=total,
            notes=[f"{note['node']}: {note['text']}" for note in report["notes"]],
        )


def empty_answer(**known: Any) -> Answer:
    """Return an answer of which only some fields are known."""
    empty = Answer(
        plan="",
        why="",
        felt="",
        stage="",
        moment="",
        route="support",
        examples=[],
        reply="",
        fixed=False,
        first_s=0.0,
        total_s=0.0,
        notes=[],
    )
    return cast(Answer, {**empty, **known})
