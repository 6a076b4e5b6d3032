"""What a judging came to, as tables."""

from collections.abc import Sequence

from tools.grid import Grid
from tools.judging.agreement import Agreement, Preference
from tools.judging.scores import Compared, Scored
from tools.metrics.resampling import Measured

NO_NUMBER = "-"

OVERRATING = (
    "Language models overrate replies of language models and miss faults of safety (CounselBench, "
    "arXiv 2506.08584): compare runs with each other, not with people, and report the agreement "
    "with people (--human)."
)


def score_rows(found: Sequence[Scored], scale: str) -> Grid:
    """Return the means of an absolute rubric; `scale` is e.g. `1 to 10`."""
    return Grid(
        f"Mean score, {scale}; n in replies; 95 % intervals over dialogues",
        ("criterion", "run", "mean", "n", "most given", "unparsable", "n/a", "no reply"),
        [
            (
                one.criterion,
                one.run,
                _mean(one.mean),
                str(one.mean.n if one.mean else 0),
                f"{one.most} ({one.most_share:.0%})" if one.most is not None else NO_NUMBER,
                str(one.left.unparsable),
                str(one.left.skipped),
                str(one.left.no_reply),
            )
            for one in found
        ],
        words=2,
    )


def comparison_rows(found: Sequence[Compared]) -> Grid:
    """Return win, tie and loss of two runs under a judge."""
    one, other = found[0].runs
    return Grid(
        f"{one!r} against {other!r}, n in pairs, shares in %, both orders; "
        "95 % intervals over dialogues",
        (
            "criterion", "win", "tie", "loss", "n", "flipped", "first named", "unparsable",
            "no reply", "same reply",
        ),
        [
            (
                each.criterion,
                *_shares(each.preference),
                str(each.preference.win.n if each.preference else 0),
                _share(each.flips),
                _share(each.first),
                str(each.left.unparsable),
                str(each.left.no_reply),
                str(each.left.same_reply),
            )
            for each in found
        ],
        words=1,
    )  # fmt: skip


def preference_rows(found: Sequence[Preference]) -> Grid:
    """Return win, tie and loss as people chose."""
    return Grid(
        "Win, tie and loss of the first run, share of ratings in %; 95 % intervals over items",
        ("criterion", "runs", "win", "tie", "loss", "ratings", "items", "first chosen"),
        [
            (
                each.criterion,
                " / ".join(each.runs),
                *_shares(each),
                str(each.win.n),
                str(each.items),
                _share(each.first),
            )
            for each in found
        ],
        words=2,
    )


def agreement_rows(title: str, found: Sequence[Agreement]) -> Grid:
    """Return how well raters agree."""
    return Grid(
        title,
        ("criterion", "raters", "n", "same", "kappa", "alpha"),
        [
            (
                each.criterion,
                str(each.raters),
                str(each.n),
                _share(each.percent),
                f"{_number(each.kappa)} ({each.kappa_of}, n {each.kappa_n})",
                f"{_number(each.alpha)} ({each.level})",
            )
            for each in found
        ],
        words=1,
    )


def _shares(found: Preference | None) -> tuple[str, str, str]:
    if found is None:
        return (NO_NUMBER, NO_NUMBER, NO_NUMBER)
    win, tie, loss = (_percent(part) for part in (found.win, found.tie, found.loss))
    return (win, tie, loss)


def _percent(part: Measured) -> str:
    if part.low is None or part.high is None:
        return f"{100 * part.value:.0f}"
    return f"{100 * part.value:.0f} [{100 * part.low:.0f}, {100 * part.high:.0f}]"


def _mean(found: Measured | None) -> str:
    if found is None:
        return NO_NUMBER
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def _share(value: float | None) -> str:
    return f"{value:.0%}" if value is not None else NO_NUMBER


def _number(value: float | None) -> str:
    return f"{value:.2f}" if value is not None else NO_NUMBER
