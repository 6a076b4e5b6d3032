"""How a model answers: rightly, the same alone as in a batch, twice, in a crowd, to anything."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tools.catalogue import ModelConfig
from tools.checking.bench import Bench, Refused
from tools.checking.contracts import Contract
from tools.checking.gaps import gap
from tools.checking.points import Point, wrong
from tools.perceived import Perceived
from tools.transcript import Transcript

BATCH_GAP = 0.02
"""How far a number may be from the one without neighbours: padding and 16-bit sums move it."""

TWICE_GAP = 1e-5


def answered(bench: Bench, contract: Contract) -> tuple[list[object], list[Point]]:
    """Return the answers to plain input, each alone, and whether they are what they must be."""
    try:
        found = bench.singly(contract.items)
    except Refused as error:
        said = f"it failed on plain input: {error}; mend the backend"
        return [], [Point("answers", "wrong", said)]
    troubles = [trouble for answer in found for trouble in contract.judge(answer)]
    points = [wrong("answers", troubles, _told(found))]
    if not troubles and all(_is_missing(answer) for answer in found):
        said = (
            "every plain input was marked missing, so that little could be checked; try it with "
            "--data"
        )
        points.append(Point("reading", "note", said))
    if widths := {width for answer in found if (width := _width(answer))}:
        points.append(_widths(widths))
    return found, points


def in_batches(
    bench: Bench, contract: Contract, alone: Sequence[object], config: ModelConfig
) -> Point:
    """Ask for the same in batches, also in reverse."""
    name, size = "batches", config.max_batch
    if size == 1:
        return Point(name, "ok", "`max_batch: 1` hands it one item at a time")
    items = list(contract.items)
    try:
        for order in (range(len(items)), range(len(items) - 1, -1, -1)):
            for start in range(0, len(items), size):
                places = list(order)[start : start + size]
                bench.forget()
                found = bench.batch([items[place] for place in places])
                if len(found) != len(places):
                    said = f"{len(places)} items gave {len(found)} results; return one per item"
                    return Point(name, "wrong", said)
                far = max(gap(one, alone[p]) for one, p in zip(found, places, strict=True))
                if far > BATCH_GAP:
                    return Point(name, "wrong", _moved(far))
    except Refused as error:
        return Point(name, "wrong", f"it failed on a batch: {error}; set `max_batch: 1`")
    return Point(name, "ok", "an item gets the same answer alone, among others, and in any order")


def _moved(far: float) -> str:
    how = "something else" if far == float("inf") else f"a number that is {far:.3f} away"
    return (
        f"among others, or in another order, an item gets {how} from what it gets alone; mask "
        "what pads it, keep the order of the items, or set `max_batch: 1`"
    )


def again(bench: Bench, contract: Contract, alone: Sequence[object]) -> Point:
    """Ask for the same a second time."""
    bench.forget()
    try:
        found = bench.singly(contract.items)
    except Refused as error:
        return Point("twice", "wrong", f"it failed when asked again: {error}")
    far = max(map(gap, found, alone), default=0.0)
    if far > TWICE_GAP:
        said = "the same item got another answer the second time; switch dropout and sampling off"
        return Point("twice", "wrong", said)
    return Point("twice", "ok", "the same item gets the same answer")


def crowded(bench: Bench, contract: Contract, alone: Sequence[object]) -> Point:
    """Ask as several conversations do at once, through the product's own host."""
    bench.forget()
    try:
        crowds = bench.crowd(contract.items)
    except Refused as error:
        return Point("many at once", "wrong", f"among several conversations it failed: {error}")
    far = max(
        (gap(*pair) for found in crowds for pair in zip(found, alone, strict=True)), default=0
    )
    if far > BATCH_GAP:
        said = (
            "of several conversations one got an answer that is not its own; keep nothing of an "
            "item in the backend"
        )
        return Point("many at once", "wrong", said)
    return Point("many at once", "ok", "several conversations each get their own answers")


def on_nothing(bench: Bench, contract: Contract) -> Point | None:
    """Ask about input with nothing in it: a model may not make something up."""
    if not contract.absent:
        return None

    def judge(answer: object) -> list[str]:
        invents = "it claims to have found something; "
        return [invents + contract.remedy] if contract.invents(answer) else contract.judge(answer)

    asked = contract.absent
    return _each(bench, "nothing to read", asked, judge, "is told as missing, not made up")


def on_anything(bench: Bench, contract: Contract) -> Point:
    """Ask about what nobody would send on purpose, or somebody would."""
    return _each(bench, "hostile input", contract.hostile, contract.judge, "is lived through")


def _each(
    bench: Bench,
    name: str,
    asked: Mapping[str, object],
    judge: Callable[[object], list[str]],
    ok: str,
) -> Point:
    troubles = []
    for what, item in asked.items():
        try:
            troubles += [f"{what}: {trouble}" for trouble in judge(bench.singly([item])[0])]
        except Refused as error:
            troubles.append(f"{what}: it failed ({error}); mark such input missing instead")
    return wrong(name, troubles, f"{', '.join(asked)} {ok}")


def _told(found: Sequence[object]) -> str:
    read = sum(not _is_missing(answer) for answer in found)
    return f"{len(found)} plain items were answered as the task wants, {read} with a finding"


def _is_missing(answer: object) -> bool:
    if isinstance(answer, Perceived | Transcript):
        return bool(answer.missing)
    return isinstance(answer, Mapping | str) and not answer  # no opinion


def _width(answer: object) -> int:
    """Return the length of the vector of an answer; 0 where it has none."""
    if isinstance(answer, Perceived):
        return len(answer.vector)
    return int(np.size(answer)) if isinstance(answer, np.ndarray) else 0


def _widths(widths: set[int]) -> Point:
    if len(widths) > 1:
        said = f"vectors have the lengths {sorted(widths)}; give all of them one length"
        return Point("vectors", "wrong", said)
    return Point("vectors", "ok", f"every vector has {widths.pop()} numbers")
