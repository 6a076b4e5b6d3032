"""What a process holds on to: memory, files, threads, children, bytes on disk."""

import gc
import itertools
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_MIB = 2**20
_WARM_UP = 0.3
"""The first part of a run, in which models and pools are still filling."""


@dataclass(frozen=True)
class Sample:
    """One reading between turns.

    Attributes:
        turns: how many turns were over.
        memory: resident memory of this process, MiB.
        below: resident memory of the processes below it, MiB; an engine fills its cache there.
        files: open file descriptors, sockets among them.
        threads: of this process.
        children: processes below this one.
        disk: bytes of everything written so far.
        shared: bytes in the folders of a memory file system.
    """

    turns: int
    memory: float
    below: float
    files: int
    threads: int
    children: int
    disk: int
    shared: int


def read(turns: int, written: Sequence[Path], shared: Sequence[Path]) -> Sample:
    """Take a reading after everything that nobody uses was collected."""
    import psutil  # type: ignore[import-untyped,unused-ignore]

    gc.collect()
    own = psutil.Process()
    children = own.children(recursive=True)
    return Sample(
        turns=turns,
        memory=_resident(own) / _MIB,
        below=sum(map(_resident, children)) / _MIB,
        files=own.num_fds() if hasattr(own, "num_fds") else own.num_handles(),
        threads=own.num_threads(),
        children=len(children),
        disk=sum(size(folder) for folder in written),
        shared=sum(size(folder) for folder in shared),
    )


def _resident(process: Any) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0  # it has just ended


def size(folder: Path) -> int:
    """Return the bytes of every file under a folder."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).stat().st_size
            except FileNotFoundError:
                continue
    return total


def slope(samples: Sequence[Sample], field: str) -> float:
    """Return by how much a field grows in 100 turns, after the warm-up.

    The median of the slopes between any two readings (Theil and Sen): a step up that is taken back,
    as a log that is emptied now and then, does not count.
    """
    settled = [asdict(sample) for sample in samples[int(len(samples) * _WARM_UP) :]]
    slopes = [
        (late[field] - early[field]) / (late["turns"] - early["turns"])
        for early, late in itertools.combinations(settled, 2)
        if late["turns"] > early["turns"]
    ]
    return statistics.median(slopes) * 100 if slopes else 0.0
