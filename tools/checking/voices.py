"""Voices made in code: pulses of a larynx through the resonances of a mouth.

A source-filter synthesis (Fant 1960) with the formants of five vowels (Peterson and Barney 1952,
table II, men). It says no words; detectors of speech take it for a voice.
"""

from typing import TYPE_CHECKING

from tools.clips import SAMPLE_RATE, Waveform

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
)
_BANDWIDTHS = (80.0, 110.0, 160.0)
_SYLLABLE_S = 0.22


def voice(pitch: float = 120.0, seconds: float = 2.0, seed: int = 0) -> Waveform:
    """Return a voice that babbles.

    Args:
        pitch: of the larynx, in Hz.
        seconds: how long.
        seed: which vowels come in which order.

    Returns:
        Mono, 16 kHz, values in [-0.5, 0.5], shape (seconds * 16000,).
    """
    import numpy as np

    numbers = np.random.default_rng(seed)
    wanted, made, at = round(seconds * SAMPLE_RATE), [], 0
    while at < wanted:
        vowel = _VOWELS[int(numbers.integers(len(_VOWELS)))]
        length = round(_SYLLABLE_S * SAMPLE_RATE * numbers.uniform(0.7, 1.3))
        made.append(_syllable(vowel, length, pitch * numbers.uniform(0.85, 1.2), numbers))
        made.append(np.zeros(round(0.04 * SAMPLE_RATE)))
        at += length + len(made[-1])
    wave = np.concatenate(made)[:wanted]
    return np.asarray(0.5 * wave / np.abs(wave).max(), np.float32)


def _syllable(
    vowel: tuple[int, int, int], length: int, pitch: float, numbers: "np.random.Generator"
) -> "npt.NDArray[np.float64]":
    import numpy as np
    from scipy.signal import lfilter

    drift = np.linspace(1.08, 0.92, length)
    phase = np.cumsum(pitch * drift / SAMPLE_RATE) % 1
    larynx = np.where(phase < 0.6, np.sin(np.pi * phase / 0.6) ** 2, 0.0)
    sound = np.diff(larynx, prepend=0.0) + 0.003 * numbers.standard_normal(length)
    for formant, width in zip(vowel, _BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * width / SAMPLE_RATE)
        angle = 2 * np.pi * formant / SAMPLE_RATE
        sound = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], sound)
    hull = np.sin(np.pi * np.linspace(0, 1, length)) ** 0.5
    shaped: npt.NDArray[np.float64] = sound / np.abs(sound).max() * hull
    return shaped
