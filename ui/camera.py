"""The last seconds of a live picture."""

import time
from collections import deque

import numpy as np

from tools.clips import Clip, Frame

FRAMES = 16
"""Frames of the live camera that are kept at most."""

_SIDE = 320
_AGE_S = 20.0
_USED = 8


class Camera:
    """The last seconds of the live picture, small and in memory."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._seen: deque[tuple[float, Frame]] = deque(maxlen=FRAMES)

    def see(self, frame: Frame) -> None:
        """Keep one RGB frame, scaled down."""
        from PIL import Image

        picture = Image.fromarray(frame)
        picture.thumbnail((_SIDE, _SIDE))
        self._seen.append((time.monotonic(), np.asarray(picture)))

    def take(self) -> Clip | None:
        """Return what was seen in the last seconds, evenly thinned, and forget all of it."""
        oldest = time.monotonic() - _AGE_S
        frames = [frame for moment, frame in self._seen if moment >= oldest]
        self.forget()
        if not frames:
            return None
        step = max(1, len(frames) // _USED)
        return Clip(frames=frames[::-step][:_USED][::-1])

    def forget(self) -> None:
        """Drop every frame."""
        self._seen.clear()
