"""Where a question stands among those of a rater, and what can be chosen there."""

from dataclasses import dataclass

from tools.judging.rubrics import Rubric
from ui.rating import texts

SKIP, SKIP_ALL = "skip", "skip-all"
"""Choices that leave out a question, or all open questions about the same replies."""


@dataclass(frozen=True)
class Choice:
    """One answer.

    Attributes:
        value: as it is recorded.
        text: as it is shown.
        key: the key that chooses it; empty for none.
    """

    value: str
    text: str
    key: str


SIDES = (
    Choice("left", texts.CHOOSE_LEFT, "1"),
    Choice("tie", texts.CHOOSE_TIE, "2"),
    Choice("right", texts.CHOOSE_RIGHT, "3"),
)
"""Answers about two replies."""


def choices(rubric: Rubric) -> tuple[Choice, ...]:
    """Return what can be chosen under a rubric.

    Scores of one digit have that key, and 10 has the key 0 where no score is 0.
    """
    if rubric.scale is None:
        return SIDES
    values = rubric.scale.values
    keys = {str(n): str(n) for n in values if 0 <= n <= 9}
    if 0 not in values:
        keys["10"] = "0"
    return tuple(Choice(str(n), _shown(n, rubric), keys.get(str(n), "")) for n in values)


def _shown(score: int, rubric: Rubric) -> str:
    level = rubric.scale.levels.get(score, "") if rubric.scale else ""
    return f"{score}: {level}" if level else str(score)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A question of one rater.

    Attributes:
        rater: whose it is.
        number: of the question, from 1.
        steps: how many questions the rater has in all.
        done: how many of them have an answer or were left out.
        shown: number of its pair or reply, from 1.
        all: how many pairs or replies there are.
        asks: how many questions each has.
        pairwise: two replies are shown.
        choices: what can be chosen.
        chosen: what was chosen before; empty for nothing.
    """

    rater: str
    number: int
    steps: int
    done: int
    shown: int
    all: int
    asks: int
    pairwise: bool
    choices: tuple[Choice, ...]
    chosen: str = ""

    @property
    def address(self) -> str:
        """Its own address."""
        return f"/rate/{self.rater}/{self.number}"

    @property
    def stop(self) -> str:
        """The address for whoever stops here."""
        return f"/rate/{self.rater}/stop"

    @property
    def skipped(self) -> bool:
        """Whether it was left out before."""
        return self.chosen == SKIP

    @property
    def keys(self) -> str:
        """The keys that choose, e.g. `1–3`; empty where there are none."""
        keyed = [choice.key for choice in self.choices if choice.key]
        return f"{keyed[0]}–{keyed[-1]}" if keyed else ""

    @property
    def count(self) -> str:
        """Which pair or reply it is, e.g. `Pair 12 of 50`."""
        return (texts.PAIR if self.pairwise else texts.REPLY).format(n=self.shown, all=self.all)

    @property
    def asked(self) -> str:
        """Which question of its pair it is, e.g. `question 2 of 5`."""
        number = (self.number - 1) % self.asks + 1
        return texts.QUESTION_OF.format(n=number, all=self.asks)

    @property
    def progress(self) -> str:
        """How far the rater is, in words."""
        return texts.PROGRESS.format(done=self.done, all=self.steps)
