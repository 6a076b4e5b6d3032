"""How far one rater is, and where they go from here."""

from collections.abc import Mapping
from dataclasses import dataclass

from ui.rating.ledger import Unit, unit
from ui.rating.places import SKIP, Choice, Place
from ui.rating.study import Question


@dataclass(frozen=True)
class Round:
    """The questions of one rater, and what they chose.

    Attributes:
        rater: their word.
        questions: all of theirs, in their order; the n-th has the number n.
        chosen: what they chose, by `unit`; `skip` where they left a question out.
        asks: how many questions a pair, or a reply, has.
    """

    rater: str
    questions: tuple[Question, ...]
    chosen: Mapping[Unit, str]
    asks: int

    def at(self, number: int) -> Question:
        """Return the question of a number."""
        return self.questions[number - 1]

    def place(self, question: Question, choices: tuple[Choice, ...], *, pairwise: bool) -> Place:
        """Return where a question stands, and what can be chosen."""
        number = self.questions.index(question) + 1
        chosen = self.chosen.get(unit(question), "")
        sides = {"tie": "tie", question.left: "left", question.right: "right"}
        return Place(
            rater=self.rater,
            number=number,
            steps=len(self.questions),
            done=sum(unit(q) in self.chosen for q in self.questions),
            shown=(number - 1) // self.asks + 1,
            all=len(self.questions) // self.asks,
            asks=self.asks,
            pairwise=pairwise,
            choices=choices,
            chosen=sides.get(chosen, chosen) if pairwise and chosen != SKIP else chosen,
        )

    @property
    def end(self) -> str:
        """The address after the last question."""
        return f"/rate/{self.rater}/end"

    @property
    def skipped(self) -> int:
        """Number of questions that were left out."""
        return sum(self.chosen.get(unit(q)) == SKIP for q in self.questions)

    def back(self, number: int) -> str:
        """Return the address of the question before; empty at the first."""
        return self._address(number - 1) if number > 1 else ""

    def next_open(self, number: int = 0) -> str:
        """Return the address of the next question that was not asked yet, after `number` first."""
        unasked = [n for n, q in enumerate(self.questions, 1) if unit(q) not in self.chosen]
        later = [n for n in unasked if n > number]
        return self._address((later or unasked)[0]) if unasked else self.end

    def next_skipped(self, number: int = 0) -> str:
        """Return the address of the next question that was left out, after `number`."""
        later = [
            n
            for n, q in enumerate(self.questions, 1)
            if n > number and self.chosen.get(unit(q)) == SKIP
        ]
        return self._address(later[0]) if later else self.next_open()

    def open_beside(self, number: int) -> list[Question]:
        """Return the questions about the same replies that have no answer yet."""
        first = (number - 1) // self.asks * self.asks
        beside = self.questions[first : first + self.asks]
        return [q for q in beside if self.chosen.get(unit(q), SKIP) == SKIP]

    def _address(self, number: int) -> str:
        return f"/rate/{self.rater}/{number}"
