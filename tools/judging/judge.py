"""Ask a language model about every reply, several questions at once, and keep each answer."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools.chat import ChatBackend, ChatRequest
from tools.errors import ModelError
from tools.judging.answers import Answers
from tools.judging.questions import Question, questions
from tools.judging.replies import Replied
from tools.judging.rubrics import Rubric
from tools.judging.verdicts import Verdict, given, verdicts

_TRIES = 3
"""How often a question is asked of a judge that fails; one lost answer must not end the work."""


@dataclass(frozen=True)
class Judging:
    """What there is to judge.

    Attributes:
        replied: the messages with the replies.
        rubric: what to judge by.
        runs: names of the runs, in the order of the command.
    """

    replied: Sequence[Replied]
    rubric: Rubric
    runs: tuple[str, ...]

    def questions(self) -> list[list[Question]]:
        """Return what has to be asked, message by message."""
        return [list(questions(one, self.rubric, self.runs)) for one in self.replied]


def judge(
    judging: Judging,
    chat: Callable[[], ChatBackend],
    answers: Answers,
    *,
    at_once: int = 2,
    done: Callable[[], None] = lambda: None,
) -> list[Verdict]:
    """Return the verdicts on every message, in order.

    Args:
        judging: what there is to judge.
        chat: returns the judge; called only where something has still to be asked.
        answers: what was answered before; every new answer is added at once.
        at_once: how many questions the judge is asked at the same time.
        done: called at each answer, kept ones among them.

    Raises:
        ModelError: the judge failed on one question again and again; what was answered is kept.
        DataError: an answer cannot be written.
    """
    asked = judging.questions()

    def answer(question: Question) -> str:
        known = answers.get(question.request)
        if known is None:
            known = _asked(chat, question.request)
            answers.put(question.request, known)
        done()
        return known

    with ThreadPoolExecutor(at_once, thread_name_prefix="judge") as threads:
        found = list(threads.map(answer, (q for part in asked for q in part)))
    given_by_place = iter(found)
    return [
        verdict
        for one, part in zip(judging.replied, asked, strict=True)
        for verdict in verdicts(
            one, judging.rubric, judging.runs, given(part, [next(given_by_place) for _ in part])
        )
    ]


def _asked(chat: Callable[[], ChatBackend], request: ChatRequest) -> str:
    for _ in range(_TRIES - 1):
        try:
            return "".join(chat().stream(request))
        except ModelError:
            continue
    return "".join(chat().stream(request))
