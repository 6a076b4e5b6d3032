"""How long a model takes, at each batch size that it may be handed."""

import time
from collections.abc import Sequence
from statistics import median, quantiles

from tools.checking.bench import Bench
from tools.checking.points import Latency

_CALLS = 10
_BUDGET_S = 4.0


def first_call(bench: Bench, item: object) -> float:
    """Return the milliseconds of the first call after loading.

    Raises:
        Refused: it failed.
    """
    began = time.perf_counter()
    bench.batch([item])
    return round(1000 * (time.perf_counter() - began), 2)


def latencies(bench: Bench, items: Sequence[object], max_batch: int) -> list[Latency]:
    """Return milliseconds an item at batch sizes of 1, 2, 4 ... `max_batch`.

    Up to ten calls each, of four seconds in all; what backends keep of texts is dropped before
    every one.

    Raises:
        Refused: it failed.
    """
    sizes = [size for size in (1, 2, 4, 8, 16, 32) if size <= max_batch]
    return [_at(bench, items, size) for size in sizes]


def _at(bench: Bench, items: Sequence[object], size: int) -> Latency:
    taken: list[float] = []
    spent, at = 0.0, 0
    while len(taken) < _CALLS and (spent < _BUDGET_S or not taken):
        batch = [items[(at + place) % len(items)] for place in range(size)]
        at += size
        bench.forget()
        began = time.perf_counter()
        bench.batch(batch)
        each = time.perf_counter() - began
        spent += each
        taken.append(1000 * each / size)
    worst = quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
    return Latency(size, len(taken), round(median(taken), 2), round(min(worst, max(taken)), 2))
