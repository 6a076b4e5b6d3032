"""Ratings: what a person, or a judge, said of replies, one rating a line of a JSON-lines file.

A comparison of two runs, and a score of one:

```
{"item": "d1-3", "criterion": "Overall", "rater": "p1", "left": "smes", "right": "direct",
 "choice": "left", "shown": "left-right", "at": "2026-03-01T10:00:00+00:00"}
{"item": "d1-3", "criterion": "Empathy", "rater": "p1", "run": "smes", "score": 7}
```

`left` and `right` are names of runs (of their folders) and `choice` is one of these two sides, so
that the three are read together. `shown` is the order in which the two replies were met: a page
that shows `left` on the left writes `left-right`. Which run is `left` may differ from line to line.
Who rates the same thing again replaces the earlier rating. What the ratings come to is in
`tools.judging.agreement`: `agreement_of`, `preferences_of`.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from tools import journal
from tools.errors import DataError

Choice = Literal["left", "right", "tie"]
Shown = Literal["left-right", "right-left"]


class PairRating(BaseModel, extra="forbid", frozen=True):
    """One comparison; see the module."""

    item: str = Field(min_length=1)
    criterion: str = Field(min_length=1)
    rater: str = Field(min_length=1)
    left: str = Field(min_length=1)
    right: str = Field(min_length=1)
    choice: Choice
    shown: Shown = "left-right"
    at: str = ""

    @property
    def unit(self) -> tuple[str, ...]:
        """What is rated: the item and its two runs, whichever stood left."""
        return (self.item, *sorted((self.left, self.right)))

    @property
    def value(self) -> str:
        """The run that is preferred, or `tie`."""
        if self.choice == "tie":
            return "tie"
        return self.left if self.choice == "left" else self.right


class ScoreRating(BaseModel, extra="forbid", frozen=True):
    """One score of one reply; see the module."""

    item: str = Field(min_length=1)
    criterion: str = Field(min_length=1)
    rater: str = Field(min_length=1)
    run: str = Field(min_length=1)
    score: int = Field(strict=True)
    at: str = ""

    @property
    def unit(self) -> tuple[str, ...]:
        """What is rated: the item and the run."""
        return (self.item, self.run)

    @property
    def value(self) -> int:
        """The score."""
        return self.score


Rating = PairRating | ScoreRating

_LINE: TypeAdapter[Rating] = TypeAdapter(Rating)


def read_ratings(path: Path) -> list[Rating]:
    """Read a ratings file; of a thing that one rater rated twice, the last rating is taken.

    A last line without an end is what a killed program left, and is left out.

    Raises:
        DataError: the file cannot be read, or a line is no rating.
    """
    last: dict[tuple[str, ...], Rating] = {}
    for number, line in journal.lines(path):
        try:
            rating = _parsed(line)
        except ValueError as error:
            raise DataError(
                f"{path.name}:{number} is no rating ({error}); correct the line or take it out"
            ) from None
        last[(rating.rater, rating.criterion, *rating.unit)] = rating
    return list(last.values())


def append(path: Path, *ratings: Rating) -> None:
    """Write ratings behind those that stand there, in one piece, and wait until they are kept.

    Many may write at once, threads and programs; `PATH.lock` is held meanwhile.

    Raises:
        DataError: the file cannot be written.
    """
    with writing(path):
        journal.append(path, *map(_written, ratings), shared=True)


def writing(path: Path) -> AbstractContextManager[None]:
    """Say in a sentence that a file of ratings cannot be written."""
    return journal.writing(
        f"the ratings {path.name!r}", "make room, or give a file in a folder of your own by --out"
    )


def of_criterion(ratings: Iterable[Rating]) -> dict[str, list[Rating]]:
    """Return the ratings of each criterion, in the order in which they first come."""
    found: dict[str, list[Rating]] = {}
    for rating in ratings:
        found.setdefault(rating.criterion, []).append(rating)
    return found


def raters_of(ratings: Sequence[Rating]) -> list[str]:
    """Return who rated, in the order in which they first come."""
    return list(dict.fromkeys(rating.rater for rating in ratings))


def _parsed(line: str) -> Rating:
    try:
        rating = _LINE.validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if str(part)[:1].islower())
        raise ValueError(f"{where or 'the line'}: {first['msg']}") from None
    if isinstance(rating, PairRating) and rating.left == rating.right:
        raise ValueError("left and right are the same run")
    return rating


def _written(rating: Rating) -> dict[str, object]:
    return {key: value for key, value in rating.model_dump().items() if value != ""}
