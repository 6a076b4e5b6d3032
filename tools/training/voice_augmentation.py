"""Utterances in several versions, and what is done to a batch of them on its way into training."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torchaudio.functional import resample

from tools.clips import SAMPLE_RATE, Waveform

if TYPE_CHECKING:
    from speechbrain.lobes.features import Fbank

SPEEDS = (1.0, 0.9, 1.1)
"""How fast an utterance is played (Ko et al. 2015); pitch and pace change together."""


@dataclass(frozen=True)
class Augmentation:
    """How much an utterance is changed.

    Attributes:
        crop_s: seconds of an utterance that are shown at a time, give or take a quarter.
        snr_db: range of the signal-to-noise ratio of the noisy versions.
        equaliser_db: spread of a random curve over the bands, another microphone so to say.
        bands: share of the bands that one mask may hide (SpecAugment, Park et al. 2019).
        time: share of the time that one mask may hide.
        masks: how many masks of each kind.
    """

    crop_s: float = 3.0
    snr_db: tuple[float, float] = (5.0, 30.0)
    equaliser_db: float = 2.0
    bands: float = 0.2
    time: float = 0.125
    masks: int = 2


@torch.no_grad()
def versions(
    audio: Waveform, spectrogram: "Fbank", augmentation: Augmentation, chance: np.random.Generator
) -> list[Tensor]:
    """Return the log-mel spectrograms of an utterance at three speeds, clean and noisy.

    Args:
        audio: the utterance.
        spectrogram: computes the features of a waveform of shape (1, samples).
        augmentation: how loud the noise is.
        chance: where chance comes from.

    Returns:
        Six spectrograms of shape (frames, bands), the first one unchanged.
    """
    wave = torch.from_numpy(audio)
    played = [resample(wave, round(SAMPLE_RATE * speed), SAMPLE_RATE) for speed in SPEEDS]
    noisy = [_with_noise(part, augmentation.snr_db, chance) for part in played]
    return [spectrogram(part[None])[0] for part in (*played, *noisy)]


def _with_noise(wave: Tensor, snr_db: tuple[float, float], chance: np.random.Generator) -> Tensor:
    """Add white noise, or noise whose energy falls with frequency."""
    noise = chance.standard_normal(len(wave)).astype(np.float32)
    if chance.random() < 0.5:
        noise = np.cumsum(noise)
        noise -= np.convolve(noise, np.full(401, 1 / 401, np.float32), "same")
    level = float(wave.std()) / max(float(noise.std()), 1e-9)
    return wave + torch.from_numpy(noise) * level * 10 ** (-chance.uniform(*snr_db) / 20)


def excerpt(
    spectrogram: Tensor,
    frames_per_s: float,
    augmentation: Augmentation,
    chance: np.random.Generator,
) -> Tensor:
    """Return a piece of an utterance as another microphone might have heard it."""
    length = round(frames_per_s * augmentation.crop_s * chance.uniform(0.75, 1.25))
    start = int(chance.integers(0, max(1, len(spectrogram) - length + 1)))
    bands = spectrogram.shape[1]
    knots = chance.normal(0, augmentation.equaliser_db, 5)
    curve = np.interp(np.arange(bands), np.linspace(0, bands - 1, 5), knots)
    return spectrogram[start : start + length] + torch.from_numpy(curve.astype(np.float32))


def pad(spectrograms: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Return a batch, shape (batch, frames, bands), and the lengths relative to the longest."""
    batch = torch.nn.utils.rnn.pad_sequence(spectrograms, batch_first=True)
    return batch, torch.tensor([len(part) / batch.shape[1] for part in spectrograms])


def hide(features: Tensor, augmentation: Augmentation, chance: np.random.Generator) -> Tensor:
    """Set random stretches of time and of bands of normalised features to their mean, 0."""
    hidden = features.clone()
    for clip in hidden:
        for _ in range(augmentation.masks):
            for side, share in ((clip, augmentation.time), (clip.T, augmentation.bands)):
                length = int(chance.integers(0, int(len(side) * share) + 1))
                start = int(chance.integers(0, len(side) - length + 1))
                side[start : start + length] = 0
    return hidden
