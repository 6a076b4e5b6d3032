"""One reply of a language model, open between its sentences."""

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from tools.breaker import OVERDUE, Breaker
from tools.errors import AttuneError, ModelError
from tools.retries import again
from tools.sentences import SentenceCutter

if TYPE_CHECKING:
    from tools.chat import ChatBackend, ChatRequest


class OpenReply(Protocol):
    """A reply that is read sentence by sentence.

    Attributes:
        read_at: when it was last read from, by the monotonic clock.
    """

    read_at: float

    def is_alive(self) -> bool:
        """Say whether it is still being written."""
        ...

    async def sentence(self) -> str:
        """Return the next sentence; an empty string at the end.

        Raises:
            AttuneError: the model failed.
        """
        ...

    def give_up(self) -> None:
        """Note that it was waited for in vain."""
        ...

    def close(self) -> None:
        """Stop writing and forget what was not taken."""
        ...


class Reply:
    """A thread writes sentences into a queue until it is done or closed.

    The breaker learns of each reply once: that it was written as far as it was wanted, that the
    model failed, or that somebody waited for a sentence for too long.
    """

    def __init__(
        self, backend: "Callable[[], ChatBackend]", request: "ChatRequest", breaker: Breaker
    ) -> None:
        """Begin to write."""
        self._loop = asyncio.get_running_loop()
        self._sentences: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self._closed = threading.Event()
        self._judging = threading.Lock()
        self._judged = self._taken = False
        self.read_at = time.monotonic()
        self._backend = backend
        self._request = request
        self._breaker = breaker
        # An empty context: LangChain would find the graph's callbacks in a copied one, and
        # would show raw tokens in the graph's event stream.
        run = contextvars.Context().run
        self._thread = threading.Thread(target=run, args=(self._write,), name="reply", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        """Say whether it is still being written."""
        return self._thread.is_alive()

    def _write(self) -> None:
        pieces: Iterator[str] = iter(())
        try:
            cutter = SentenceCutter()
            pieces, first = again(self._begin, lambda: not self._closed.is_set())
            for piece in chain(first, pieces):
                if self._closed.is_set():
                    return
                for sentence in cutter.feed(piece):
                    self._put(sentence)
            if rest := cutter.flush():
                self._put(rest)
            self._put(None)
            self._judge(self._breaker.passed)
        except AttuneError as error:
            self._fail(error)
        except Exception as error:
            # Its name alone: the message may hold the prompt, or text that nobody has checked.
            failed = ModelError(f"the language model failed ({type(error).__name__})")
            failed.__cause__ = error
            self._fail(failed)
        finally:
            if close := getattr(pieces, "close", None):
                close()

    def _begin(self) -> tuple[Iterator[str], list[str]]:
        """Ask the model, and wait for its first piece; until then it may be asked again."""
        pieces = self._backend().stream(self._request)
        return pieces, [piece for _, piece in zip(range(1), pieces, strict=False)]

    def _fail(self, error: Exception) -> None:
        self._judge(lambda: self._breaker.raised(error))
        self._put(error)

    def _judge(self, tell: Callable[[], object]) -> None:
        with self._judging:
            if self._judged:
                return
            self._judged = True
        tell()

    def _put(self, item: str | Exception | None) -> None:
        with contextlib.suppress(RuntimeError):  # the reader's loop is closed
            self._loop.call_soon_threadsafe(self._sentences.put_nowait, item)

    async def sentence(self) -> str:
        """Return the next sentence; an empty string at the end.

        Raises:
            AttuneError: the model failed.
        """
        self.read_at = time.monotonic()
        item = await self._sentences.get()
        if item is None:
            self._sentences.put_nowait(None)
            return ""
        if isinstance(item, Exception):
            self._sentences.put_nowait(item)
            raise item
        self._taken = True
        return item

    def give_up(self) -> None:
        """Note that it was waited for in vain; the thread may hang."""
        self._judge(lambda: self._breaker.failed(OVERDUE))

    def close(self) -> None:
        """Stop writing at the next piece."""
        self._closed.set()
        self._judge(self._breaker.passed if self._taken else self._breaker.released)


class Written:
    """A reply that is already written."""

    def __init__(self, sentences: Sequence[str]) -> None:
        """Give these sentences."""
        self._left = list(sentences)
        self.read_at = time.monotonic()

    def is_alive(self) -> bool:
        """Say that nothing of it is being written."""
        return False

    async def sentence(self) -> str:
        """Return the next sentence; an empty string at the end."""
        self.read_at = time.monotonic()
        return self._left.pop(0) if self._left else ""

    def give_up(self) -> None:
        """Nobody waits for what is written."""

    def close(self) -> None:
        """Forget what was not taken."""
        self._left.clear()
