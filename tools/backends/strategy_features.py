"""What the strategy head sees of a turn, as one row of numbers."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tools.backends.minilm import MiniLM
from tools.labels import Emotion, Stage, Strategy
from tools.situation import Situation
from tools.stage import asks_advice

LABELS = tuple(strategy.value for strategy in Strategy)
"""What the head says, in its order."""

_TEXTS = 3
_FORM = 4
_LONG = 60
"""Words of a message that counts as long."""

Matrix = npt.NDArray[np.float32]


def plain_width() -> int:
    """Return how many numbers stand beside the sentence vectors."""
    return len(Stage) + len(Emotion) + 2 * len(LABELS) + _FORM


def feature_width(width: int) -> int:
    """Return the numbers in a row, over an encoder with vectors of `width`."""
    return _TEXTS * width + plain_width()


def past_columns(width: int) -> slice:
    """Return where in a row the strategies of past replies stand."""
    start = _TEXTS * width + len(Stage) + len(Emotion)
    return slice(start, start + 2 * len(LABELS))


def texts_of(situation: Situation) -> tuple[str, str, str]:
    """Return the texts that are encoded: the message, what led to it, the last reply.

    The first two are those that retrieval encodes, so that at run time they cost nothing more.
    """
    return situation.said, situation.context, situation.answered


def features(situations: Sequence[Situation], encoder: MiniLM) -> Matrix:
    """Return a row per situation, (situations, feature_width).

    A text that is not there has the zero vector. Each text is encoded once, however often it
    occurs.
    """
    wanted = list(dict.fromkeys(t for s in situations for t in texts_of(s) if t))
    vectors = dict(zip(wanted, encoder.predict(wanted), strict=True)) if wanted else {}
    nothing = np.zeros(encoder.width, np.float32)
    rows = [
        np.concatenate([*(vectors.get(text, nothing) for text in texts_of(s)), plain(s)])
        for s in situations
    ]
    return np.stack(rows).astype(np.float32)


def plain(situation: Situation) -> Matrix:
    """Return what is not text: stage, emotions, what was tried, the message's form.

    What was tried are two sets of numbers: the last reply's strategy, and each one's share of the
    past replies. The form is its length, whether it asks anything, whether it asks what to do, and
    how much was said before; all lie in [0, 1].
    """
    words = len(situation.said.split())
    tried = situation.tried
    return np.array(
        [
            *(situation.stage == stage for stage in Stage),
            *(situation.emotions.get(emotion, 0.0) for emotion in Emotion),
            *(bool(tried) and tried[-1] == label for label in LABELS),
            *(tried.count(label) / len(tried) if tried else 0.0 for label in LABELS),
            min(1.0, words / _LONG),
            "?" in situation.said,
            asks_advice(situation.said),
            min(1.0, len(situation.before) / 8),
        ],
        np.float32,
    )
