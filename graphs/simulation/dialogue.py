"""Let one seeker and one graph talk until it ends."""

from contextlib import aclosing
from dataclasses import dataclass
from itertools import chain

from agents.context import Context, Services
from agents.library import NODES
from agents.state import thoughts_of
from graphs.run import Conversation, Finished, TurnReport
from graphs.shelf import Version
from graphs.simulation.chain import chain_of
from graphs.simulation.records import Ending, Exchange, Simulated
from graphs.simulation.seeker import Seeker
from graphs.thinking import about_person
from tools.errors import AttuneError
from tools.moments import load_moments
from tools.sentences import split

_NO_CLIPS = Context(disclosed=True)
"""Text only, in English; every consent is off."""


@dataclass(frozen=True)
class Supporter:
    """The graph that answers, compiled, with everything it needs."""

    version: Version
    services: Services

    def is_fixed(self, reply: str) -> bool:
        """Say whether a reply holds a sentence that stands in where no model could write one."""
        phrases = self.services.phrases.for_locale(_NO_CLIPS.locale)
        spare = (phrases.last_resort, *chain.from_iterable(phrases.fallback.values()))
        return any(sentence in reply for sentence in spare)

    @property
    def writers(self) -> frozenset[str]:
        """The nodes that a language model writes for."""
        spec = self.version.spec
        return frozenset(n for n in spec.nodes if NODES[spec.used(n)].model == "respond")


async def hold(id: str, index: int, seeker: Seeker, supporter: Supporter) -> Simulated:
    """Return one dialogue; whatever fails in it ends it, and its name is kept.

    The supporter runs as it does for a person, safety and all.
    """
    talk = Conversation(supporter.version, supporter.services)
    turns: list[Exchange] = []
    ended: Ending = "turns"
    error = ""
    try:
        for turn in range(len(seeker.agenda)):
            line = await seeker.line(turn, [(t.seeker, t.supporter) for t in turns])
            if not line:
                ended = "silent"
                break
            turns.append(await _exchange(talk, line, supporter))
            if says_farewell(line, turn + 1):
                ended = "farewell"
                break
    except (AttuneError, TimeoutError) as failed:
        ended, error = "failed", type(failed).__name__
    finally:
        await talk.forget()
    return Simulated(id, index, seeker.profile.id, ended, error, turns)


async def _exchange(talk: Conversation, line: str, supporter: Supporter) -> Exchange:
    report: TurnReport | None = None
    async with aclosing(talk.send(line, context=_NO_CLIPS)) as events:
        async for event in events:
            if isinstance(event, Finished):
                report = event.report
    assert report is not None  # a turn that does not raise ends with `Finished`
    state = await talk.state()
    return Exchange(
        seeker=line,
        supporter=report["reply"],
        chain=chain_of(
            report,
            writer=state["writer"],
            thoughts=thoughts_of(state),
            about=about_person(talk.version.spec),
        ),
        fixed=supporter.is_fixed(report["reply"]),
    )


def says_farewell(line: str, turn: int) -> bool:
    """Say whether a line ends with a farewell, by the rules that the graph knows one by.

    Args:
        line: what the seeker said.
        turn: the number of the turn, from 1; nobody leaves in the first.
    """
    last = split(line)[-1:]
    return any(name == "closing" for part in last for name, _ in load_moments().found(part, turn))
