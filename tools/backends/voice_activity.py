"""The parts of a clip in which somebody speaks, and classifiers that hear only those."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from tools.clips import SAMPLE_RATE, Waveform
from tools.perceived import Perceived

SHORTEST_S = 0.4
"""Seconds of speech below which nothing is read from a voice."""


def speech_only(audio: Waveform) -> Waveform:
    """Return the speech of a clip, pauses of more than half a second cut out; empty without any.

    It is found by the Silero voice activity detector that faster-whisper carries, so that nothing
    is fetched. Half a minute takes some 50 ms of one core.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    if not len(audio):
        return audio
    options = VadOptions(threshold=0.5, min_silence_duration_ms=500, speech_pad_ms=100)
    spans = get_speech_timestamps(audio, options, sampling_rate=SAMPLE_RATE)
    parts = [audio[span["start"] : span["end"]] for span in spans]
    return np.concatenate(parts) if parts else audio[:0]


class VoiceClassifier(ABC):
    """Classify the speech of clips of any length; what holds no speech is marked missing."""

    def __init__(self, labels: Sequence[str], longest: float) -> None:
        """Say `labels`, in the order of the scores, of the last `longest` seconds of speech."""
        self.labels = list(labels)
        self._longest = round(longest * SAMPLE_RATE)

    @abstractmethod
    def probabilities(self, speech: Sequence[Waveform]) -> list[list[float]]:
        """Return the probabilities of each label for clips that hold nothing but speech."""

    def embedded(
        self, speech: Sequence[Waveform]
    ) -> tuple[list[list[float]], list[tuple[float, ...]]]:
        """Return the probabilities with the vector of each clip; empty where there is none."""
        return self.probabilities(speech), [()] * len(speech)

    def predict(self, items: Sequence[Waveform], /) -> list[Perceived]:
        """Return one finding per clip, with probabilities over the model's labels."""
        speech = [speech_only(item)[-self._longest :] for item in items]
        loud = [i for i, part in enumerate(speech) if len(part) >= SHORTEST_S * SAMPLE_RATE]
        scores, vectors = self.embedded([speech[i] for i in loud])
        found = dict(zip(loud, zip(scores, vectors, strict=True), strict=True))
        return [self._finding(part, *found.get(i, (None, ()))) for i, part in enumerate(speech)]

    def _finding(
        self, speech: Waveform, scores: list[float] | None, vector: tuple[float, ...]
    ) -> Perceived:
        seconds = len(speech) / SAMPLE_RATE
        if scores is None:
            found = f"only {seconds:.1f} s of speech" if seconds else "no speech in the clip"
            return Perceived(missing="no speech", note=found)
        named = dict(zip(self.labels, scores, strict=True))
        return Perceived(named, note=f"{seconds:.1f} s of speech", vector=vector)
