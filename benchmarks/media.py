"""What reading a clip costs over decoding it: `python -m benchmarks media`.

`tools.media.decode` resamples the sound and turns frames into RGB, but decodes only the frames it
needs; PyAV's bare loop decodes everything and keeps nothing. The median of their ratio over
interleaved runs is what counts, because a shared machine changes its pace.
"""

import io
import statistics
import time
from collections.abc import Callable

import av
from rich.console import Console
from rich.table import Table

from tests.made_media import recording
from tools.media import decode

LIMIT = 1.3
"""Ratio at most, for clips with pictures; of sound alone, resampling is the larger part."""

LIMIT_MS = 250
"""Milliseconds at most for 2 s of 640 x 480 VP8 with 5 s of Opus, what a webcam sends."""

_RUNS = 15
_WEBCAM = "webm vp8 640x480 2 s, opus 5 s"


def media() -> None:
    """Compare `decode` with PyAV's bare decoding of the same made clips."""
    clips = {
        _WEBCAM: recording(
            size=(640, 480), fps=30, noise=10, sound_seconds=5, muxing={"live": "1"}
        ),
        "webm vp9 640x480 2 s, opus 2 s": recording(
            video="libvpx-vp9", size=(640, 480), fps=30, noise=10
        ),
        "mp4 h264 1280x720 3 s, aac 3 s": recording(
            "mp4", video="libx264", audio="aac", size=(1280, 720), fps=30, noise=10, seconds=3
        ),
        "ogg opus 10 s": recording("ogg", video=None, seconds=10),
    }
    table = Table("clip", "decode, ms", "bare, ms", "ratio", f"limit {LIMIT:g}")
    for name, data in clips.items():
        pairs = [(_ms(decode, data), _ms(_bare, data)) for _ in range(_RUNS)]
        ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        verdict = "" if name.startswith("ogg") else "met" if ratio <= LIMIT else "missed"
        if name == _WEBCAM and ours > LIMIT_MS:
            verdict = f"missed: over {LIMIT_MS} ms"
        table.add_row(name, f"{ours:.0f}", f"{bare:.0f}", f"{ratio:.2f}", verdict)
    Console().print(table)


def _bare(data: bytes) -> None:
    with av.open(io.BytesIO(data), mode="r") as container:
        for stream in container.streams.video:
            stream.thread_type = "AUTO"
        for _ in container.decode():
            pass


def _ms(read: Callable[[bytes], object], data: bytes) -> float:
    started = time.perf_counter()
    read(data)
    return (time.perf_counter() - started) * 1000
