"""Language models: what they are asked, and the host that keeps a reply open between sentences.

A reply is written sentence by sentence: `respond` takes one, `check` reads it, and only then is the
next one taken. The model's stream stays open meanwhile, by turn id, so that the loop costs no new
prompt work; nothing of it is in the graph's state.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from tools.breaker import Breaker, Tolerance
from tools.errors import Busy, ModelError
from tools.hung import HungThreads
from tools.reply import OpenReply, Reply, Written
from tools.worker import HostStats

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
        contrast: the same conversation without what the reply is to lean towards; empty for none.
        contrast_weight: the weight a of (1 + a) with - a without, on the logits (PAL, Findings of
            ACL 2023). A backend whose `contrasts` is not true writes without it.
        seed: decides what is drawn where the temperature is above 0, from 0 and below 2**32. A
            remote model is not told it: providers differ, and most promise nothing for it.
    """

    messages: tuple[Message, ...]
    prefix: str = ""
    max_tokens: int = 120
    temperature: float = 0.0
    choices: tuple[str, ...] = ()
    contrast: tuple[Message, ...] = ()
    contrast_weight: float = 0.0
    seed: int = 0

    def warmed(self, temperature: float, seed: int) -> "ChatRequest":
        """Return the same request at another temperature, with draws of its own."""
        return replace(self, temperature=temperature, seed=seed)


class ChatBackend(Protocol):
    """What a language model must offer: a generator of text pieces; closing it cancels."""

    def stream(self, request: ChatRequest, /) -> Iterator[str]:
        """Yield the reply in pieces, without the request's `prefix`."""
        ...


class ChatHost:
    """One language model for all conversations; replies are kept open by turn id."""

    def __init__(
        self,
        name: str,
        load: Callable[[], ChatBackend],
        *,
        max_open: int = 16,
        renew: Callable[[], None] | None = None,
        tolerance: Tolerance | None = None,
    ) -> None:
        """Prepare a host; the model is loaded on first use.

        Args:
            name: the model's name in `models.yaml`, used in messages.
            load: builds the backend; called once, and again where it hung.
            max_open: how many replies may be open before further ones are refused.
            renew: makes the next `load` build a fresh backend; must not block.
            tolerance: how much the model may fail before it is left alone.
        """
        self.name = name
        self.stats = HostStats()
        self.breaker = Breaker(f"the language model {name!r}", tolerance)
        self._load = load
        self._max_open = max_open
        self._backend: ChatBackend | None = None
        self._loading = threading.Lock()
        self._open: dict[str, OpenReply] = {}
        self._overdue: list[OpenReply] = []
        self._hung = HungThreads(self.breaker, renew)

    @property
    def loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._backend is not None

    @property
    def contrasts(self) -> bool:
        """Whether the model, once loaded, heeds a request's `contrast`."""
        return bool(getattr(self._backend, "contrasts", False))

    @property
    def waits(self) -> int:
        """How many replies are open."""
        return len(self._open)

    def backend(self) -> ChatBackend:
        """Return the backend, loading it on the first call (blocks; not for the event loop)."""
        lock = self._loading
        with lock:
            if self._backend is not None:
                return self._backend
            loaded = self._load()
            if self._loading is lock:
                self._backend = loaded
            return loaded

    def reload(self) -> None:
        """Load the model afresh with the next reply, as if it had never failed."""
        self._backend, self._loading = None, threading.Lock()
        self.breaker.passed()

    def is_open(self, turn: str) -> bool:
        """Tell whether a reply for this turn is being written."""
        return turn in self._open

    def open(self, turn: str, request: ChatRequest) -> None:
        """Begin a reply for `turn`, replacing one that is open.

        Raises:
            Busy: too many replies are open.
            Resting: the model keeps failing and is left alone.
        """
        self.close(turn)
        self._drop_abandoned()
        if len(self._open) >= self._max_open:
            raise Busy(
                f"the language model {self.name!r} is writing {self._max_open} replies already; "
                "try again in a moment"
            )
        self._open[turn] = self._begun(request)

    def _begun(self, request: ChatRequest) -> Reply:
        self.breaker.enter()
        self._give_up_hung()
        self.stats.calls += 1
        return Reply(self.backend, request, self.breaker)

    def _give_up_hung(self) -> None:
        """Part with a backend whose replies hang; nothing can end their threads.

        Raises:
            Resting: as many threads hang as may.
        """
        longest, now = self.breaker.tolerance.hung, time.monotonic()
        self._overdue = [reply for reply in self._overdue if reply.is_alive()]
        if hung := [reply for reply in self._overdue if now - reply.read_at >= longest]:
            self._overdue = [reply for reply in self._overdue if reply not in hung]
            self._backend, self._loading = None, threading.Lock()
            self._hung.give_up(*hung)
        self._hung.require_room()

    def hold(self, turn: str, sentences: Sequence[str]) -> None:
        """Keep sentences that are already written as the open reply of `turn`."""
        self.close(turn)
        self._open[turn] = Written(sentences)

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
        return await self._next(self._open[turn])

    async def _next(self, reply: OpenReply) -> str:
        began = asyncio.get_running_loop().time()
        try:
            return await reply.sentence()
        except asyncio.CancelledError:
            if self.breaker.is_overdue(began):
                self._note_overdue(reply)
            raise

    def _note_overdue(self, reply: OpenReply) -> None:
        reply.give_up()
        if reply not in self._overdue:
            self._overdue.append(reply)

    def give_up(self, turn: str) -> None:
        """Close the reply of a turn that was waited for in vain."""
        if reply := self._open.get(turn):
            self._note_overdue(reply)
        self.close(turn)

    def close(self, turn: str) -> None:
        """Stop writing for `turn` and forget what was not taken; closing twice is harmless."""
        if reply := self._open.pop(turn, None):
            reply.close()

    async def warm(self, request: ChatRequest) -> None:
        """Load the model and run `request`'s prompt once, so that its prefix is cached.

        Raises:
            ModelError: the model failed.
            Resting: it keeps failing and is left alone.
        """
        reply = self._begun(request)
        while await self._next(reply):
            pass
