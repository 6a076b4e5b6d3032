"""What raters chose, as the files hold it: nothing of it lives in this program's memory alone.

```
ratings.jsonl           choices, as `tools.judging.ratings` reads and writes them
ratings.skipped.jsonl   questions that somebody left out; they are no ratings
*.lock                  held while a line is written, so that many can rate at once
```
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from tools import journal
from tools.errors import DataError
from tools.judging.ratings import (
    PairRating,
    Rating,
    ScoreRating,
    append,
    read_ratings,
    writing,
)
from ui.rating.places import SKIP
from ui.rating.study import Question

Unit = tuple[str, ...]


@dataclass(frozen=True)
class Skip:
    """A question that a rater left out.

    Attributes:
        item: id of the item.
        criterion: name of the criterion.
        rater: who left it out.
        runs: whose replies were shown, in the order of their names.
        at: when, in UTC.
    """

    item: str
    criterion: str
    rater: str
    runs: tuple[str, ...]
    at: str = ""


class Ledger:
    """The ratings of one file; several programs may write to it at once."""

    def __init__(self, file: Path) -> None:
        """Take a file, and make it where it is not there.

        Raises:
            DataError: it cannot be written, or holds something else than ratings.
        """
        self._file = file
        self._skipped = file.with_suffix(".skipped.jsonl")
        self._reading = Lock()
        self._seen: tuple[tuple[int, int], ...] = ()
        self._chosen: dict[str, dict[Unit, str]] = {}
        append(file)
        self._look()

    def chosen(self, rater: str) -> dict[Unit, str]:
        """Return what a rater chose, by `unit` of the question.

        A side is told by the run that stood there; a question left out holds `skip`.

        Raises:
            DataError: a file cannot be read any more.
        """
        with self._reading:
            self._look()
            return dict(self._chosen.get(rater, {}))

    def choose(self, rater: str, question: Question, choice: str) -> None:
        """Write what a rater chose, and come back when it is kept.

        Args:
            rater: who chose.
            question: as it was shown.
            choice: `left`, `tie` or `right`, or a score.

        Raises:
            DataError: it could not be kept.
        """
        rating = _rating(rater, question, choice)
        append(self._file, rating)
        if self.chosen(rater).get(unit(question)) != str(rating.value):
            raise DataError(
                f"the rating could not be kept in {self._file.name!r}; make room on its disk"
            )

    def skip(self, rater: str, questions: list[Question]) -> None:
        """Write that a rater left questions out.

        Raises:
            DataError: it could not be kept.
        """
        skips = [
            Skip(q.item, q.criterion, rater, tuple(sorted(filter(None, (q.left, q.right)))), _now())
            for q in questions
        ]
        with writing(self._skipped):
            journal.append(self._skipped, *map(asdict, skips), shared=True)

    def _look(self) -> None:
        """Read the files again where somebody has written to them."""
        now = tuple(_mark(file) for file in (self._file, self._skipped))
        if now == self._seen:
            return
        found: dict[str, dict[Unit, str]] = {}
        for skip in _read_skips(self._skipped):
            found.setdefault(skip.rater, {})[(skip.criterion, skip.item, *skip.runs)] = SKIP
        for rating in read_ratings(self._file):
            mine = found.setdefault(rating.rater, {})
            mine[(rating.criterion, *rating.unit)] = str(rating.value)
        self._seen, self._chosen = now, found


def unit(question: Question) -> Unit:
    """Return what a rating is told apart by: the criterion, the item and its runs."""
    return (
        question.criterion,
        question.item,
        *sorted(filter(None, (question.left, question.right))),
    )


def _rating(rater: str, question: Question, choice: str) -> Rating:
    asked = {"item": question.item, "criterion": question.criterion, "rater": rater, "at": _now()}
    if question.right:
        pair = {"left": question.left, "right": question.right, "choice": choice}
        return PairRating.model_validate({**asked, **pair, "shown": "left-right"})
    return ScoreRating.model_validate({**asked, "run": question.left, "score": int(choice)})


def _read_skips(file: Path) -> list[Skip]:
    """Return what was left out; a line that is cut off or foreign costs one more look at a text."""
    if not file.exists():
        return []
    found = []
    for _, line in journal.lines(file):
        try:
            record = json.loads(line)
            found.append(Skip(**{**record, "runs": tuple(record["runs"])}))
        except (ValueError, TypeError, KeyError):
            continue
    return found


def _mark(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
