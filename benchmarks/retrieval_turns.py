"""Supporter turns of ESConv and MESC, with what a person had said before each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.corpora.corpus import Corpus
from tools.corpora.dialogue import Dialogue, merged
from tools.corpora.library import find_corpus
from tools.corpora.strategies import taken_for
from tools.errors import ConfigError


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


def find_strategies(given: str) -> tuple[Corpus, Path]:
    """Return the corpus and the folder of `NAME:DIR`, one whose replies have strategies.

    Raises:
        UnknownName: there is no such corpus.
        DataError: it is not written so, or there is no such folder.
        ConfigError: it has no strategies, or no split to judge on.
    """
    corpus, folder = find_corpus(given)
    if "strategy" not in corpus.steps or not corpus.validation:
        raise ConfigError(
            f"{corpus.title} has no validation split with strategies; give esconv:DIR or mesc:DIR"
        )
    return corpus, folder


def read_turns(corpus: Corpus, folder: Path, split: str) -> list[SupporterTurn]:
    """Read every supporter turn that answers a person; lines of one speaker in a row are one turn.

    Its strategy is that of most of its lines, mapped to MESC's ten by `tools/data/strategies.yaml`.

    Args:
        corpus: one that labels strategies.
        folder: the corpus as published.
        split: one of its splits.

    Raises:
        DataError: a file is missing or not in its format.
    """
    return [
        turn
        for place, dialogue in enumerate(corpus.read(folder, split))
        for turn in _turns(place, dialogue, taken_for(corpus.name))
    ]


def _turns(
    place: int, dialogue: Dialogue, strategies: Mapping[str, str]
) -> Iterator[SupporterTurn]:
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
