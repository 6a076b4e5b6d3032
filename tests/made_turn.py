"""Run turns on stub services."""

from collections.abc import Sequence

import numpy as np

from agents.context import Context, Services
from agents.state import thoughts_of
from graphs.keeping.saver import Saver
from graphs.run import Conversation, Finished, Sentence, TurnReport
from graphs.shelf import Shelf
from tools.clips import Clip


def conversation(services: Services, graph: str = "support") -> Conversation:
    return Conversation(Shelf(services, Saver()).current(graph), services)


async def say(
    talk: Conversation, words: str, clips: Sequence[Clip] = (), **context: object
) -> TurnReport:
    """Run one turn of somebody who has read the disclosure."""
    sentences = []
    settings = Context(**{"disclosed": True, **context})  # type: ignore[arg-type]
    async for event in talk.send(words, clips, settings):
        if isinstance(event, Sentence):
            sentences.append(event.text)
        elif isinstance(event, Finished):
            assert " ".join(sentences) == event.report["reply"]
            return event.report
    raise AssertionError("the turn did not finish")


async def thoughts(talk: Conversation) -> dict[str, str]:
    """Return the thoughts of the last turn, which no report has."""
    return thoughts_of(await talk.state())


def voice(seconds: float = 1.0) -> Clip:
    wave = np.sin(np.arange(int(16_000 * seconds)) * 0.05).astype(np.float32)
    return Clip(audio=wave)


def face(frames: int = 2) -> Clip:
    return Clip(frames=[np.full((64, 64, 3), 128, np.uint8)] * frames)
