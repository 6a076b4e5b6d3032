"""How the models, the examples, the record and the store are: for `/health` and for the page.

Everything here may be read by anybody: names of models, counts, classes of errors. Nothing that a
person said, no identity, no message of an error, no path and no address.
"""

import logging
from collections.abc import Iterator
from typing import Literal, TypedDict
from weakref import WeakKeyDictionary

from agents.context import Services
from agents.library import NODES
from graphs.shelf import Version
from graphs.warm import NOTICES, Notice
from tools.breaker import Breaker, BreakerStatus, State
from tools.chat import ChatHost
from tools.host import ModelHost
from tools.models import Bound
from tools.storage.records import Condition, Storage

_log = logging.getLogger(__name__)

Overall = Literal["ok", "degraded", "down"]

_VITAL = "risk"
"""The task without which every message counts as danger, whoever wrote it."""

_troubles: "WeakKeyDictionary[Storage, str]" = WeakKeyDictionary()
"""Why each store could not be written when it was last looked at."""


class ModelHealth(TypedDict):
    """How the model of a task is.

    Attributes:
        task: what it is for.
        model: its name in `models.yaml`; empty where none is bound.
        state: of its breaker: `open` while it is left alone, `half-open` while it is tried again.
        loaded: it is in memory.
        calls: how many there were.
        failures: how many of them failed or took too long.
        last_failure: the class of the last error; empty when there was none.
        waiting: calls that wait, or replies that are being written.
        retry_s: seconds until it is tried again; 0 while calls go through.
    """

    task: str
    model: str
    state: State
    loaded: bool
    calls: int
    failures: int
    last_failure: str
    waiting: int
    retry_s: float


class ExamplesHealth(TypedDict):
    """How the example store is; see `ModelHealth`. `left_out` counts files that are not read."""

    state: State
    failures: int
    last_failure: str
    retry_s: float
    left_out: int


class StorageHealth(TypedDict):
    """How the store of kept conversations is; where it is stands in the log alone.

    `kind` is empty where none are kept, and `trouble` where it is ready.
    """

    kind: str
    ready: bool
    trouble: str


class Health(TypedDict):
    """How everything is that a conversation needs.

    Attributes:
        status: `down` while nobody's words can be read for danger, so that all are answered as if
            in danger; `degraded` while anything else fails or is tried again; else `ok`.
        graph: the name of the graph.
        models: by task.
        examples: the store of examples.
        audit: `off`, `ok`, or `failing` where the last decision could not be recorded.
        storage: the store of kept conversations.
        notices: what a person would notice, a sentence each.
    """

    status: Overall
    graph: str
    models: list[ModelHealth]
    examples: ExamplesHealth
    audit: Literal["off", "ok", "failing"]
    storage: StorageHealth
    notices: list[str]


async def health(services: Services, version: Version, storage: Storage | None = None) -> Health:
    """Return how everything is that conversations on a graph need; nothing is loaded or tried."""
    models = [_model(task, bound) for task, bound in _bound(services, version)]
    examples = _examples(services)
    audit: Literal["off", "ok", "failing"] = "off"
    if services.audit is not None:
        audit = "failing" if services.audit.trouble else "ok"
    kept = StorageHealth(kind="", ready=False, trouble="")
    if storage is not None:
        condition = await storage.condition()
        _tell(storage, condition)
        kept = StorageHealth(kind=condition.kind, ready=condition.ready, trouble=condition.shown)
    vital = [model for model in models if model["task"] == _VITAL]
    fails = (
        any(model["state"] != "closed" for model in models)
        or examples["state"] != "closed"
        or bool(examples["left_out"])
        or audit == "failing"
        or (storage is not None and not kept["ready"])
    )
    down = any(model["state"] != "closed" or not model["model"] for model in vital)
    return {
        "status": "down" if down else "degraded" if fails else "ok",
        "graph": version.spec.name,
        "models": models,
        "examples": examples,
        "audit": audit,
        "storage": kept,
        "notices": list(dict.fromkeys(notice.text for notice in notices(services, version))),
    }


def _tell(storage: Storage, condition: Condition) -> None:
    """Log why a store cannot be written, once for each reason: it may hold a path."""
    before, now = _troubles.get(storage, ""), condition.trouble
    if now != before:
        _log.warning("%s", now or "the store of conversations can be written again")
    _troubles[storage] = now


def notices(services: Services, version: Version) -> list[Notice]:
    """Return what works less well than it should at this moment, because it is left alone."""
    found = []
    for task, bound in _bound(services, version):
        standing = _standing(bound.host.breaker if bound else None)
        if bound and standing.state != "closed":
            text = NOTICES["examples" if task == "embed" else task]
            found.append(Notice(text, _reason(f"the model {bound.name!r}", standing)))
    standing = services.examples.breaker.standing
    if standing.state != "closed":
        found.append(Notice(NOTICES["examples"], _reason("the example store", standing)))
    return found


def _bound(services: Services, version: Version) -> Iterator[tuple[str, Bound | None]]:
    """Give each task of a graph with its model, and that of the embedding."""
    seen = {"embed"}
    yield "embed", services.models.bound("embed")
    for name, entry in version.spec.nodes.items():
        task = NODES[version.spec.used(name)].model
        if task and task not in seen:
            seen.add(task)
            bound = services.models.bound(task, entry.model)
            if bound is not None or task == _VITAL:
                yield task, bound


def _model(task: str, bound: Bound | None) -> ModelHealth:
    host: ModelHost[object, object] | ChatHost | None = bound.host if bound else None
    standing = _standing(host.breaker if host else None)
    return {
        "task": task,
        "model": bound.name if bound else "",
        "state": standing.state,
        "loaded": host.loaded if host else False,
        "calls": host.stats.calls if host else 0,
        "failures": standing.failures,
        "last_failure": standing.last,
        "waiting": host.waits if host else 0,
        "retry_s": round(standing.retry_s, 1),
    }


def _examples(services: Services) -> ExamplesHealth:
    standing = services.examples.breaker.standing
    return {
        "state": standing.state,
        "failures": standing.failures,
        "last_failure": standing.last,
        "retry_s": round(standing.retry_s, 1),
        "left_out": len(services.examples.left_out),
    }


def _standing(breaker: Breaker | None) -> BreakerStatus:
    return breaker.standing if breaker is not None else BreakerStatus("closed", 0, "", 0.0)


def _reason(what: str, standing: BreakerStatus) -> str:
    return (
        f"{what} has failed {standing.failures} times ({standing.last}) and is left alone; "
        f"it is tried again in {standing.retry_s:.0f} s"
    )
