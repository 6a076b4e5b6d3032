"""The part of a longer recording that is one turn, for corpora whose files are whole episodes.

Unlike `tools.media`, which reads what a stranger sends, this reads a researcher's own files, of any
length, and only the seconds that are wanted.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tools.clips import SAMPLE_RATE, Clip, Frame, Waveform
from tools.corpora.dialogue import MediaFile
from tools.errors import MediaError
from tools.limits import DEFAULT_LIMITS
from tools.media import decode

if TYPE_CHECKING:
    from av.container import InputContainer


def read_clip(file: MediaFile) -> Clip:
    """Decode what a corpus's turn has of sound and picture; blocks.

    Raises:
        MediaError: the file cannot be read, or holds nothing there; the message names no file.
    """
    if file.begin is None or file.end is None:
        clip = decode(file.path)
    else:
        clip = _part(file.path, file.begin, file.end)
    return replace(
        clip, audio=clip.audio if file.audio else None, frames=clip.frames if file.video else []
    )


def _part(path: Path, begin: float, end: float) -> Clip:
    import av

    try:
        with av.open(str(path), mode="r") as container:
            sound = _sound(container, begin, end) if container.streams.audio else None
            frames = list(_frames(container, begin, end)) if container.streams.video else []
    except (OSError, av.FFmpegError) as error:
        raise MediaError(f"a clip of the corpus cannot be read ({type(error).__name__})") from None
    if sound is None and not frames:
        raise MediaError("a clip of the corpus holds neither sound nor picture where it should")
    return Clip(audio=sound, frames=frames)


def _sound(container: "InputContainer", begin: float, end: float) -> "Waveform | None":
    """Return mono sound at 16 kHz from `begin` to `end`, in seconds."""
    from av import AudioResampler

    resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    container.seek(int(begin * 1_000_000))
    pieces, first = [], None
    for frame in container.decode(audio=0):
        if frame.time is None or frame.time + frame.samples / frame.sample_rate < begin:
            continue
        if frame.time > end:
            break
        first = frame.time if first is None else first
        pieces += [out.to_ndarray().reshape(-1) for out in resampler.resample(frame)]
    if first is None or not pieces:
        return None
    start = round(max(0.0, begin - first) * SAMPLE_RATE)
    sound = np.concatenate(pieces)[start : start + round((end - begin) * SAMPLE_RATE)]
    return np.ascontiguousarray(sound, np.float32)


def _frames(container: "InputContainer", begin: float, end: float) -> "Iterator[Frame]":
    """Yield as many pictures as a clip has at most, evenly over the time."""
    wanted = iter(np.linspace(begin, end, DEFAULT_LIMITS.frames, endpoint=False))
    container.seek(int(begin * 1_000_000))
    moment = next(wanted)
    for frame in container.decode(video=0):
        if frame.time is None or frame.time < moment:
            continue
        if frame.time > end:
            return
        yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
        moment = next((m for m in wanted if m > frame.time), end + 1)
