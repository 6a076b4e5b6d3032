"""The parts of a clip in which somebody speaks."""

import numpy as np

from tools.clips import SAMPLE_RATE, Waveform


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
