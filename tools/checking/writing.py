"""The contract of a language model: it streams, heeds its bounds, and stops when it is closed."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from tools.chat import ChatBackend, ChatRequest
from tools.checking import texts
from tools.checking.points import Point

Out = TypeVar("Out")

_TOKENS = 24
_FEW = 6
_OPENING = 3
_PREFIX = "It sounds as if"
_WAIT_S = 180.0
_STOP_S = 10.0


@dataclass(frozen=True)
class Written:
    """One reply, its pieces, and the seconds until the first and until the end."""

    pieces: tuple[str, ...]
    first_s: float
    whole_s: float

    @property
    def text(self) -> str:
        """The reply."""
        return "".join(self.pieces)


class Failed(Exception):
    """The model raised an error, or took too long."""


def writing_points(backend: ChatBackend) -> tuple[list[Point], Written | None]:
    """Check a language model; each reply is written in a thread of its own, as in the product.

    Returns:
        The points, and the first plain reply where there was one.
    """
    plain = texts.request(texts.PLAIN[0], max_tokens=_TOKENS)
    try:
        reply = _write(backend, plain)
    except Failed as error:
        return [Point("answers", "wrong", f"it failed on a plain request: {error}")], None
    points = [_is_text(reply), _streams(reply)]
    for check in (_heeds_bound, _continues, _stops, _writes_again, _writes_two, _survives):
        try:
            points.append(check(backend, plain, reply))
        except Failed as error:
            points.append(Point(_NAMES[check], "wrong", f"it failed: {error}; mend the backend"))
    return points, reply


def _is_text(reply: Written) -> Point:
    if not all(isinstance(piece, str) for piece in reply.pieces):
        return Point("answers", "wrong", "a piece is no text; yield `str`")
    if not reply.text.strip():
        said = "the reply to a plain sentence is empty; yield the words that are written"
        return Point("answers", "wrong", said)
    return Point("answers", "ok", f"a plain request got {len(reply.text.split())} words")


def _streams(reply: Written) -> Point:
    if len(reply.pieces) < 2 and len(reply.text.split()) > 3:
        said = "the reply came in one piece; yield it word by word, so that it can be stopped"
        return Point("streams", "wrong", said)
    return Point("streams", "ok", f"it came in {len(reply.pieces)} pieces")


def _heeds_bound(backend: ChatBackend, plain: ChatRequest, reply: Written) -> Point:
    few = _write(backend, texts.request(texts.PLAIN[0], max_tokens=_FEW)).text.split()
    if len(few) > _FEW:
        said = f"asked for {_FEW} tokens at most it wrote {len(few)} words; heed `max_tokens`"
        return Point("max_tokens", "wrong", said)
    return Point("max_tokens", "ok", f"asked for {_FEW} tokens at most it wrote {len(few)} words")


def _continues(backend: ChatBackend, plain: ChatRequest, reply: Written) -> Point:
    asked = texts.request(texts.PLAIN[0], max_tokens=_TOKENS, prefix=_PREFIX)
    text = _write(backend, asked).text.strip()
    if text.casefold().startswith(_PREFIX.casefold()):
        said = "the reply repeats the request's `prefix`; yield only what comes after it"
        return Point("prefix", "wrong", said)
    return Point("prefix", "ok", "the reply goes on where the prefix ends")


def _stops(backend: ChatBackend, plain: ChatRequest, reply: Written) -> Point:
    def close_early() -> float | None:
        pieces = backend.stream(texts.request(texts.PLAIN[1], max_tokens=400))
        next(iter(pieces), "")
        close = getattr(pieces, "close", None)
        if close is None:
            return None
        began = time.perf_counter()
        close()
        taken = time.perf_counter() - began
        return taken if next(pieces, None) is None else None

    taken = _within(close_early)
    if taken is None or taken > _STOP_S:
        said = "closing the generator does not stop it; write `stream` with `yield`, end in finally"
        return Point("stopping", "wrong", said)
    return Point("stopping", "ok", f"closing the generator stopped it in {1000 * taken:.0f} ms")


def _writes_again(backend: ChatBackend, plain: ChatRequest, reply: Written) -> Point:
    # After one that was closed early: what was left of it may not come now.
    later = [_write(backend, plain).text for _ in range(2)]
    if later == [reply.text, reply.text]:
        return Point("twice", "ok", "at temperature 0 the same request gets the same reply")
    if later[0] == later[1] and _opening(later[0]) == _opening(reply.text):
        said = (
            "the first reply ends otherwise than later ones to the same request, as a cache of "
            "prompts makes it"
        )
        return Point("twice", "note", said)
    said = "at temperature 0 the same request got another reply; decode greedily, keep no state"
    return Point("twice", "wrong", said)


def _writes_two(backend: ChatBackend, plain: ChatRequest, reply: Written) -> Point:
    other = texts.request(texts.PLAIN[1], max_tokens=_TOKENS)
    alone = [reply.text, _write(backend, other).text]
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(_write, backend, asked) for asked in (plain, other)]
        both = [job.result().text for job in jobs]
    if both == alone:
        return Point("many at once", "ok", "two replies can be open at once")
    if all(_opening(one) == _opening(own) for one, own in zip(both, alone, strict=True)):
        said = "of two replies written at once one ends otherwise than alone, as rounding makes it"
        return Point("many at once", "note", said)
    said = "of two replies written at once one is not its own; keep nothing of a reply outside"
    return Point("many at once", "wrong", said)


def _opening(text: str) -> list[str]:
    return text.split()[:_OPENING]


def _survives(backend: ChatBackend, plain: ChatRequest, reply: Written) -> Point:
    hostile = {**texts.ABSENT, **texts.HOSTILE}
    for what, text in hostile.items():
        try:
            _write(backend, texts.request(text[:2_000], max_tokens=2))
        except Failed as error:
            return Point("hostile input", "wrong", f"{what}: it failed ({error}); take any text")
    return Point("hostile input", "ok", f"{', '.join(hostile)} is lived through")


_NAMES: dict[Callable[[ChatBackend, ChatRequest, Written], Point], str] = {
    _heeds_bound: "max_tokens",
    _continues: "prefix",
    _stops: "stopping",
    _writes_again: "twice",
    _writes_two: "many at once",
    _survives: "hostile input",
}


def _write(backend: ChatBackend, request: ChatRequest) -> Written:
    def written() -> Written:
        began = time.perf_counter()
        pieces: Iterator[str] = backend.stream(request)
        taken: list[str] = []
        first = 0.0
        for piece in pieces:
            first = first or time.perf_counter() - began
            taken.append(piece)
        return Written(tuple(taken), first, time.perf_counter() - began)

    return _within(written)


def _within(work: Callable[[], Out]) -> Out:
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(work).result(_WAIT_S)
    except TimeoutError as error:
        raise Failed(f"no end within {_WAIT_S:.0f} s") from error
    except Exception as error:
        raise Failed(" ".join(f"{type(error).__name__}: {error}".split())) from error
    finally:
        pool.shutdown(wait=False)
