"""EmoDB's sounds in four classes; the corpus is read in `tools/corpora`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools.clips import SAMPLE_RATE, Waveform
from tools.corpora.dialogue import Turn
from tools.corpora.emodb import read
from tools.errors import DataError

LABELS = ("angry", "happy", "neutral", "sad")
"""The four classes that are used; IEMOCAP's recognisers have the same."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Utterance:
    """One sentence of one actor; `label` is its place in `LABELS`."""

    audio: Waveform
    label: int
    speaker: str


def read_emodb(folder: Path) -> list[Utterance]:
    """Read every utterance of the four classes, in order of label and file name.

    Raises:
        DataError: a label has no files, or a file is not in the format (the file is named).
    """
    found: dict[str, list[Turn]] = {label: [] for label in LABELS}
    for dialogue in read(folder, "all"):
        [turn] = dialogue.turns
        found.get(turn.emotion, []).append(turn)
    if lacking := [label for label, turns in found.items() if not turns]:
        raise DataError(
            f"the folder {folder.name!r} has no wav files under {lacking[0]!r}; "
            f"EmoDB must hold {', '.join(LABELS)}"
        )
    return [_heard(turn, place) for place, label in enumerate(LABELS) for turn in found[label]]


def _heard(turn: Turn, label: int) -> Utterance:
    import soundfile  # type: ignore[import-untyped]  # it ships no types

    assert turn.media  # the loader yields files only
    file = turn.media.path
    try:
        audio, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise DataError(f"cannot read {file.name!r}: {error}") from error
    if rate != SAMPLE_RATE or audio.shape[1] != 1 or not len(audio):
        raise DataError(
            f"the file {file.name!r} has {audio.shape[1]} channels at {rate} Hz and "
            f"{len(audio)} samples; it must be mono at {SAMPLE_RATE} Hz and not empty"
        )
    return Utterance(np.ascontiguousarray(audio[:, 0]), label, turn.who)


def truth(utterances: Sequence[Utterance]) -> Places:
    """Return the place of every utterance's label."""
    return np.array([utterance.label for utterance in utterances], dtype=np.int64)


def part_speakers(utterances: Sequence[Utterance], folds: int) -> list[list[str]]:
    """Deal the speakers into `folds` groups, each to be held out once.

    Raises:
        DataError: there are fewer speakers than folds, or fewer than two.
    """
    speakers = sorted({utterance.speaker for utterance in utterances})
    if not 2 <= folds <= len(speakers):
        raise DataError(
            f"the corpus has {len(speakers)} speakers and cannot be parted into {folds} folds; "
            f"choose from 2 to {len(speakers)}"
        )
    return [speakers[place::folds] for place in range(folds)]
