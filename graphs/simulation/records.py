"""A simulated dialogue as it is kept: one JSON object a line."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from graphs.simulation.chain import Chain
from tools.errors import DataError

Ending = Literal["farewell", "turns", "silent", "failed"]
"""The seeker said goodbye; the turns were used up; the seeker's model had nothing to say; a model
failed."""


@dataclass(frozen=True)
class Exchange:
    """One turn: what the seeker said, and what came back.

    Attributes:
        seeker: the seeker's line.
        supporter: the reply.
        chain: the supporter's steps.
        fixed: sentences of a file stood in, because the model failed or kept to no plan.
    """

    seeker: str
    supporter: str
    chain: Chain
    fixed: bool = False


@dataclass(frozen=True)
class Simulated:
    """One dialogue.

    Attributes:
        id: unique in its run, `seed-index`.
        index: from 0.
        profile: id of who was played.
        ended: how it came to its end.
        error: the name of what failed; empty where nothing did.
        turns: the exchanges, the oldest first; may be empty where a model failed.
    """

    id: str
    index: int
    profile: str
    ended: Ending
    error: str
    turns: list[Exchange]

    def row(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    def lines(self, *, supporter: bool) -> list[str]:
        """Return what one of the two said, in order."""
        return [turn.supporter if supporter else turn.seeker for turn in self.turns]


_ROW: TypeAdapter[Simulated] = TypeAdapter(Simulated)


def parse(text: str, line: int) -> Simulated:
    """Return the dialogue of one line.

    Args:
        text: one JSON object.
        line: its number, for the message.

    Raises:
        DataError: it is none.
    """
    try:
        return _ROW.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            f"line {line} is no simulated dialogue ({first['msg']}); "
            "remove it, and the dialogue is made again with --resume"
        ) from error
