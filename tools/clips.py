"""Decoded media in memory, for the length of one turn.

The graph's state carries only handles. `forget` drops a clip's samples and frames; a handle that is
not known any more (after a restart, say) is a missing modality, not an error.
"""

import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tools.records import ClipHandle

if TYPE_CHECKING:  # every graph imports this module, and none needs NumPy to be built
    import numpy as np
    import numpy.typing as npt

Waveform: TypeAlias = "npt.NDArray[np.float32]"
"""Mono speech at 16 kHz, shape (samples,), values in [-1, 1]."""

Frame: TypeAlias = "npt.NDArray[np.uint8]"
"""One RGB picture, shape (height, width, 3)."""

SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Clip:
    """What one recording holds after decoding: speech, frames in order, or both."""

    audio: "Waveform | None" = None
    frames: list[Frame] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Length of the speech in seconds; 0 without any."""
        return 0.0 if self.audio is None else len(self.audio) / SAMPLE_RATE


class ClipStore:
    """Clips by handle, in memory only."""

    def __init__(self) -> None:
        """Start empty."""
        self._clips: dict[str, Clip] = {}
        self._lock = threading.Lock()

    def put(self, clip: Clip) -> ClipHandle:
        """Keep `clip` and return the handle that may travel in the state."""
        handle = secrets.token_urlsafe(16)
        with self._lock:
            self._clips[handle] = clip
        return {
            "handle": handle,
            "audio": clip.audio is not None,
            "video": bool(clip.frames),
        }

    def get(self, handle: ClipHandle) -> Clip | None:
        """Return the clip, or None when it has been forgotten."""
        return self._clips.get(handle["handle"])

    def forget(self, handles: list[ClipHandle]) -> None:
        """Drop the clips; unknown handles are ignored."""
        with self._lock:
            for handle in handles:
                self._clips.pop(handle["handle"], None)

    def __len__(self) -> int:
        """Return how many clips are held."""
        return len(self._clips)
