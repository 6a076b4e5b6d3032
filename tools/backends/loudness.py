"""Normalisation of a spectrogram that keeps its shape."""

import torch


class LoudnessNormalization(torch.nn.Module):
    """Take a clip's mean level out of its log-mel spectrogram, and its spread over all bands.

    SpeechBrain's `InputNormalization` does this for each band on its own and thereby takes out the
    spectral tilt: raised voices put more of their energy high up, which is the best acoustic sign
    of arousal (Juslin and Laukka 2003, table 7).
    """

    def forward(self, features: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Normalise each clip over time and bands; padding becomes 0.

        Args:
            features: levels in dB, shape (batch, time, bands).
            lengths: length of each clip relative to the longest, shape (batch,).
        """
        time = torch.arange(features.shape[1], device=features.device)
        frames = (lengths * features.shape[1]).round().clamp(min=1)
        inside = (time[None, :] < frames[:, None])[:, :, None].to(features.dtype)
        count = frames[:, None, None] * features.shape[2]
        mean = (features * inside).sum(dim=(1, 2), keepdim=True) / count
        centred = (features - mean) * inside
        spread = (centred.square().sum(dim=(1, 2), keepdim=True) / count).sqrt()
        return centred / spread.clamp(min=1e-5)
