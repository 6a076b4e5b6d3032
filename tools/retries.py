"""Try again what may pass by itself: a lost connection, a graphics card that is full for a moment.

Anything else, rubbish above all, would only come again, and somebody waits.
"""

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

_TRIES = 3
_WAIT_S = 0.2


def may_pass(error: BaseException) -> bool:
    """Say whether the same call may go well in a moment."""
    return isinstance(error, ConnectionError) or is_out_of_memory(error)


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether a graphics card had not enough memory; torch is not imported for it."""
    torch = sys.modules.get("torch")
    kind = getattr(getattr(torch, "cuda", None), "OutOfMemoryError", None)
    return isinstance(kind, type) and isinstance(error, kind)


def make_room(error: BaseException) -> None:
    """Give back what torch holds in reserve on a graphics card, where that is what is lacking."""
    if is_out_of_memory(error):
        sys.modules["torch"].cuda.empty_cache()


def in_parts(
    predict: Callable[[Sequence[In]], Sequence[Out]],
    items: Sequence[In],
    wanted: Callable[[], bool],
) -> list[Out]:
    """Run a batch, again where that may help, and in halves where memory was short.

    Args:
        predict: the model.
        items: what it is asked, in order.
        wanted: says whether somebody still waits; where nobody does, nothing is tried again.

    Returns:
        The outputs, in order; as many as the model gave.
    """
    size = max(1, len(items))

    def run() -> list[Out]:
        starts = range(0, len(items), size)
        return [output for at in starts for output in predict(items[at : at + size])]

    def halve() -> None:
        nonlocal size
        size = max(1, size // 2)

    return again(run, wanted, halve)


def again(
    call: Callable[[], Out], wanted: Callable[[], bool], lighten: Callable[[], None] | None = None
) -> Out:
    """Make a call, at most three times in all, where what went wrong may pass; it blocks.

    Args:
        call: what is done.
        wanted: says whether somebody still waits.
        lighten: makes the next try need less memory, after one that had not enough.

    Raises:
        Exception: what the last try raised.
    """
    from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential

    def is_over(state: RetryCallState) -> bool:
        return state.attempt_number >= _TRIES or not wanted()

    def prepare(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None and is_out_of_memory(error):
            make_room(error)
            if lighten is not None:
                lighten()

    return Retrying(
        retry=retry_if_exception(may_pass),
        stop=is_over,
        wait=wait_exponential(multiplier=_WAIT_S, max=1.0),
        before_sleep=prepare,
        reraise=True,
    )(call)
