"""What is rated: items that all runs have replied to, and the questions of one rater in order.

Everything is drawn from hashes of the seed: the same for a rater who comes back, for two programs
on one file, and for any number of items (the first 50 of 100 are the 50 of `--items 50`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from tools.errors import ConfigError, DataError
from tools.judging.replies import Asked, Run, side_by_side
from tools.judging.rubrics import Rubric
from ui.rating.places import SKIP


@dataclass(frozen=True, kw_only=True)
class Question:
    """One criterion of one pair of replies, or of one reply.

    Attributes:
        item: id of the item; it never goes to the browser.
        criterion: name of the criterion.
        left: the run whose reply stands on the left, or the only one; never sent either.
        right: the run whose reply stands on the right; empty where there is one reply.
    """

    item: str
    criterion: str
    left: str
    right: str


class Study:
    """Replies of one run or more, drawn for rating under one rubric."""

    def __init__(
        self, runs: Sequence[Run], rubric: Rubric, *, items: int = 50, seed: int = 0
    ) -> None:
        """Draw the items.

        Args:
            runs: the replies of each run.
            rubric: what is asked of them; a pairwise one wants two runs.
            items: how many to draw, at most.
            seed: of every draw.

        Raises:
            ConfigError: the runs do not fit the rubric.
            DataError: there is nothing to rate, or an item is not the same in the runs.
        """
        self.rubric, self.seed = rubric, seed
        self.runs = tuple(sorted(run.name for run in runs))
        if taken := sorted(_WORDS & set(self.runs)):
            raise ConfigError(f"a run cannot be called {taken[0]!r} here; rename its folder")
        if self.pairwise and len(runs) != 2:
            raise ConfigError(
                f"the rubric {rubric.name!r} compares two runs, and {len(runs)} "
                f"{'was' if len(runs) == 1 else 'were'} given; give two run folders"
            )
        self._sizes = {run.name: (len(run.asked), _replied(run)) for run in runs}
        shared = set.intersection(*({asked.id for asked in run.asked} for run in runs))
        self._replied = (
            {
                one.asked.id: one
                for one in side_by_side(runs)
                if all(reply.strip() for reply in one.replies.values())
            }
            if shared
            else {}
        )
        if not self._replied:
            raise DataError(
                f"there is nothing to rate: {self._shared(len(shared))}; give runs that wrote "
                "replies to the same corpus, split and unit"
            )
        self.extent = f"{self._shared(len(shared))}."
        ranked = sorted(self._replied, key=lambda item: _draw(seed, item))
        self.items = tuple(ranked[:items])

    @property
    def pairwise(self) -> bool:
        """Whether two replies are shown together."""
        return self.rubric.kind == "pairwise"

    @property
    def alike(self) -> int:
        """Number of drawn items whose replies are the same, word for word."""
        replies = (self._replied[item].replies.values() for item in self.items)
        return sum(len(set(texts)) == 1 for texts in replies) if len(self.runs) > 1 else 0

    def asked(self, question: Question) -> Asked:
        """Return the message that a question is about."""
        return self._replied[question.item].asked

    def replies(self, question: Question) -> tuple[str, ...]:
        """Return the replies of a question, from left to right."""
        found = self._replied[question.item].replies
        return tuple(found[run] for run in (question.left, question.right) if run)

    def questions(self, rater: str) -> tuple[Question, ...]:
        """Return the questions of a rater: all criteria of a pair, or of a reply, in a row.

        Which item comes when, and which run stands on which side, is drawn for each rater anew.
        """
        return _questions(self, rater)

    def draw(self, rater: str) -> Iterator[Question]:
        """Draw the questions of a rater; see `questions`."""
        shown: list[tuple[str, str, str]] = []
        for item in self.items:
            if self.pairwise:
                turned = int(_draw(self.seed, rater, item, "sides"), 16) % 2
                left, right = self.runs[::-1] if turned else self.runs
                shown.append((item, left, right))
            else:
                shown += [(item, run, "") for run in self.runs]
        turn = {s: _draw(self.seed, rater, s[0], "" if self.pairwise else s[1]) for s in shown}
        for item, left, right in sorted(shown, key=turn.__getitem__):
            for criterion in self.rubric.criteria:
                yield Question(item=item, criterion=criterion.name, left=left, right=right)

    def _shared(self, shared: int) -> str:
        runs = " and ".join(
            f"{name!r} has {items} items and replies to {replied}"
            for name, (items, replied) in self._sizes.items()
        )
        both = f"; they share {shared}, of which {len(self._replied)} have every reply"
        return runs + (both if len(self.runs) > 1 else "")


_WORDS = frozenset({"tie", SKIP})
"""What stands where the name of a run could stand, too."""


@lru_cache(maxsize=256)
def _questions(study: Study, rater: str) -> tuple[Question, ...]:
    return tuple(study.draw(rater))


def _replied(run: Run) -> int:
    return sum(bool(run.replies.get(asked.id, "").strip()) for asked in run.asked)


def _draw(seed: int, *parts: str) -> str:
    """Return a number in hexadecimal that looks drawn, and is the same on every machine."""
    return sha256("\0".join([str(seed), *parts]).encode()).hexdigest()
