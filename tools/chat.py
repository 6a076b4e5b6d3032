"""Language models: what they are asked, and the host that keeps a reply open between sentences.

A reply is written sentence by sentence: `respond` takes one, `check` reads it, and only then is the
next one taken. The model's stream stays open meanwhile, by turn id, so that the loop costs no new
prompt work; nothing of it is in the graph's state.
"""

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from tools.errors import AttuneError, Busy, ModelError
from tools.sentences import SentenceCutter

Role = Literal["system", "user", "assistant"]

_ABANDONED_S = 120.0


@dataclass(frozen=True)
class Message:
    """One chat message; `content` is plain text."""

    role: Role
    content: str


@dataclass(frozen=True)
class ChatRequest:
    """What a language model is asked for.

    Attributes:
        messages: the conversation in order, what never changes first (its prefix is cached).
        prefix: text that the reply begins with and that is not generated again.
        max_tokens: upper bound of generated tokens.
        temperature: 0 is greedy.
        choices: texts of which the reply must be one; a model that cannot be held to them writes
            freely. Empty for any reply.
    """

    messages: tuple[Message, ...]
    prefix: str = ""
    max_tokens: int = 120
    temperature: float = 0.0
    choices: tuple[str, ...] = ()

    def warmed(self, temperature: float) -> "ChatRequest":
        """Return the same request at another temperature."""
        return replace(self, temperature=temperature)


class ChatBackend(Protocol):
    """What a language model must offer: a generator of text pieces; closing it cancels."""

    def stream(self, request: ChatRequest, /) -> Iterator[str]:
        """Yield the reply in pieces, without the request's `prefix`."""
        ...


class _Reply:
    """One open reply: a thread writes sentences into a queue until it is done or closed."""

    def __init__(self, backend: Callable[[], ChatBackend], request: ChatRequest) -> None:
        self._loop = asyncio.get_running_loop()
        self._sentences: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self._closed = threading.Event()
        self.read_at = time.monotonic()
        self._backend = backend
        self._request = request
        # An empty context: LangChain would find the graph's callbacks in a copied one, and
        # would show raw tokens in the graph's event stream.
        run = contextvars.Context().run
        threading.Thread(target=run, args=(self._write,), name="reply", daemon=True).start()

    def _write(self) -> None:
        pieces: Iterator[str] = iter(())
        try:
            cutter = SentenceCutter()
            pieces = self._backend().stream(self._request)
            for piece in pieces:
                if self._closed.is_set():
                    return
                for sentence in cutter.feed(piece):
                    self._put(sentence)
            if rest := cutter.flush():
                self._put(rest)
            self._put(None)
        except AttuneError as error:
            self._put(error)
        except Exception as error:
            # Its name alone: the message may hold the prompt, or text that nobody has checked.
            failed = ModelError(f"the language model failed ({type(error).__name__})")
            failed.__cause__ = error
            self._put(failed)
        finally:
            if close := getattr(pieces, "close", None):
                close()

    def _put(self, item: str | Exception | None) -> None:
        with contextlib.suppress(RuntimeError):  # the reader's loop is closed
            self._loop.call_soon_threadsafe(self._sentences.put_nowait, item)

    async def sentence(self) -> str:
        self.read_at = time.monotonic()
        item = await self._sentences.get()
        if item is None:
            self._sentences.put_nowait(None)
            return ""
        if isinstance(item, Exception):
            self._sentences.put_nowait(item)
            raise item
        return item

    def close(self) -> None:
        self._closed.set()


class _Written:
    """A reply that is already written."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._left = list(sentences)
        self.read_at = time.monotonic()

    async def sentence(self) -> str:
        self.read_at = time.monotonic()
        return self._left.pop(0) if self._left else ""

    def close(self) -> None:
        self._left.clear()


class ChatHost:
    """One language model for all conversations; replies are kept open by turn id."""

    def __init__(self, name: str, load: Callable[[], ChatBackend], *, max_open: int = 16) -> None:
        """Prepare a host; the model is loaded on first use.

        Args:
            name: the model's name in `models.yaml`, used in messages.
            load: builds the backend; called once.
            max_open: how many replies may be open before further ones are refused.
        """
        self.name = name
        self._load = load
        self._max_open = max_open
        self._backend: ChatBackend | None = None
        self._loading = threading.Lock()
        self._open: dict[str, _Reply | _Written] = {}

    def backend(self) -> ChatBackend:
        """Return the backend, loading it on the first call (blocks; not for the event loop)."""
        with self._loading:
            if self._backend is None:
                self._backend = self._load()
            return self._backend

    def is_open(self, turn: str) -> bool:
        """Tell whether a reply for this turn is being written."""
        return turn in self._open

    def open(self, turn: str, request: ChatRequest) -> None:
        """Begin a reply for `turn`, replacing one that is open.

        Raises:
            Busy: too many replies are open.
        """
        self.close(turn)
        self._drop_abandoned()
        if len(self._open) >= self._max_open:
            raise Busy(
                f"the language model {self.name!r} is writing {self._max_open} replies already; "
                "try again in a moment"
            )
        self._open[turn] = _Reply(self.backend, request)

    def hold(self, turn: str, sentences: Sequence[str]) -> None:
        """Keep sentences that are already written as the open reply of `turn`."""
        self.close(turn)
        self._open[turn] = _Written(sentences)

    def _drop_abandoned(self) -> None:
        """Close replies that nobody has read from for a while: their turns were given up."""
        now = time.monotonic()
        for turn, reply in list(self._open.items()):
            if now - reply.read_at > _ABANDONED_S:
                self.close(turn)

    async def sentence(self, turn: str) -> str:
        """Return the next sentence of the open reply, or an empty string at its end.

        Raises:
            ModelError: no reply is open, or the model failed.
        """
        if turn not in self._open:
            raise ModelError("no reply is open for this turn; open one first")
        return await self._open[turn].sentence()

    def close(self, turn: str) -> None:
        """Stop writing for `turn` and forget what was not taken; closing twice is harmless."""
        if reply := self._open.pop(turn, None):
            reply.close()

    async def warm(self, request: ChatRequest) -> None:
        """Load the model and run `request`'s prompt once, so that its prefix is cached."""
        reply = _Reply(self.backend, request)
        while await reply.sentence():
            pass
