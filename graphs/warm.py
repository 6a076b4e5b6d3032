"""Load what a graph needs before the first person has to wait for it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from agents.briefing import fixed_messages
from agents.context import Services
from agents.library import NODES
from agents.node import Node
from agents.prompt import Prompt
from agents.think import opening, think
from graphs.build import prompts_of
from graphs.shelf import Version
from tools.chat import ChatHost, ChatRequest, Message
from tools.clips import SAMPLE_RATE
from tools.errors import AttuneError
from tools.guard import Exchange
from tools.models import Bound
from tools.transcript import Speech

Call = Callable[[], Awaitable[None]]

_HELLO = "Hello."
_LOADING_S = 120.0
_BODILY = frozenset({"listen", "face_emotion", "voice_emotion", "describe"})
"""Tasks that only a turn with a microphone or a camera needs."""

NOTICES = {
    "respond": "The language model does not work, so I answer with fixed sentences for now.",
    "text_emotion": "Feelings cannot be read from words at the moment; we can talk all the same.",
    "voice_emotion": "Feelings cannot be read from a voice at the moment; your words are enough.",
    "face_emotion": "Feelings cannot be read from a face at the moment; your words are enough.",
    "describe": "Pictures cannot be described at the moment; your words are enough.",
    "listen": "Recordings cannot be understood at the moment; please write instead.",
    "user_emotion": "Feelings are put together more simply for now.",
    "strategy": "Replies are planned more simply for now.",
    "system_emotion": "Replies are planned more simply for now.",
    "guard": "My second check does not work, so I answer with fixed sentences for now.",
    "risk": "I cannot read messages as carefully as I should, and may offer help lines instead.",
    "examples": "The counselling examples cannot be used at the moment, so replies are simpler.",
}
"""What is said to a person while something cannot be used, by task."""


@dataclass(frozen=True)
class Notice:
    """Something that works less well than it should.

    Attributes:
        text: one sentence for the person.
        reason: what happened and what to do, for whoever runs the program.
    """

    text: str
    reason: str


def shortfalls(services: Services, version: Version) -> list[Notice]:
    """Return where a model that the profile prefers is not at hand; nothing is loaded."""
    notices: list[Notice] = []
    choices = services.models.choices().get("respond", [])
    for name, entry in version.spec.nodes.items():
        if NODES[version.spec.used(name)].model != "respond" or entry.model or len(choices) < 2:
            continue
        taken = version.models.get(name, "")
        if taken != choices[0] and not notices:  # other nodes may ask the same model
            notices.append(
                Notice(
                    "The preferred language model is not on this machine, so another one answers; "
                    "its replies may be plainer.",
                    f"the weights of {choices[0]!r} are not at hand, so {taken!r} answers; "
                    "`python -m tools weights get` fetches them",
                )
            )
    return notices


async def warm(services: Services, version: Version, *, bodies: bool = True) -> list[Notice]:
    """Load every model of a graph with one tiny call, and open the example store.

    What a text turn needs comes first; what needs a microphone or a camera afterwards.

    Args:
        services: with the models.
        version: the graph.
        bodies: load what needs a microphone or a camera, too.

    Returns:
        One notice for everything that failed; nothing is raised.
    """
    soon: dict[str, Call] = {"examples": services.examples.open}
    later: dict[str, Call] = {}
    prompts = prompts_of(version.spec, services.models)
    openings = _openings(version, prompts)
    for name, entry in version.spec.nodes.items():
        task = NODES[version.spec.used(name)].model
        bound = services.models.bound(task, entry.model) if task else None
        if bound is None or task in soon or task in later:
            continue
        wave = later if task in _BODILY else soon
        wave[task] = partial(_touch, task, bound, openings)
    return [*await _settle(soon), *(await _settle(later) if bodies else [])]


def _openings(version: Version, prompts: Mapping[str, Prompt]) -> list[tuple[Message, ...]]:
    """Return how the requests to the language model begin, that for the reply at last.

    What is run last is what an engine with little room keeps.
    """
    found: dict[tuple[Message, ...], None] = {}
    for name in sorted(version.spec.nodes, key=lambda name: _used(version, name) is not think):
        if (node := _used(version, name)).model == "respond":
            prompt = prompts.get(name, Prompt())
            start = (opening(prompt),) if node is think else tuple(fixed_messages(prompt))
            found[start] = None
    return list(found)


def _used(version: Version, name: str) -> Node:
    return NODES[version.spec.used(name)]


async def _settle(calls: dict[str, Call]) -> list[Notice]:
    results = await asyncio.gather(*(call() for call in calls.values()), return_exceptions=True)
    return [
        Notice(NOTICES[task], str(found) if isinstance(found, AttuneError) else repr(found))
        for task, found in zip(calls, results, strict=True)
        if isinstance(found, Exception)
    ]


async def _touch(task: str, bound: Bound, openings: Sequence[tuple[Message, ...]]) -> None:
    """Run the smallest input of a task; the language model keeps the fixed part of its prompts."""
    host = bound.host
    if isinstance(host, ChatHost):
        for fixed in openings:
            messages = (*fixed, Message("user", _HELLO))
            await host.warm(ChatRequest(messages=messages, max_tokens=1))
    elif task in ("user_emotion", "strategy", "system_emotion", "describe"):
        await host.ready(_LOADING_S)
    elif task in ("risk", "text_emotion"):
        await host.infer(_HELLO)
    elif task == "guard":
        await host.infer(Exchange(_HELLO, _HELLO))
    elif task == "voice_emotion":
        await host.infer(np.zeros(SAMPLE_RATE, np.float32))
    elif task == "listen":
        await host.infer(Speech(np.zeros(SAMPLE_RATE, np.float32), "en"))
    elif task == "face_emotion":
        await host.infer([np.zeros((240, 320, 3), np.uint8)])
