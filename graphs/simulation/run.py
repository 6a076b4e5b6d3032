"""Hold many dialogues at once, and keep each as soon as it is finished."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.prompt import Prompt
from graphs.simulation.dialogue import Supporter, hold
from graphs.simulation.folder import SimulationFolder
from graphs.simulation.profiles import SeekerProfile, choose
from graphs.simulation.records import Simulated
from graphs.simulation.seeker import Seeker
from tools.errors import ModelError
from tools.models import Bound

MOST_FAILURES = 5
"""Dialogues in a row that a model may break off before the run is given up."""


@dataclass(frozen=True)
class Simulation:
    """Everything that the dialogues of a run share.

    Attributes:
        supporter: the graph that answers.
        profiles: who may be played.
        seeker: the language model that plays them.
        prompt: the seeker's prompt file.
        turns: how many turns a dialogue may have.
        seed: decides who is played when, and what they bring up.
    """

    supporter: Supporter
    profiles: Sequence[SeekerProfile]
    seeker: Bound
    prompt: Prompt
    turns: int
    seed: int

    async def dialogue(self, index: int) -> Simulated:
        """Hold the dialogue of an index; the same index gives the same dialogue."""
        profile = choose(self.profiles, self.seed, index)
        id = f"{self.seed}-{index:05d}"
        seeker = Seeker(profile, self.seeker, self.prompt, turns=self.turns, seed=id)
        return await hold(id, index, seeker, self.supporter)


async def simulate_all(
    simulation: Simulation,
    folder: SimulationFolder,
    *,
    count: int,
    at_once: int,
    tell: Callable[[int], None],
) -> list[Simulated]:
    """Hold the dialogues that are not there yet, and return all of them in order.

    A dialogue that a model broke off in an earlier run is held again.

    Args:
        simulation: what they share.
        folder: where each is put when it is finished.
        count: how many the run has.
        at_once: how many are held at a time.
        tell: called with how many are finished.

    Raises:
        ModelError: a model fails again and again.
        DataError: the folder cannot be written or read.
    """
    done = {d.index: d for d in folder.finished() if d.index < count and d.ended != "failed"}
    waiting = iter([index for index in range(count) if index not in done])
    failures = 0
    tell(len(done))

    async def work() -> None:
        nonlocal failures
        for index in waiting:  # shared: each worker takes the next
            dialogue = await simulation.dialogue(index)
            folder.add(dialogue)
            done[index] = dialogue
            failures = failures + 1 if dialogue.ended == "failed" else 0
            if failures >= MOST_FAILURES:
                raise ModelError(
                    f"{failures} dialogues in a row were broken off ({dialogue.error}); see that "
                    "the models work (`python -m tools models`), then go on with --resume"
                )
            tell(len(done))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, count)):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [done[index] for index in sorted(done)]
