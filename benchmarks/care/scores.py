"""What is counted in the replies of a run, arm by arm, with intervals over conversations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarks.care.advice import advises
from benchmarks.care.fixed_set import Talk
from benchmarks.care.runs import Row
from tools.labels import LISTENING, Strategy
from tools.metrics.copying import longest_common_run
from tools.metrics.diversity import distinct, esconv_distinct, expectation_adjusted_distinct
from tools.metrics.openings import opening, repeated_share
from tools.metrics.resampling import Measured, grouped_mean
from tools.metrics.tokens import tokens
from tools.sentences import split

OPENING = "says an opening of this conversation again"
ADVISES = "advises in listening turns"
"""The measures that have a goal."""

COPIED = 6
"""Words in a row that, said again, read like an echo."""

Wanted = Callable[[Row], bool]
Value = Callable[[Row], float]


@dataclass(frozen=True)
class Line:
    """One line of the table: a measure of every arm, None where an arm has nothing to measure.

    Attributes:
        name: what is measured.
        unit: `%`, `s`, `words` or empty.
        arms: the values by arm.
    """

    name: str
    unit: str
    arms: dict[str, Measured | None]


def score(rows: Sequence[Row], talks: Sequence[Talk]) -> list[Line]:
    """Return every measure that needs neither a judge nor a clock.

    Args:
        rows: the replies of a run.
        talks: the fixed set that they answer.
    """
    arms = by_arm(rows)
    again = {id(row) for replies in arms.values() for row in _repeats(replies)}
    remembered = _remembered(talks)

    def line(name: str, value: Value, wanted: Wanted = _any, unit: str = "%") -> Line:
        return Line(name, unit, {a: measure(r, value, wanted) for a, r in arms.items()})

    return [
        line(OPENING, lambda r: id(r) in again, _not_first),
        line(ADVISES, _advises, listens),
        line("advises where nobody asked", _advises, lambda r: r["act"] != "asks"),
        line("asks a question", _asks),
        line("asks one where the plan is Open question", _asks, _is_to_ask),
        line("asks more than one", lambda r: r["reply"].count("?") > 1),
        line("remembers what was told ten turns ago", lambda r: _recalls(r, remembered),
             lambda r: (r["conversation"], r["turn"]) in remembered),
        line(f"says {COPIED} words or more of the message again", lambda r: _run(r) >= COPIED),
        line("longest run of words from the message", _run, unit="words"),
        line("length", lambda r: len(tokens(r["reply"])), unit="words"),
        line("sentences", lambda r: len(split(r["reply"])), unit=""),
        line("a fixed sentence stands in", lambda r: r["fixed"]),
        line("taken for danger (the set holds none)", lambda r: r["route"] == "crisis"),
        line("no reply", lambda r: not r["reply"]),
        *_of_the_whole(arms),
    ]  # fmt: skip


def by_arm(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each arm, in the order of conversations and turns."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["arm"], []).append(row)
    return {
        arm: sorted(replies, key=lambda r: (r["conversation"], r["turn"]))
        for arm, replies in found.items()
    }


def by_conversation(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each conversation; they must stand together."""
    return {name: list(part) for name, part in groupby(rows, key=lambda r: r["conversation"])}


def measure(rows: Sequence[Row], value: Value, wanted: Wanted) -> Measured | None:
    """Return the mean of a value over the rows that are wanted; None where there are none."""
    groups = {
        name: [float(value(row)) for row in part if wanted(row)]
        for name, part in by_conversation(rows).items()
    }
    return grouped_mean(groups) if any(groups.values()) else None


def speed(rows: Sequence[Row]) -> list[Line]:
    """Return the seconds to the first sentence of turns that had the machine to themselves."""
    arms = {
        arm: sorted(row["first_s"] for row in replies if row["first_s"])
        for arm, replies in by_arm(rows).items()
    }

    def line(name: str, share: float) -> Line:
        return Line(
            name,
            "s",
            {
                arm: _plain(times[min(int(share * len(times)), len(times) - 1)], len(times))
                if times
                else None
                for arm, times in arms.items()
            },
        )

    return [line("first sentence, median", 0.5), line("first sentence, 9 of 10 within", 0.9)]


def listens(row: Row) -> bool:
    """Say whether a turn is for listening: by its plan, or, without one, when nobody asked."""
    if row["route"] == "crisis":
        return False
    return row["plan"] in LISTENING if row["plan"] else row["act"] != "asks"


def _of_the_whole(arms: Mapping[str, Sequence[Row]]) -> list[Line]:
    """Return what cannot be averaged over replies; resampling would make it look less varied."""
    words = {arm: [tokens(row["reply"]) for row in rows] for arm, rows in arms.items()}
    vocabulary = len({word for texts in words.values() for text in texts for word in text}) or 1

    def line(name: str, unit: str, of: Callable[[str], float]) -> Line:
        return Line(name, unit, {arm: _plain(of(arm), len(rows)) for arm, rows in arms.items()})

    return [
        line("begins as an earlier reply of any conversation", "%",
             lambda arm: repeated_share([row["reply"] for row in arms[arm]])),
        line("distinct-1", "", lambda arm: distinct(words[arm], 1)),
        line("distinct-2", "", lambda arm: distinct(words[arm], 2)),
        line("distinct-1 as ESConv counts", "", lambda arm: esconv_distinct(words[arm], 1)),
        line("distinct-2 as ESConv counts", "", lambda arm: esconv_distinct(words[arm], 2)),
        line("distinct-1, adjusted for length (EAD)", "",
             lambda arm: expectation_adjusted_distinct(words[arm], 1, vocabulary)),
    ]  # fmt: skip


def _plain(value: float, n: int) -> Measured:
    return Measured(value, None, None, n)


def _repeats(rows: Sequence[Row]) -> list[Row]:
    found = []
    for part in by_conversation(rows).values():
        seen: set[tuple[str, ...]] = set()
        for row in part:
            begins = opening(row["reply"])
            if begins and begins in seen:
                found.append(row)
            seen.add(begins)
    return found


def _remembered(talks: Sequence[Talk]) -> dict[tuple[str, int], list[str]]:
    return {(t.id, t.probe.turn): t.probe.remember for t in talks if t.probe is not None}


def _recalls(row: Row, remembered: Mapping[tuple[str, int], Sequence[str]]) -> bool:
    wanted = tuple(word.lower() for word in remembered[row["conversation"], row["turn"]])
    return any(word.startswith(wanted) for word in tokens(row["reply"]))


def _any(row: Row) -> bool:
    return True


def _not_first(row: Row) -> bool:
    return row["turn"] > 1


def _is_to_ask(row: Row) -> bool:
    return row["plan"] == Strategy.OPEN_QUESTION and row["route"] == "support"


def _advises(row: Row) -> bool:
    return advises(row["reply"])


def _asks(row: Row) -> bool:
    return "?" in row["reply"]


def _run(row: Row) -> float:
    return longest_common_run(row["reply"], row["said"])
