"""What a check finds: one point, one sentence each."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

State = Literal["ok", "wrong", "note"]
"""`wrong` fails the check; `note` is told, and left to the reader."""


@dataclass(frozen=True)
class Point:
    """One thing that was looked at.

    Attributes:
        name: what, in a word or two, e.g. `probabilities`.
        state: how it stands.
        said: one sentence; of a wrong one also what to do.
    """

    name: str
    state: State
    said: str


def wrong(name: str, troubles: Sequence[str], ok: str) -> Point:
    """Return a point that is wrong by the first of some `troubles`, and `ok` without any."""
    if not troubles:
        return Point(name, "ok", ok)
    more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
    return Point(name, "wrong", f"{troubles[0]}{more}")


@dataclass(frozen=True)
class Latency:
    """Milliseconds an item at one batch size, over `calls` calls."""

    batch: int
    calls: int
    median_ms: float
    p95_ms: float


@dataclass
class Measured:
    """Numbers of one check on this machine; None where nothing was measured.

    Attributes:
        load_s: seconds that loading took.
        load_mb: growth of the process's resident memory while it was loaded, in MB.
        first_ms: the first call after loading, one item.
        latency: by batch size.
    """

    load_s: float | None = None
    load_mb: float | None = None
    first_ms: float | None = None
    latency: list[Latency] = field(default_factory=list)


@dataclass
class Report:
    """The check of one model."""

    model: str
    task: str
    backend: str
    points: list[Point] = field(default_factory=list)
    measured: Measured = field(default_factory=Measured)
    scores: list[dict[str, object]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return all(point.state != "wrong" for point in self.points)

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        return {**asdict(self), "passed": self.passed}
