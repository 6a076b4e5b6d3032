"""The machine that a measurement ran on, and what it took of it."""

import os
import platform
from pathlib import Path


def describe() -> str:
    """Return one line: processor, cores, memory, load, Python."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in _lines("/proc/cpuinfo")
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    memory = next((int(li.split()[1]) for li in _lines("/proc/meminfo") if "MemTotal" in li), 0)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return (
        f"{cpu}, {os.cpu_count()} cores, {memory / 2**20:.0f} GiB, "
        f"load {load:.1f} at the start, Python {platform.python_version()}"
    )


def peak_memory_gib() -> float:
    """Return the peak resident memory of this process and its children together, in GiB.

    Pages that they share are counted in each, so this is an upper bound. Linux only; else 0.
    """
    own, total = os.getpid(), 0
    for status in Path("/proc").glob("[0-9]*/status"):
        fields = dict(line.split(":", 1) for line in _lines(str(status)) if ":" in line)
        if int(fields.get("Pid", "0")) == own or int(fields.get("PPid", "0")) == own:
            total += int(fields.get("VmHWM", "0 kB").split()[0])
    return total / 2**20


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []
