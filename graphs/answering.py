"""One turn, from a message to its report, whatever breaks on the way."""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, cast

from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from langgraph.types import StreamMode

from agents.context import Context, Services
from agents.state import ConversationState
from graphs.build import node_with_duty
from graphs.events import Event, Finished, Progress, Sentence, report_of
from graphs.keeping.thread import Thread
from graphs.keeping.written import Asked
from graphs.shelf import Version
from graphs.trace import Trace
from tools.clips import Clip
from tools.errors import AttuneError, InputError, ModelError, places
from tools.records import ClipHandle
from tools.words import abridged, accept, clean


class _Lost(ModelError):
    """There is nothing left to answer: a recording that nobody has written down is gone."""


UNHEARD = "the recording of this message was gone after a restart; only its words were answered"
"""Note of a turn that was taken up again."""

_log = logging.getLogger(__name__)


class Answering:
    """The answering of one message.

    Sentences of a kept conversation wait until they are on disk, so that none is said twice.
    """

    def __init__(
        self,
        version: Version,
        services: Services,
        config: RunnableConfig,
        thread: Thread,
        news: Callable[[], list[str]],
        *,
        must: bool = False,
    ) -> None:
        """Answer on a version of a graph.

        Args:
            version: the graph.
            services: what its nodes share.
            config: names the conversation.
            thread: the conversation in memory.
            news: says what the report tells besides; asked once, when the reply is given.
            must: the message was left open by a crash: nobody will send it again.
        """
        self._version, self._services, self._config = version, services, config
        self._thread, self._news, self._must = thread, news, must
        self._said: list[str] = []
        self._held: list[Sentence] = []
        self._unheard = False

    async def run(
        self, asked: Asked, context: Context, clips: Sequence[Clip]
    ) -> AsyncGenerator[Event, None]:
        """Run the turn and yield its events as they happen; the last one is `Finished`.

        Raises:
            AttuneError: it failed, nothing was said, and there is no danger.
        """
        started = time.perf_counter()
        first = 0.0
        trace = Trace(asked["words"], self._services)
        handles = [self._services.clips.put(clip) for clip in clips]
        finished = False
        try:
            async with aclosing(self._parts(asked, context, handles, trace)) as parts:
                async for event in parts:
                    if isinstance(event, Sentence):
                        first = first or time.perf_counter() - started
                    yield event
            state = cast(ConversationState, await self._state())
            report = report_of(state, self._version, notes=self._notes())
            finished = True
        except Exception as error:
            _log.error("a turn failed: %s", places(error))
            for sentence in self._release():  # they were checked, and may hold who can help
                yield sentence
            lines = trace.lifeline(self._said, context)
            if self._must and not self._said:
                lines = [*self._instead(error, context, needed=not lines), *lines]
            if not lines and not (self._said and trace.grade["findings"]):
                if isinstance(error, AttuneError):
                    raise
                raise ModelError(
                    "Something went wrong while I was answering; please send your message again."
                ) from None
            for line in lines:
                self._said.append(line)
                yield Sentence(line)
            report = report_of(
                trace.state(self._said, type(error).__name__),
                self._version,
                route="crisis" if trace.in_danger else "",
                notes=self._notes(),
            )
        finally:
            self._services.forget(trace.turn, handles)
            if not finished and (self._said or not self._must):
                await self._break_off(asked, trace)
            if not self._thread.kept:
                self._thread.end()
        spent = (time.perf_counter() - started) * 1000
        report["timings"] |= {"first_sentence": round(first * 1000, 1), "total": round(spent, 1)}
        yield Finished(report)

    async def _parts(
        self, asked: Asked, context: Context, handles: list[ClipHandle], trace: Trace
    ) -> AsyncGenerator[Event, None]:
        """Run the graph, from where a crash broke it off if it did."""
        thread, begun = self._thread, self._thread.begun
        again = begun is not None and begun["asked"]["id"] == asked["id"]
        same = again and begun is not None and begun["version"] == self._version.hash
        if again:
            trace.follow(thread.values)
            self._said = list(thread.values.get("said", []))
        thread.take(asked["id"])
        if again and not same and self._said:
            raise ModelError("the turn was begun on another graph")  # what was said is the reply
        heard = same and bool(thread.values.get("heard", {}).get("text"))
        if self._must and asked["recording"] and not asked["words"] and not heard:
            raise _Lost("a recording was gone before it was written down; it is asked for again")
        self._unheard = self._must and asked["recording"] and not heard
        given: Any = None
        if not same:
            thread.rewind()
            message = HumanMessage(asked["words"], id=asked["id"])
            given = {"messages": [message], "clips": handles}
        thread.begin(asked, self._version.hash)
        sync = thread.kept
        modes: list[StreamMode] = ["custom", "updates"]
        if sync:
            modes.append("values")
        stream = self._version.graph.astream(
            given,
            self._config,
            context=context,
            stream_mode=modes,
            durability="sync" if sync else "exit",  # in memory, nothing is won by saving each step
        )
        async with aclosing(cast(AsyncGenerator[Any, None], stream)) as parts:
            async for mode, part in parts:
                if mode == "updates":
                    for node, update in part.items():
                        trace.follow(update)
                        yield Progress(node)
                elif mode == "custom" and part.get("type") == "sentence":
                    self._held.append(Sentence(part["text"], part["aside"]))
                # `values` come when a step is over: LangGraph has waited for its checkpoint.
                if not (sync and thread.kept) or (mode == "values" and thread.down):
                    for sentence in self._release():
                        yield sentence
        for sentence in self._release():
            yield sentence

    def _release(self) -> list[Sentence]:
        """Return the sentences that waited; the caller yields them."""
        held, self._held = self._held, []
        self._said += [sentence.text for sentence in held]
        return held

    def _instead(self, error: Exception, context: Context, *, needed: bool) -> list[str]:
        """Return what is said where a message that nobody will send again cannot be answered."""
        phrases = self._services.phrases.for_locale(context.locale)
        if isinstance(error, _Lost):
            return [phrases.moments["lost_recording"][0]]
        return [phrases.last_resort] if needed else []

    def _notes(self) -> list[str]:
        thread = self._thread
        failed = thread.kept and thread.trouble
        return [
            *self._news(),
            *([UNHEARD] if self._unheard else []),
            *([f"this turn could not be kept: {failed}"] if failed else []),
        ]

    async def _break_off(self, asked: Asked, trace: Trace) -> None:
        """Let the history of a turn that was stopped, or failed, say what the person saw of it.

        That is the part of the reply that was said. Where nothing was, their message goes too: they
        are about to send it again. What it told of danger is kept either way.
        """
        id = asked["id"]
        update: dict[str, Any] = {"clips": []} | ({"risk": trace.risk} if trace.risk else {})
        try:
            self._thread.rewind()
            messages = (await self._state()).get("messages", [])
            there = [m.id for m in messages if m.id in (id, f"{id}:reply")]
            if self._said:
                own = [] if id in there else [HumanMessage(asked["words"], id=id)]
                update["messages"] = [*own, AIMessage(" ".join(self._said), id=f"{id}:reply")]
            elif there:  # also a reply that was delivered and has not been seen
                update["messages"] = [RemoveMessage(gone) for gone in there if gone]
            deliver = node_with_duty(self._version.spec, "deliver")
            await self._version.graph.aupdate_state(self._config, update, as_node=deliver)
        except Exception as error:  # what was said stays said
            _log.error("a broken turn could not be put down: %s", places(error))

    async def _state(self) -> Any:
        return (await self._version.graph.aget_state(self._config)).values


def accepted(words: str, services: Services) -> str:
    """Return the cleaned words of a message; of one that is too long and dangerous, both its ends.

    Raises:
        InputError: it is too long, and there is no danger in it.
    """
    try:
        return accept(words)
    except InputError:
        if not services.policy.is_dangerous(words):
            raise
        return clean(abridged(words))
