"""What a ratings file says, for whoever asked for the ratings."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tools.errors import DataError
from tools.grid import Grid
from tools.judging.agreement import agreement_of, preferences_of
from tools.judging.ratings import Rating, ScoreRating, raters_of, read_ratings
from tools.judging.tables import agreement_rows, preference_rows
from tools.metrics.resampling import grouped_mean

_WIDTH = 110

_NOTE = (
    "`first chosen` is the share of choices, ties left out, for the reply that stood first (A): "
    "about 50% where the place does not matter. kappa is Cohen's for two raters and Fleiss's for "
    "more, over what all of them rated; alpha is Krippendorff's, over everything that two or more "
    "rated."
)


def summarise(file: Path) -> str:
    """Return the tables of a ratings file, as text: preference, or scores, and agreement.

    Raises:
        DataError: it cannot be read, or holds no rating.
    """
    ratings = read_ratings(file)
    if not ratings:
        raise DataError(f"there is no rating in {file.name!r} yet; let somebody rate first")
    raters, items = len(raters_of(ratings)), len({rating.item for rating in ratings})
    tables = [
        preference_rows(preferences_of(ratings)),
        _scores(ratings),
        agreement_rows("Agreement; n in things that two or more rated", agreement_of(ratings)),
    ]
    console = Console(width=_WIDTH, no_color=True, highlight=False)
    with console.capture() as captured:
        console.print(f"ratings: {len(ratings)}, raters: {raters}, items: {items}\n")
        for grid in tables:
            if grid.rows:
                console.print(grid.rich())
        console.print(_NOTE)
    return captured.get().rstrip()


def _scores(ratings: Sequence[Rating]) -> Grid:
    """Return the mean scores that people gave, by criterion and run."""
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    for rating in ratings:
        if isinstance(rating, ScoreRating):
            items = found.setdefault((rating.criterion, rating.run), {})
            items.setdefault(rating.item, []).append(float(rating.score))
    body: list[tuple[str, ...]] = []
    for (criterion, run), items in found.items():
        mean = grouped_mean(items)
        between = "" if mean.low is None else f" [{mean.low:.2f}, {mean.high:.2f}]"
        body.append((criterion, run, f"{mean.value:.2f}{between}", str(mean.n), str(len(items))))
    head = ("criterion", "run", "mean", "ratings", "items")
    return Grid("Mean score; 95 % intervals over items", head, body, words=2)
