"""What the full graph is to reach, and whether it does."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.care.arms import ALONE, FULL
from benchmarks.care.judging import Labels, adherence, preference
from benchmarks.care.runs import Row
from benchmarks.care.scores import ADVISES, OPENING, Line, listens
from benchmarks.care.tables import cell
from tools.metrics.resampling import Measured, grouped_mean

_NOBODY: tuple[Measured | None, str] = (None, "no judge yet")


@dataclass(frozen=True)
class Goal:
    """A limit for the full graph.

    Attributes:
        what: what is measured.
        limit: the limit in words.
        measured: what was found; None where nobody has measured it.
        met: whether the value, not its interval, is within the limit.
        by: who said so.
    """

    what: str
    limit: str
    measured: Measured | None
    met: bool
    by: str


def goals(lines: Sequence[Line], rows: Sequence[Row], labels: Sequence[Labels]) -> list[Goal]:
    """Return the goals of the full graph, one line for each judge.

    Args:
        lines: what was counted.
        rows: the replies of the run.
        labels: what judges said of them.
    """
    singles = [found for found in labels if found["kind"] == "adherence"]
    pairs = [found for found in labels if found["kind"] == "preference"]
    followed = [(adherence(found).follows.get(FULL), found["judge"]) for found in singles]
    advised = [(_advised(found, rows), found["judge"]) for found in singles]
    preferred = [
        (compared.share, found["judge"])
        for found in pairs
        if (compared := preference(found)).theirs == ALONE
    ]
    return [
        *_goals("follows its plan", 0.90, followed or [_NOBODY]),
        *_goals(OPENING, -0.05, [(_counted(lines, OPENING), "counted")]),
        *_goals(ADVISES, -0.03, [(_counted(lines, ADVISES), "counted"), *advised]),
        *_goals("is preferred over (a)", 0.70, preferred or [_NOBODY]),
    ]


def table(found: Sequence[Goal]) -> str:
    """Return a Markdown table of goals."""
    rows = [["the full graph (c)", "goal", "measured", "by", ""], ["---"] * 5]
    for goal in found:
        verdict = "not measured" if goal.measured is None else "met" if goal.met else "missed"
        rows.append([goal.what, goal.limit, cell(goal.measured, "%"), goal.by, verdict])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _goals(what: str, limit: float, found: Sequence[tuple[Measured | None, str]]) -> list[Goal]:
    """Return a goal for each who measured it; a limit below 0 is the most that may be."""
    words = f"at least {limit:.0%}" if limit > 0 else f"at most {-limit:.0%}"
    return [
        Goal(what, words, measured, measured is not None and _within(measured.value, limit), by)
        for measured, by in found
    ]


def _within(value: float, limit: float) -> bool:
    return value >= limit if limit > 0 else value <= -limit


def _counted(lines: Sequence[Line], name: str) -> Measured | None:
    return next(line for line in lines if line.name == name).arms.get(FULL)


def _advised(labels: Labels, rows: Sequence[Row]) -> Measured | None:
    """Return how often a judge found advice in the full graph's listening turns."""
    listening = {(r["conversation"], r["turn"]) for r in rows if r["arm"] == FULL and listens(r)}
    groups: dict[str, list[float]] = {}
    for label in labels["lines"].values():
        place = label["places"][0]
        if place["arm"] == FULL and (place["conversation"], place["turn"]) in listening:
            groups.setdefault(place["conversation"], []).append(float(label["given"]["advises"]))
    return grouped_mean(groups) if groups else None
