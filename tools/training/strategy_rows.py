"""What the strategy head learns from: the project's examples, or the dialogues of a corpus."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.corpora.dialogue import Dialogue
from tools.corpora.exchange import exchanges
from tools.corpora.library import CORPORA
from tools.examples.corpora import READINGS
from tools.labels import Emotion
from tools.records import Example
from tools.situation import Situation
from tools.stage import asks_advice, stage_at, tells_relief

_BEFORE = 8


@dataclass(frozen=True)
class StrategyRow:
    """A turn, and the strategy that was chosen in it.

    Attributes:
        situation: what was known.
        strategy: a `tools.labels.Strategy` value.
        family: rows of one family never stand on both sides of a split.
    """

    situation: Situation
    strategy: str
    family: str


def rows_of_examples(examples: Sequence[Example]) -> list[StrategyRow]:
    """Return a row per example.

    What was tried is known of those replies before it that are examples themselves, as in a whole
    conversation. The stage is the one that would be found at run time: the example's own was chosen
    with its strategy, and would give that away (nearly all that stands at `action` is advice).
    """
    used = {example["reply"]: example["strategy"] for example in examples}
    return [
        StrategyRow(_situation(example, used), example["strategy"], example["situation"])
        for example in examples
    ]


def _situation(example: Example, used: Mapping[str, str]) -> Situation:
    before, said, emotion = example["before"], example["said"], example["emotion"]
    replies = [turn["text"] for turn in before if turn["speaker"] == "supporter"]
    tried = [used[reply] for reply in replies if reply in used]
    stage = stage_at(
        len(replies) + 1,
        tried,
        asks=asks_advice(said),
        eases=emotion == Emotion.JOY or tells_relief(said),
    )
    return Situation(
        said=said,
        before=tuple(before),
        tried=tuple(tried),
        stage=stage.value,
        emotions={emotion: 1.0} if emotion in set(Emotion) else {},
    )


def rows_of_corpus(
    corpus: str, folder: Path, split: str = "train", limit: int = 0
) -> list[StrategyRow]:
    """Return a row per labelled reply to a person; lines of one speaker in a row are one turn.

    The stage is that of the turn's number and of what was tried, as at run time. Emotions are those
    of the message where the corpus labels messages; a label of the whole conversation was given
    with its end in view, and is left out.

    Args:
        corpus: one of `READINGS`.
        folder: as published.
        split: one of its splits.
        limit: about so many rows, in whole dialogues spread over the split; 0 for all.

    Raises:
        DataError: the split is not there, or a file is not in its format.
    """
    rows = [list(_rows(corpus, dialogue)) for dialogue in CORPORA[corpus].read(folder, split)]
    total = sum(map(len, rows))
    share = min(1.0, limit / total) if limit and total else 1.0
    wanted = max(1, round(share * len(rows))) if rows else 0
    kept = [rows[place * len(rows) // wanted] for place in range(wanted)]
    return [row for dialogue in kept for row in dialogue]


def _rows(corpus: str, dialogue: Dialogue) -> Iterator[StrategyRow]:
    emotions = READINGS[corpus].emotions or {}
    for exchange in exchanges(CORPORA[corpus], [dialogue]):
        label = exchange.labels.get("strategy", "")
        if not label:
            continue
        said, tried = exchange.turn.text, exchange.tried
        felt = emotions.get(exchange.turn.emotion, "")
        eases = felt == Emotion.JOY or tells_relief(said)
        stage = stage_at(exchange.number + 1, tried, asks=asks_advice(said), eases=eases)
        situation = Situation(
            said=said,
            before=exchange.before[-_BEFORE:],
            tried=tried,
            stage=stage.value,
            emotions={felt: 1.0} if felt else {},
        )
        yield StrategyRow(situation, label, dialogue.id)
