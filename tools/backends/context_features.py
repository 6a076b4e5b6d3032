"""What a context head sees of a turn, as one row of numbers.

Words come as vectors of the shared encoder: what was said, and each of the last messages with its
speaker. Beside them stand a text-emotion model's finer scores, place and form of the message, the
labels of past turns, and what the perception models made of voice and face.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from tools.backends.minilm import MiniLM
from tools.labels import Emotion, Strategy
from tools.perceived import Perceived
from tools.situation import Situation
from tools.stage import asks_advice

Matrix = npt.NDArray[np.float32]
TextRow = npt.NDArray[np.float32]
"""A text: its vector, then its scores by fine label."""

EMOTIONS = tuple(emotion.value for emotion in Emotion)
STRATEGIES = tuple(strategy.value for strategy in Strategy)

HISTORY = 2 * (len(EMOTIONS) + len(STRATEGIES))
"""Numbers of the labels of past turns: the last one's, and each one's share."""

_FORM = 7
_LONG = 60
"""Words of a message that counts as long."""
_LATE = 20
"""Turns of a long conversation."""
_SOFT = 1e-3


class Layout(BaseModel, extra="forbid"):
    """Which numbers stand where in a row; part of the card.

    Attributes:
        width: numbers in a state of the encoder.
        layers: the encoder's layers whose mean states are a text's vector, side by side.
        context: how many messages before this one have a vector.
        affect: the fine labels of a text-emotion model; empty where none is asked.
        history: the labels of past turns are read.
        vectors: modality -> length of the perception model's vector.
    """

    width: int = Field(default=384, ge=8)
    layers: list[int] = Field(default=[6], min_length=1)
    context: int = Field(default=1, ge=0, le=8)
    affect: list[str] = []
    history: bool = True
    vectors: dict[str, int] = {}

    @property
    def text(self) -> int:
        """Numbers in the vector of one text."""
        return self.width * len(self.layers)

    @property
    def past(self) -> slice:
        """Where the labels of past turns stand."""
        start = (1 + self.context) * self.text + self.context + 2 * len(self.affect) + _FORM
        return slice(start, start + (HISTORY if self.history else 0))

    @property
    def modalities(self) -> Mapping[str, slice]:
        """Where each modality's vector stands, its mask first."""
        places, start = {}, self.past.stop
        for name, length in self.vectors.items():
            places[name] = slice(start, start + 1 + length)
            start += 1 + length
        return places

    @property
    def felt(self) -> slice:
        """Where the user emotion of this turn stands, which only planning heads read."""
        start = self.past.stop + sum(1 + length for length in self.vectors.values())
        return slice(start, start + len(EMOTIONS))


class AffectModel(Protocol):
    """A text-emotion backend with a finer label set."""

    def predict(self, items: Sequence[str], /) -> Sequence[Perceived]:
        """Return one finding per text."""
        ...


def texts_of(situation: Situation, context: int) -> Iterator[str]:
    """Yield every text of a turn that has a vector."""
    yield situation.said
    yield situation.thoughts.get("clue", "") if situation.thoughts else ""
    yield _previous(situation)
    for turn in situation.before[len(situation.before) - context :] if context else ():
        yield turn["text"]


def read_texts(
    texts: Sequence[str], layout: Layout, encoder: MiniLM, affect: AffectModel | None
) -> dict[str, TextRow]:
    """Encode each text once; a vector per layer has length 1, scores are logarithms in [-2.3, 0].

    Args:
        texts: any; empty ones are left out.
        layout: which layers, and whether fine scores are wanted.
        encoder: gives the vectors.
        affect: gives the scores.
    """
    wanted = list(dict.fromkeys(text for text in texts if text.strip()))
    rows = np.zeros((len(wanted), layout.text + len(layout.affect)), np.float32)
    for places, states in encoder.stream(wanted, layout.layers):
        shown = states.mask[:, :, None, None]
        mean = (states.hidden * shown).sum(1) / shown.sum(1)
        vectors = mean / mean.norm(dim=-1, keepdim=True).clamp(min=1e-9)
        rows[places, : layout.text] = vectors.flatten(1).cpu().numpy()
    if layout.affect and affect is not None:
        for row, found in zip(rows, affect.predict(wanted), strict=True):
            if not found.missing:
                shares = np.array([found.detail.get(label, 0.0) for label in layout.affect])
                row[layout.text :] = np.log(np.maximum(shares, _SOFT)) / 3
    return dict(zip(wanted, rows, strict=True))


def features(
    situations: Sequence[Situation],
    layout: Layout,
    texts: Mapping[str, TextRow],
    *,
    clue: float = 0.0,
) -> Matrix:
    """Return a row per situation, (situations, `layout.felt.stop`).

    Args:
        situations: the turns.
        layout: which numbers are wanted.
        texts: what `read_texts` made of every text.
        clue: share of the clue's row in what was said. Clues are never trained on, so that they
            have no columns of their own.
    """
    return np.stack([_row(s, layout, texts, clue) for s in situations])


def _row(situation: Situation, layout: Layout, texts: Mapping[str, TextRow], clue: float) -> Matrix:
    nothing = np.zeros(layout.text + len(layout.affect), np.float32)
    said = texts.get(situation.said, nothing)
    described = texts.get(situation.thoughts.get("clue", "")) if situation.thoughts else None
    if clue and described is not None:
        said = (1 - clue) * said + clue * described
    before = situation.before[::-1][: layout.context]
    parts = [said[: layout.text]]
    speakers = np.zeros(layout.context, np.float32)
    for place in range(layout.context):
        turn = before[place] if place < len(before) else None
        parts.append(
            texts.get(turn["text"], nothing)[: layout.text] if turn else nothing[: layout.text]
        )
        speakers[place] = 0.0 if turn is None else 1.0 if turn["speaker"] == "supporter" else -1.0
    earlier = texts.get(_previous(situation), nothing)
    parts += [speakers, said[layout.text :], earlier[layout.text :], _form(situation)]
    if layout.history:
        parts.append(_past(situation))
    for name, length in layout.vectors.items():
        vector = situation.vectors.get(name, ())
        there = len(vector) == length
        parts.append(np.array([there, *(vector if there else [0.0] * length)], np.float32))
    parts.append(np.array([situation.emotions.get(e, 0.0) for e in EMOTIONS], np.float32))
    return np.concatenate(parts).astype(np.float32)


def _previous(situation: Situation) -> str:
    return next((t["text"] for t in reversed(situation.before) if t["speaker"] == "person"), "")


def _form(situation: Situation) -> Matrix:
    """Return place and form of the message, each in [0, 1] or near it."""
    said, before = situation.said, situation.before
    turns = max(len(situation.tried), sum(turn["speaker"] == "person" for turn in before))
    words = len(said.split())
    return np.array(
        [
            not before,
            turns < 3,
            min(turns, _LATE) / _LATE,
            min(1.0, words / _LONG),
            np.log1p(words) / 4,
            "?" in said,
            asks_advice(said),
        ],
        np.float32,
    )


def _past(situation: Situation) -> Matrix:
    numbers: list[float] = []
    for labels, past in ((EMOTIONS, situation.felt), (STRATEGIES, situation.tried)):
        numbers += [bool(past) and past[-1] == label for label in labels]
        numbers += [past.count(label) / len(past) if past else 0.0 for label in labels]
    return np.array(numbers, np.float32)
