"""Hold the conversations of the fixed set with an arm."""

import asyncio
from collections.abc import Callable, Sequence

from benchmarks.care.arms import Answer, Arm, Speaker, empty_answer
from benchmarks.care.fixed_set import PersonTurn, Talk
from benchmarks.care.runs import Row, Run
from tools.errors import AttuneError

Told = Callable[[str], None]
"""Is told each conversation that is over."""


async def hold_all(
    arm: Arm,
    talks: Sequence[Talk],
    run: Run,
    *,
    concurrent: int = 1,
    done: frozenset[tuple[str, str]] = frozenset(),
    told: Told = lambda _: None,
) -> None:
    """Hold every conversation that is not done yet, some at once, and add each to the run.

    Args:
        arm: who answers.
        talks: the conversations.
        run: where they are written.
        concurrent: how many are held at once; an engine that batches is faster with some.
        done: conversations that are in the run already, as arm and id.
        told: is called with the id of each conversation that is over.
    """
    places = asyncio.Semaphore(concurrent)

    async def one(talk: Talk) -> None:
        async with places:
            run.add(await hold(arm, talk, arm.begin(), len(talk.turns)))
        told(talk.id)

    waiting = [talk for talk in talks if (arm.name, talk.id) not in done]
    async with asyncio.TaskGroup() as group:
        for talk in waiting:
            group.create_task(one(talk))


async def time_turns(arm: Arm, talks: Sequence[Talk], run: Run, turns: int) -> None:
    """Answer that many turns one by one, nothing else running, and add their times to the run."""
    left = turns
    for talk in talks:
        if left <= 0:
            return
        rows = await hold(arm, talk, arm.begin(), min(left, len(talk.turns)))
        run.add_latency(rows)
        left -= len(rows)


async def hold(arm: Arm, talk: Talk, speaker: Speaker, turns: int) -> list[Row]:
    """Return the first replies to a conversation; a turn that fails has none, and says why."""
    rows = []
    for number, turn in enumerate(talk.turns[:turns], 1):
        try:
            answer = await speaker.answer(turn.text)
        except AttuneError as error:
            answer = empty_answer(route="failed", notes=[f"failed: {error}"])
        rows.append(_row(arm.name, talk.id, number, turn, answer))
    return rows


def _row(arm: str, conversation: str, number: int, turn: PersonTurn, answer: Answer) -> Row:
    return Row(
        **answer,
        arm=arm,
        conversation=conversation,
        turn=number,
        said=turn.text,
        emotion=turn.emotion,
        act=turn.act,
    )
