"""Fake models of the soak: they say back whose message, voice or face they were given."""

from collections.abc import Iterator, Sequence

from benchmarks.soak.marks import message, words_in
from benchmarks.soak.media import heard, seen
from tools.chat import ChatRequest
from tools.clips import Frame
from tools.models import Loading
from tools.perceived import Perceived
from tools.transcript import Speech, Transcript


class EchoChat:
    """Names whom its prompt names; a prompt that names two is one with a stranger in it.

    Attributes:
        asked: the words of conversations that stood in each prompt.
    """

    def __init__(self) -> None:
        """Start with no prompt read."""
        self.asked: list[frozenset[str]] = []

    def stream(self, request: ChatRequest, /) -> Iterator[str]:
        """Yield the reply word by word, from where the request's prefix ends."""
        prompt = "\n".join(part.content for part in request.messages)
        words = frozenset(words_in(prompt))
        self.asked.append(words)
        names = " and ".join(sorted(words)) or "your friend"
        # Another sentence when a first one was refused: it is asked for at a higher temperature.
        begun = "You keep thinking about" if request.temperature else "There is a lot behind"
        reply = f"{begun} what {names} said. What of {names} is on your mind the most?"
        for piece in reply.removeprefix(request.prefix.strip()).split():
            yield f"{piece} "


class EchoListener:
    """Hears the message that the tones of a recording stand for."""

    def predict(self, items: Sequence[Speech], /) -> list[Transcript]:
        """Return one transcript per recording."""
        return [
            Transcript(message(*heard(item.audio)), "en", len(item.audio) / 16_000)
            for item in items
        ]


class EchoFace:
    """Says in its note which grey the frames have."""

    def predict(self, items: Sequence[list[Frame]], /) -> list[Perceived]:
        """Return one finding per face."""
        return [
            Perceived({"neutral": 0.7, "sadness": 0.3}, note=f"grey {seen(frames)}")
            for frames in items
        ]


def load_chat(loading: Loading) -> EchoChat:
    """Make the language model."""
    return EchoChat()


def load_listener(loading: Loading) -> EchoListener:
    """Make the recogniser of speech."""
    return EchoListener()


def load_face(loading: Loading) -> EchoFace:
    """Make the face model."""
    return EchoFace()
