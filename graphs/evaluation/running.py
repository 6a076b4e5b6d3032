"""Take a graph through the items of a corpus, many at once, so that the model hosts see batches."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, cast

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from agents.context import Services
from agents.state import ConversationState
from graphs.evaluation.bench import Asked, Bench, BenchContext
from graphs.evaluation.items import Item
from graphs.evaluation.labels import LABELLED, LabelSpace
from graphs.evaluation.records import Prediction
from tools.errors import AttuneError, ConfigError, MediaError, UnknownName
from tools.excerpts import read_clip
from tools.labels import UNKNOWN
from tools.records import ClipHandle

History = Literal["predicted", "gold", "none"]
"""Whose labels of the earlier turns a step is told."""

HISTORIES: tuple[History, ...] = ("predicted", "gold", "none")


Likelihood = Callable[[ConversationState, str], Awaitable[list[float]]]
"""Gives the log-probabilities of a reference's tokens, by the model that writes the replies."""


@dataclass(frozen=True)
class Mode:
    """Which steps hold the gold label, whatever was predicted, for the steps behind them.

    Attributes:
        name: `predicted`, `gold`, or `oracle:STEP`.
        given: the steps.
    """

    name: str
    given: frozenset[str]

    @classmethod
    def parse(cls, text: str, steps: Sequence[str]) -> "Mode":
        """Read a mode for a graph that takes `steps`.

        Raises:
            ConfigError: there is no such mode.
            UnknownName: the graph has no such step to be given.
        """
        upstream = [step for step in steps if step != "response"]
        kind, _, step = text.partition(":")
        if text == "predicted":
            return cls(text, frozenset())
        if text == "gold":
            return cls(text, frozenset(upstream))
        if kind == "oracle" and step:
            if step not in upstream:
                raise UnknownName("step of the graph", step, upstream)
            return cls(text, frozenset({step}))
        raise ConfigError(
            f"the mode {text!r} is none of predicted, gold and oracle:STEP; give one of them"
        )

    def told(self, item: Item, space: LabelSpace) -> dict[str, Any]:
        """Return what an item is given: a record by labelled step, a text by thought."""
        found: dict[str, Any] = {}
        for step in sorted(self.given & item.gold.keys()):
            if step not in LABELLED:
                found[step] = item.gold[step]
            elif record := space.told(step, item.gold[step]):
                found[step] = record
        return found


@dataclass(frozen=True)
class Setup:
    """How items are run.

    Attributes:
        bench: the graph.
        space: the labels of the corpus.
        services: what the graph's nodes share.
        mode: which steps are given.
        history: whose labels of the earlier turns are told.
        at_once: how many dialogues run at the same time.
        likelihood: of the references; None where nobody asked.
    """

    bench: Bench
    space: LabelSpace
    services: Services
    mode: Mode
    history: History = "predicted"
    at_once: int = 32
    likelihood: Likelihood | None = None


async def run(
    items: Sequence[Item],
    setup: Setup,
    known: Mapping[str, Prediction],
    done: Callable[[Prediction], None],
) -> None:
    """Predict every item that is not known yet; those of one dialogue in order.

    Args:
        items: in the order of the corpus, the items of a dialogue together.
        setup: how.
        known: predictions of an earlier run that was broken off, by item; one that failed is tried
            again.
        done: told of each prediction as it comes; what it raises ends the run.
    """
    gate = asyncio.Semaphore(setup.at_once)
    async with asyncio.TaskGroup() as group:
        for _, dialogue in groupby(items, key=lambda item: item.dialogue):
            group.create_task(_Talk(list(dialogue), setup, known, done).run(gate))


class _Talk:
    """One dialogue, whose labels are told to its later turns."""

    def __init__(
        self,
        items: Sequence[Item],
        setup: Setup,
        known: Mapping[str, Prediction],
        done: Callable[[Prediction], None],
    ) -> None:
        self._items, self._setup, self._known, self._done = items, setup, known, done
        self._tried: list[str] = []
        self._felt: list[str] = []

    async def run(self, gate: asyncio.Semaphore) -> None:
        for number, item in enumerate(self._items):
            found = self._known.get(item.id)
            if found is None or "failed" in found:
                async with gate:
                    found = await self._predict(item, number)
                self._done(found)
            self._remember(item, found)

    async def _predict(self, item: Item, number: int) -> Prediction:
        setup, asked = self._setup, self._asked(item)
        clips, troubles = await _clips(item, setup.services)
        state: dict[str, Any] = {
            "messages": _messages(item),
            "clips": clips,
            "turn": number,
            "tried": list(self._tried),
            "felt": list(self._felt),
        }
        context = BenchContext(microphone=bool(clips), camera=bool(clips), asked=asked)
        try:
            found = cast(ConversationState, await setup.bench.graph.ainvoke(state, context=context))
        except AttuneError as error:
            return _failed(item, str(error))
        finally:
            # A corpus is no person, and the next turn's items read the same texts again.
            setup.services.forget(asked.turn, clips, models=False)
        predicted = dict(asked.predicted)
        if "response" in setup.bench.steps:
            predicted["response"] = " ".join(found["said"])
        prediction = Prediction(
            id=item.id,
            predicted=predicted,
            scores=asked.scores,
            given=sorted([*asked.given, *asked.thoughts]),
            unparsable=sorted(set(asked.silent)),
            ms={name: round(spent, 1) for name, spent in found["timings"].items()},
            notes=[*troubles, *(f"{note['node']}: {note['text']}" for note in found["notes"])],
            plan=found["strategy"]["label"],
            risk=found["grade"]["level"],
            readings={name: reading["missing"] for name, reading in found["readings"].items()},
        )
        if asked.stood_in:
            prediction["stood_in"] = True
        if troubles:
            prediction["unreadable"] = len(troubles)
        if setup.likelihood is not None and item.reference:
            prediction["log_probabilities"] = await setup.likelihood(found, item.reference)
        return prediction

    def _asked(self, item: Item) -> Asked:
        told = self._setup.mode.told(item, self._setup.space)
        return Asked(
            given={step: record for step, record in told.items() if step in LABELLED},
            thoughts={step: text for step, text in told.items() if step not in LABELLED},
        )

    def _remember(self, item: Item, found: Prediction) -> None:
        """Keep what the later turns are told of this one."""
        if self._setup.history == "none":
            return
        for step, past in (("strategy", self._tried), ("user_emotion", self._felt)):
            label = found["predicted"].get(step, "")
            if self._setup.history == "gold":
                record = self._setup.space.told(step, item.gold.get(step, ""))
                label = record["label"] if record else ""
            if label and label != UNKNOWN:
                past.append(label)


def _messages(item: Item) -> list[AnyMessage]:
    """Return the messages up to this one; two in a row of one speaker are one message."""
    said: list[AnyMessage] = []
    for place, turn in enumerate(item.before):
        kind = HumanMessage if turn["speaker"] == "person" else AIMessage
        said.append(kind(turn["text"], id=f"{item.id}:{place}"))
    return [*said, HumanMessage(item.said, id=item.id)]


async def _clips(item: Item, services: Services) -> tuple[list[ClipHandle], list[str]]:
    """Return handles of an item's clips, and what is wrong with those that cannot be read."""
    handles, troubles = [], []
    for file in item.media:
        try:
            handles.append(services.clips.put(await asyncio.to_thread(read_clip, file)))
        except MediaError as error:
            troubles.append(f"clip: {error}")
    return handles, troubles


def _failed(item: Item, why: str) -> Prediction:
    return Prediction(
        id=item.id, predicted={}, scores={}, given=[], unparsable=[], ms={}, notes=[],
        plan="", risk="", readings={}, failed=why,
    )  # fmt: skip


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group that came of running many items at once."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
