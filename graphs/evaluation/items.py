"""The turns of a corpus that a graph is asked to take: what is known, and what was done there."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tools.corpora.corpus import Corpus
from tools.corpora.dialogue import Dialogue, MediaFile
from tools.corpora.exchange import Exchange, Unit, exchanges
from tools.errors import DataError
from tools.records import EarlierTurn


@dataclass(frozen=True)
class Item:
    """One message of a person that wants a reply.

    Attributes:
        id: unique in its corpus and split.
        dialogue: the dialogue's id; what stands in one dialogue is alike, so that intervals are
            drawn over dialogues.
        said: the person's words; may be empty where there is only a clip.
        before: what was said before that, the oldest first.
        reference: what the supporter answered; empty where the corpus has no answer.
        gold: the corpus's own label, or text, by step; a step that is not labelled is absent.
        groups: what the item belongs to, for group-wise errors, e.g. `who` or `problem`.
        media: the clips of the words, in order.
        missing: how many clips the corpus names that are not in the folder.
    """

    id: str
    dialogue: str
    said: str
    before: tuple[EarlierTurn, ...] = ()
    reference: str = ""
    gold: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    media: tuple[MediaFile, ...] = ()
    missing: int = 0

    def record(self) -> dict[str, Any]:
        """Return what a run folder keeps of it."""
        kept = asdict(self)
        del kept["media"]
        return {**kept, "before": list(self.before), "clips": len(self.media)}


def read_items(
    corpus: Corpus, folder: Path, split: str, unit: Unit = "turns", *, part: bool = False
) -> list[Item]:
    """Return the items of a split, in order.

    Args:
        corpus: which.
        folder: where it lies.
        split: of the corpus.
        unit: what counts as one item.
        part: the folder holds fewer dialogues than were published, on purpose.

    Raises:
        DataError: the split is not there, something in it is wrong, it is not as large as it was
            published, a dialogue stands in it twice, or it holds no item.
    """
    dialogues = list(corpus.read(folder, split))
    _require_whole(corpus, split, len(dialogues), part)
    if {"strategy", "response"} & set(corpus.steps):
        _require_different(corpus, dialogues)
    items = [_item(exchange) for exchange in exchanges(corpus, dialogues, unit)]
    if not items:
        raise DataError(
            f"the split {split!r} of {corpus.title} holds no {unit} of a person; "
            "choose another split or --unit"
        )
    return items


def _require_whole(corpus: Corpus, split: str, found: int, part: bool) -> None:
    counts = corpus.published.get(split)
    if part or corpus.selectable or counts is None or counts.dialogues in (None, found):
        return
    raise DataError(
        f"the split {split!r} of {corpus.title} has {found} dialogues and was published with "
        f"{counts.dialogues}; give the folder as it was published, or --part if it is meant so"
    )


def _require_different(corpus: Corpus, dialogues: Sequence[Dialogue]) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for dialogue in dialogues:
        said = tuple(turn.text for turn in dialogue.turns)
        if said in seen:
            raise DataError(
                f"the dialogues {seen[said]!r} and {dialogue.id!r} of {corpus.title} are the same "
                "word for word; give the folder as it was published"
            )
        seen[said] = dialogue.id


def draw(items: Sequence[Item], limit: int, seed: int) -> list[Item]:
    """Return about `limit` items: whole dialogues, drawn by `seed`, the last one cut short.

    Neighbours share what was said before them, which a language model's cache keeps.

    Args:
        items: those of a split.
        limit: how many; 0 for all.
        seed: decides which dialogues.
    """
    if not limit or limit >= len(items):
        return list(items)
    dialogues = sorted({item.dialogue for item in items})
    order = np.random.default_rng(seed).permutation(len(dialogues))
    rank = {dialogues[place]: at for at, place in enumerate(order)}
    drawn = sorted(items, key=lambda item: rank[item.dialogue])[:limit]
    chosen = {item.id for item in drawn}
    return [item for item in items if item.id in chosen]


def digest(items: Iterable[Item]) -> str:
    """Return the SHA-256 of everything that a run is told of its items."""
    found = hashlib.sha256()
    for item in items:
        found.update(json.dumps(item.record(), sort_keys=True).encode())
    return found.hexdigest()


def _item(exchange: Exchange) -> Item:
    dialogue, turn, answer = exchange.dialogue, exchange.turn, exchange.answer
    groups = {"who": turn.who, "problem": dialogue.problem}
    return Item(
        id=f"{dialogue.id}/{len(exchange.past)}",
        dialogue=dialogue.id,
        said=turn.text,
        before=exchange.before,
        reference=answer.text if answer else "",
        gold=exchange.gold,
        groups={name: value for name, value in groups.items() if value},
        media=(turn.media,) if turn.media else (),
        missing=int(bool(turn.missing)),
    )
