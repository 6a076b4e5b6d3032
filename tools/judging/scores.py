"""What verdicts come to, criterion by criterion, with intervals over dialogues."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.judging.agreement import Preference, preference
from tools.judging.answers import parsed
from tools.judging.ratings import PairRating
from tools.judging.rubrics import FIRST, SECOND, TIE
from tools.judging.verdicts import State, Verdict, ratings_of
from tools.metrics.resampling import Measured, grouped_mean, mean

_ALWAYS, _GUESSED = 0.95, 0.5
"""Share of one score, and of changed verdicts, from which on a judge counts as blind."""


@dataclass(frozen=True)
class Left:
    """What was not judged, in numbers; see `tools.judging.verdicts.Verdict`.

    Attributes:
        unparsable: verdicts with an answer that was none of the allowed ones.
        skipped: those of a criterion that did not apply.
        no_reply: those of a message without a reply.
        same_reply: those of two replies that were the same; they count as ties.
    """

    unparsable: int
    skipped: int
    no_reply: int
    same_reply: int


@dataclass(frozen=True)
class Scored:
    """One criterion of one run.

    Attributes:
        run: its name.
        criterion: the criterion's.
        mean: the mean score over everything that was judged; None where nothing was.
        most: the score that was given most often; a judge that always gives it sees nothing.
        most_share: how often it was given, in [0, 1]; 0 where nothing was judged.
        left: what was not judged.
    """

    run: str
    criterion: str
    mean: Measured | None
    most: int | None
    most_share: float
    left: Left


@dataclass(frozen=True)
class Compared:
    """One criterion of two runs.

    Attributes:
        runs: their names.
        criterion: the criterion's.
        preference: how often each is preferred; None where nothing was judged.
        flips: share of the pairs whose verdict changed when the two changed places, in [0, 1].
        first: share of the answers, ties left out, that named the reply that was shown first.
        left: what was not judged.
    """

    runs: tuple[str, str]
    criterion: str
    preference: Preference | None
    flips: float | None
    first: float | None
    left: Left


def scored(found: Iterable[Verdict]) -> list[Scored]:
    """Return the scores of every run and criterion of an absolute rubric, in order."""
    parts: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in found:
        parts.setdefault((verdict["runs"][0], verdict["criterion"]), []).append(verdict)
    return [_scored(run, criterion, part) for (run, criterion), part in parts.items()]


def compared(found: Iterable[Verdict]) -> list[Compared]:
    """Return the comparison of two runs, criterion by criterion, in order."""
    parts: dict[str, list[Verdict]] = {}
    for verdict in found:
        parts.setdefault(verdict["criterion"], []).append(verdict)
    return [_compared(criterion, part) for criterion, part in parts.items()]


def blind(found: Sequence[Scored | Compared]) -> list[str]:
    """Return the criteria on which the judge sees nothing, in order.

    That is where it gives one score to 19 replies of 20 or more over all runs, or where the order
    changes more than half of its verdicts: guessing changes about half of those without a tie.
    """
    names: list[str] = []
    for criterion in dict.fromkeys(one.criterion for one in found):
        parts = [one for one in found if one.criterion == criterion]
        flips = [one.flips for one in parts if isinstance(one, Compared) and one.flips is not None]
        if any(share > _GUESSED for share in flips) or _constant(parts):
            names.append(criterion)
    return names


def _constant(parts: Sequence[Scored | Compared]) -> bool:
    means = [(one, one.mean) for one in parts if isinstance(one, Scored) and one.mean is not None]
    times: Counter[int | None] = Counter()
    for one, measured in means:
        times[one.most] += round(one.most_share * measured.n)
    n = sum(measured.n for _, measured in means)
    return n > 1 and max(times.values()) >= _ALWAYS * n


def _scored(run: str, criterion: str, part: Sequence[Verdict]) -> Scored:
    groups: dict[str, list[float]] = {}
    counts: Counter[int] = Counter()
    for verdict in part:
        if (score := verdict["score"]) is not None:
            groups.setdefault(verdict["dialogue"], []).append(float(score))
            counts[score] += 1
    if not counts:
        return Scored(run, criterion, None, None, 0.0, _left(part))
    most, times = counts.most_common(1)[0]
    return Scored(run, criterion, grouped_mean(groups), most, times / counts.total(), _left(part))


def _compared(criterion: str, part: Sequence[Verdict]) -> Compared:
    one, other = part[0]["runs"]
    groups = {verdict["item"]: verdict["dialogue"] for verdict in part}
    ratings = [r for r in ratings_of(part, "judge") if isinstance(r, PairRating)]
    flips = [float(v["flipped"]) for v in part if v["flipped"] is not None]
    named = [parsed(answer, (FIRST, SECOND, TIE)) for v in part for answer in v["answers"]]
    sides = [float(name == FIRST) for name in named if name in (FIRST, SECOND)]
    return Compared(
        (one, other),
        criterion,
        preference(criterion, (one, other), ratings, groups) if ratings else None,
        mean(flips) if flips else None,
        mean(sides) if sides else None,
        _left(part),
    )


def _left(part: Sequence[Verdict]) -> Left:
    counts: Counter[State] = Counter(verdict["state"] for verdict in part)
    return Left(counts["unparsable"], counts["skipped"], counts["no reply"], counts["same reply"])
