"""Run turns: the one way in which the page, the terminal and evaluation use a graph."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from agents.context import Context, Services
from agents.state import ConversationState
from graphs.build import duty
from graphs.shelf import Version, label
from graphs.trace import Trace
from tools.clips import Clip
from tools.errors import AttuneError, InputError, ModelError, places
from tools.records import (
    Choice,
    Example,
    Finding,
    Heard,
    Note,
    Reading,
    Standing,
    UserEmotion,
)
from tools.safety.course import level_now, peak_level
from tools.words import accept, clean

_log = logging.getLogger(__name__)


class RiskReport(TypedDict):
    """How dangerous this turn was, how it stands now, and how grave it has been so far.

    `dangers` holds the standing of each danger by its name.
    """

    level: str
    now: str
    peak: str
    dangers: dict[str, Standing]
    findings: list[Finding]


class TurnReport(TypedDict):
    """What one turn came to; JSON-able.

    `timings` are milliseconds by node, with `total` and `first_sentence` for the whole turn.
    `missing` says for each modality without a reading why. `models` names each node's model.
    """

    reply: str
    route: str
    heard: Heard
    user_emotion: UserEmotion
    readings: dict[str, Reading]
    moment: str
    strategy: Choice
    system_emotion: Choice
    risk: RiskReport
    examples: list[Example]
    timings: dict[str, float]
    missing: dict[str, str]
    models: dict[str, str]
    notes: list[Note]
    graph: str


@dataclass(frozen=True)
class Sentence:
    """One checked sentence, to be shown at once; an `aside` stands before or after the reply."""

    text: str
    aside: bool = False


@dataclass(frozen=True)
class Progress:
    """A node has finished."""

    node: str


@dataclass(frozen=True)
class Finished:
    """The turn is over."""

    report: TurnReport


Event = Sentence | Progress | Finished


class Conversation:
    """One conversation on one version of a graph; turns sent together are answered in order."""

    def __init__(self, version: Version, services: Services, *, id: str | None = None) -> None:
        """Begin a conversation, or take one up again by its `id`."""
        self.version = version
        self.id = id or secrets.token_urlsafe(16)
        self._services = services
        self._order = asyncio.Lock()

    @property
    def _config(self) -> RunnableConfig:
        return {"configurable": {"thread_id": self.id}}

    async def send(
        self, words: str, clips: Sequence[Clip] = (), context: Context | None = None
    ) -> AsyncGenerator[Event, None]:
        """Run one turn and yield its events as they happen; the last one is `Finished`.

        Args:
            words: what the person typed; may be empty when there is a clip.
            clips: decoded recordings; they are forgotten when the turn ends, however it ends.
            context: locale, country and consents of this turn.

        Raises:
            InputError: there is nothing to answer, or the message is too long.
        """
        typed = self._accept(words)
        if not typed and not clips:
            raise InputError("Your message is empty; write or say something, and I will answer.")
        turn = self._turn(typed, clips, context or Context())
        # Closing this generator must close the inner ones at once: they forget the media.
        async with self._order, aclosing(turn) as events:
            async for event in events:
                yield event

    def _accept(self, words: str) -> str:
        """Return the cleaned words; one too long is refused, unless there is danger in it."""
        try:
            return accept(words)
        except InputError:
            typed = clean(words)
            try:
                danger = self._services.policy.is_crisis(self._services.policy.grade(typed))
            except Exception:
                danger = True  # as in the graph: what cannot be graded counts as danger
            if not danger:
                raise
            return typed

    async def _turn(
        self, words: str, clips: Sequence[Clip], context: Context
    ) -> AsyncGenerator[Event, None]:
        started = time.perf_counter()
        first = 0.0
        message = HumanMessage(words, id=secrets.token_urlsafe(12))
        trace = Trace(words, self._services)
        handles = [self._services.clips.put(clip) for clip in clips]
        stream = self.version.graph.astream(
            {"messages": [message], "clips": handles},
            self._config,
            context=context,
            stream_mode=["custom", "updates"],
            durability="exit",  # the saver is in memory: nothing is won by saving every step
        )
        said: list[str] = []
        finished = False
        try:
            async with aclosing(cast(AsyncGenerator[Any, None], stream)) as parts:
                async for mode, part in parts:
                    if mode == "updates":
                        for node, update in part.items():
                            trace.follow(update)
                            yield Progress(node)
                    elif part.get("type") == "sentence":
                        first = first or time.perf_counter() - started
                        said.append(part["text"])
                        yield Sentence(part["text"], part["aside"])
            state = cast(ConversationState, (await self._state()))
            report = self._report(state)
            finished = True
        except Exception as error:
            _log.error("a turn failed: %s", places(error))
            lines = trace.lifeline(said, context)
            if not lines and not (said and trace.grade["findings"]):
                if isinstance(error, AttuneError):
                    raise
                raise ModelError(
                    "Something went wrong while I was answering; please send your message again."
                ) from None
            for line in lines:
                said.append(line)
                yield Sentence(line)
            report = self._report(trace.state(said, type(error).__name__), route="crisis")
        finally:
            self._services.forget(trace.turn, handles)
            if not finished:
                await self._break_off(str(message.id), said, trace)
        spent = (time.perf_counter() - started) * 1000
        report["timings"] |= {"first_sentence": round(first * 1000, 1), "total": round(spent, 1)}
        yield Finished(report)

    async def _break_off(self, id: str, said: list[str], trace: Trace) -> None:
        """Let the history of a turn that was stopped, or failed, say what the person saw of it.

        That is the part of the reply that was said. Where nothing was, their message goes too: they
        are about to send it again. What it told of danger is kept either way.
        """
        update: dict[str, Any] = {"clips": []} | ({"risk": trace.risk} if trace.risk else {})
        try:
            messages = (await self._state()).get("messages", [])
            if any(message.id == id for message in messages):
                last = AIMessage(" ".join(said), id=f"{id}:reply") if said else RemoveMessage(id)
                update["messages"] = [last]
            spec = self.version.spec
            deliver = next(name for name in spec.nodes if duty(spec, name) == "deliver")
            await self.version.graph.aupdate_state(self._config, update, as_node=deliver)
        except Exception as error:  # what was said stays said
            _log.error("a broken turn could not be put down: %s", places(error))

    async def _state(self) -> Any:
        return (await self.version.graph.aget_state(self._config)).values

    async def forget(self) -> None:
        """Delete everything that was said in this conversation."""
        saver = self.version.graph.checkpointer
        if isinstance(saver, BaseCheckpointSaver):
            await saver.adelete_thread(self.id)

    def _report(self, state: ConversationState, route: str = "") -> TurnReport:
        missing = {m: str(r["missing"]) for m, r in state["readings"].items() if r["missing"]}
        return {
            "reply": " ".join(state["said"]),
            "route": route
            or ("crisis" if duty(self.version.spec, state["writer"]) == "crisis" else "support"),
            "heard": state["heard"],
            "user_emotion": state["user_emotion"],
            "readings": state["readings"],
            "moment": state["moment"],
            "strategy": state["strategy"],
            "system_emotion": state["system_emotion"],
            "risk": {
                "level": state["grade"]["level"],
                "now": level_now(state["risk"]),
                "peak": peak_level(state["risk"]),
                "dangers": state["risk"]["now"],
                "findings": state["grade"]["findings"],
            },
            "examples": state["examples"],
            "timings": dict(state["timings"]),
            "missing": missing,
            "models": self.version.models,
            "notes": state["notes"],
            "graph": label(self.version.spec, self.version.hash),
        }
