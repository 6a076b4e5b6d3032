"""Supporter turns of ESConv and MESC, with what a person had said before each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.corpora import esconv, mesc
from tools.corpora.dialogue import Dialogue, merged
from tools.corpora.strategies import Corpus, taken_for
from tools.errors import ConfigError

_READERS = {"esconv": esconv.read, "mesc": mesc.read}

VALIDATION = {"esconv": "valid", "mesc": "val"}
"""What either corpus calls its validation split."""


@dataclass(frozen=True)
class SupporterTurn:
    """One reply of a supporter.

    Attributes:
        dialogue: the dialogue's place in its split.
        number: how many times the person has spoken, from 1.
        said: what they said just before the reply.
        earlier: what they said before that, the oldest first.
        tried: the strategies of the replies before, likewise.
        gold: the strategy of the reply, a `tools.labels.Strategy` value.
    """

    dialogue: int
    number: int
    said: str
    earlier: tuple[str, ...]
    tried: tuple[str, ...]
    gold: str


def read_turns(corpus: str, folder: Path, split: str) -> list[SupporterTurn]:
    """Read every supporter turn that answers a person; lines of one speaker in a row are one turn.

    Its strategy is that of most of its lines, mapped to MESC's ten by `tools/data/strategies.yaml`.

    Args:
        corpus: `esconv` or `mesc`.
        folder: the corpus as published.
        split: `train`, or what `VALIDATION` says.

    Raises:
        ConfigError: the corpus is not known.
        DataError: a file is missing or not in its format.
    """
    if corpus not in _READERS:
        raise ConfigError(f"no corpus {corpus!r} can be read; give esconv:DIR or mesc:DIR")
    dialogues = _READERS[corpus](folder, split)
    return [
        turn
        for place, dialogue in enumerate(dialogues)
        for turn in _turns(place, dialogue, corpus)  # type: ignore[arg-type]  # looked up above
    ]


def _turns(place: int, dialogue: Dialogue, corpus: Corpus) -> Iterator[SupporterTurn]:
    strategies = taken_for(corpus)
    said: list[str] = []
    tried: list[str] = []
    for turn in merged(dialogue.turns):
        if turn.speaker == "person":
            said.append(turn.text)
        elif gold := strategies.get(turn.strategy.casefold()):
            if said:
                yield SupporterTurn(
                    place, len(said), said[-1], tuple(said[:-1]), tuple(tried), gold
                )
            tried.append(gold)
