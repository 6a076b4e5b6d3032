"""What the answers of a judge mean: a score, or a comparison that holds in both orders."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from tools.judging.answers import parsed
from tools.judging.questions import Question, comparable
from tools.judging.ratings import Choice, PairRating, Rating, ScoreRating
from tools.judging.replies import Replied
from tools.judging.rubrics import FIRST, NOT_APPLICABLE, TIE, Rubric

State = Literal["judged", "unparsable", "skipped", "no reply", "same reply"]


class Verdict(TypedDict):
    """What came of one criterion for one reply, or for two.

    Attributes:
        item: the item's id.
        dialogue: what it belongs to.
        criterion: the name of the criterion.
        runs: the run, or the two in the order of the command.
        state: `judged`; `unparsable` where an answer was none of the allowed ones; `skipped` where
            the criterion does not apply; `no reply` where there was none; `same reply` where two
            were the same, which is a tie without a judge.
        answers: as the judge gave them; of two runs first in the order of `runs`, then swapped.
        score: of one run; None where there is none.
        choice: of two runs, `left` the first one; None where there is none. A verdict that the
            swap changed is a tie.
        flipped: whether the swap changed it; None where that cannot be said.
    """

    item: str
    dialogue: str
    criterion: str
    runs: list[str]
    state: State
    answers: list[str]
    score: int | None
    choice: Choice | None
    flipped: bool | None


Given = Mapping[tuple[str, tuple[str, ...]], str]
"""The answers about the replies to one message, by criterion and runs as shown."""


def given(asked: Sequence[Question], answers: Sequence[str]) -> Given:
    """Return the answers to the questions about one message by what was asked."""
    return {(q.criterion, q.shown): a for q, a in zip(asked, answers, strict=True)}


def verdicts(
    replied: Replied, rubric: Rubric, runs: Sequence[str], answers: Given
) -> list[Verdict]:
    """Return what the answers about the replies to one message mean, criterion by criterion."""
    names = [criterion.name for criterion in rubric.criteria]
    if rubric.kind == "pairwise":
        return [_compared(replied, rubric, runs, name, answers) for name in names]
    return [_scored(replied, rubric, run, name, answers) for run in runs for name in names]


def ratings_of(found: Sequence[Verdict], judge: str) -> list[Rating]:
    """Return the verdicts as ratings, to compare them with those of people."""
    ratings: list[Rating] = []
    for verdict in found:
        item, criterion, runs = verdict["item"], verdict["criterion"], verdict["runs"]
        if verdict["score"] is not None:
            ratings.append(
                ScoreRating(
                    item=item, criterion=criterion, rater=judge, run=runs[0], score=verdict["score"]
                )
            )
        if verdict["choice"] is not None:
            ratings.append(
                PairRating(
                    item=item, criterion=criterion, rater=judge, left=runs[0], right=runs[1],
                    choice=verdict["choice"],
                )
            )  # fmt: skip
    return ratings


def _scored(replied: Replied, rubric: Rubric, run: str, criterion: str, answers: Given) -> Verdict:
    verdict = _empty(replied, criterion, [run])
    if (answer := answers.get((criterion, (run,)))) is None:
        return {**verdict, "state": "no reply"}
    read = parsed(answer, rubric.answers)
    verdict["answers"] = [answer]
    if read is None:
        return {**verdict, "state": "unparsable"}
    if read == NOT_APPLICABLE:
        return {**verdict, "state": "skipped"}
    return {**verdict, "score": int(read)}


def _compared(
    replied: Replied, rubric: Rubric, runs: Sequence[str], criterion: str, answers: Given
) -> Verdict:
    verdict = _empty(replied, criterion, list(runs))
    if not comparable(replied, runs):
        if all(replied.replies[run] for run in runs):
            return {**verdict, "state": "same reply", "choice": "tie"}
        return {**verdict, "state": "no reply"}
    straight = answers[criterion, tuple(runs)]
    swapped = answers[criterion, tuple(reversed(runs))]
    verdict["answers"] = [straight, swapped]
    one, other = _side(straight, rubric, "left"), _side(swapped, rubric, "right")
    if one is None or other is None:
        return {**verdict, "state": "unparsable"}
    return {**verdict, "choice": one if one == other else "tie", "flipped": one != other}


def _side(answer: str, rubric: Rubric, first: Literal["left", "right"]) -> Choice | None:
    read = parsed(answer, rubric.answers)
    if read is None or read == TIE:
        return None if read is None else "tie"
    if read == FIRST:
        return first
    return "right" if first == "left" else "left"


def _empty(replied: Replied, criterion: str, runs: list[str]) -> Verdict:
    return Verdict(
        item=replied.asked.id, dialogue=replied.asked.dialogue, criterion=criterion, runs=runs,
        state="judged", answers=[], score=None, choice=None, flipped=None,
    )  # fmt: skip
