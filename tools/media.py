"""Anything a person records or picks, decoded in memory: `decode(source) -> Clip`.

Stills go through Pillow (`tools.stills`), everything else through PyAV (`tools.recordings`).
Nothing is written to a disk, and nothing but `source` is read.
"""

import math
from pathlib import Path

import numpy as np

from tools.clips import SAMPLE_RATE, Clip, Waveform
from tools.errors import MediaError
from tools.limits import DEFAULT_LIMITS, Limits
from tools.recordings import read_recording
from tools.stills import read_still

__all__ = ["Limits", "decode", "loudness"]

SILENCE_DBFS = -120.0
"""What `loudness` returns at least, so that digital silence is a number, too."""

_MOMENT = SAMPLE_RATE * 2 // 5  # 0.4 s

_KINDS = (
    (0, b"\x1aE\xdf\xa3", "a WebM recording"),
    (0, b"OggS", "an Ogg recording"),
    (0, b"fLaC", "a FLAC recording"),
    (0, b"ID3", "an MP3 recording"),
    (8, b"WAVE", "a WAV recording"),
    (8, b"AVI ", "an AVI video"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (4, b"ftyphei", "an HEIC picture"),
    (4, b"ftyphev", "an HEIC picture"),
    (4, b"ftypmif1", "an HEIC picture"),
    (4, b"ftypmsf1", "an HEIC picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftypavis", "an AVIF picture"),
    (4, b"ftyp", "an MP4 recording"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "an archive or an office document"),
    (0, b"#EXTM3U", "a playlist"),
)
"""Where a signature stands, the signature, and what a person calls such a file."""


def decode(source: Path | bytes, *, limits: Limits = DEFAULT_LIMITS) -> Clip:
    """Decode a recording or a still into speech, frames, or both.

    Reads WebM, Matroska, MP4, MOV, M4A, 3GP, Ogg, WAV, MP3, AAC, FLAC, AIFF, AMR and CAF, and PNG,
    JPEG, WebP, BMP and the first picture of a GIF. Of a damaged or cut-off recording, what can be
    decoded is returned. A silent recording is not an error (`loudness`). Blocks for tens of
    milliseconds, so call it off the event loop; it may run in several threads at once.

    Args:
        source: a file, or a file's bytes.
        limits: what is taken and what is refused.

    Returns:
        Speech as float32 mono at 16 kHz, if the recording has at least 0.3 s of it, and up to
        `limits.frames` RGB frames in order of time.

    Raises:
        MediaError: the file cannot be opened, is empty, holds neither sound nor picture, or goes
            beyond `limits`; the message names no file.
    """
    data = source if isinstance(source, bytes) else _contents(source, limits)
    limits.check_bytes(len(data))
    kind = _kind(data)
    if kind.endswith("picture"):
        return Clip(frames=[read_still(data, limits, kind)])
    return read_recording(data, limits, kind)


def loudness(waveform: Waveform) -> float:
    """Return the level of the loudest 0.4 s in dBFS, from -120 (digital silence) to 0.

    The level is the root mean square, so that a full-scale sine has -3 dBFS. 0.4 s is the
    momentary window of EBU Tech 3341; a short answer in a long pause keeps its level in it.

    Args:
        waveform: shape (samples,), 16 kHz, in [-1, 1]; may be empty.
    """
    if not len(waveform):
        return SILENCE_DBFS
    energy = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    window = min(_MOMENT, len(waveform))
    power = float(np.max(energy[window:] - energy[:-window])) / window
    return max(SILENCE_DBFS, 10 * math.log10(power)) if power > 0 else SILENCE_DBFS


def _contents(path: Path, limits: Limits) -> bytes:
    unopened = MediaError(
        "This recording could not be opened; please try recording again or another file."
    )
    try:
        if not path.is_file():  # a named pipe would block, a device would never end
            raise unopened
        with path.open("rb") as file:
            return file.read(limits.max_bytes + 1)
    except (OSError, ValueError):
        raise unopened from None  # the cause names the file


def _kind(data: bytes) -> str:
    for start, signature, kind in _KINDS:
        if data.startswith(signature, start):
            return kind
    return ""
