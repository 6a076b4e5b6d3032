"""Frames spread evenly over a video, decoding no more of it than they need.

A frame can be decoded only from the key frame before it on. So the packets are cut into runs, each
from a key frame to the last frame wanted from it, and what lies between the runs is skipped.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tools.clips import Frame
from tools.limits import Limits

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_MAX_DECODED_PIXELS = 1_000_000_000  # some seconds of work; beyond, key frames have to do
_THREADS = 4  # within one frame; more save little


def read_frames(
    stream: "VideoStream", packets: "Sequence[Packet[VideoStream]]", limits: Limits
) -> list[Frame]:
    """Decode up to `limits.frames` frames, upright and scaled, in order of time.

    Args:
        stream: where the packets come from; its decoder must be unused.
        packets: the stream's packets in stored order.
        limits: how many frames, and how large.

    Raises:
        MediaError: a frame has more than `limits.max_pixels`.
    """
    limits.check_pixels(stream.width, stream.height)
    stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}  # it may grow on the way
    # Not `FRAME`: for a damaged packet, it hands out what an earlier frame left in memory.
    stream.thread_type, stream.thread_count = "SLICE", _THREADS
    timed = [(packet, stamp) for packet in packets if (stamp := _stamp(packet)) is not None]
    first = next((i for i, (packet, _) in enumerate(timed) if packet.is_keyframe), 0)
    timed = timed[first:]
    stamps = [stamp for _, stamp in timed]
    keys = [i for i, (packet, _) in enumerate(timed) if packet.is_keyframe]
    affordable = _MAX_DECODED_PIXELS // max(1, stream.width * stream.height)
    found: dict[int, VideoFrame] = {}
    for starts in (keys, keys[:1]):  # again from the first, where all that were chosen are damaged
        for key, wanted in plan_runs(stamps, starts, limits.frames, affordable).items():
            run = [packet for packet, _ in timed[key : max(wanted) + 1]]
            for frame in _nearest(stream, run, [stamps[i] for i in wanted]):
                found[_stamp(frame) or 0] = frame
        if found:
            break
    return [_upright(found[stamp], limits.max_side) for stamp in sorted(found)]


def plan_runs(
    stamps: Sequence[int], keys: Sequence[int], count: int, affordable: int
) -> dict[int, list[int]]:
    """Choose packets near the middles of `count` even stretches of time, and the runs to them.

    Where the runs come to more than `affordable` frames, the nearest key frames are chosen
    instead, each of which is a run of one.

    Args:
        stamps: when each packet's frame is shown, in stored order, any unit.
        keys: indices of the key frames, rising; none counts as the first packet alone.
        count: how many frames are wanted; fewer are chosen from a shorter or sparser video.
        affordable: how many frames may be decoded.

    Returns:
        Index of a run's key frame -> indices of the packets wanted from that run.
    """
    keys = keys or [0]
    runs: dict[int, list[int]] = {}
    for i in _spread(stamps, range(len(stamps)), count):
        runs.setdefault(keys[max(0, bisect_right(keys, i) - 1)], []).append(i)
    if sum(max(wanted) + 1 - key for key, wanted in runs.items()) > affordable:
        runs = {key: [key] for key in _spread(stamps, keys, count)}
    return runs


def _spread(stamps: Sequence[int], choice: Sequence[int], count: int) -> list[int]:
    if not stamps:
        return []
    start, length = min(stamps), max(stamps) - min(stamps)
    shown = np.array([stamps[i] for i in choice], np.float64)
    middles = (start + length * (step + 0.5) / count for step in range(count))
    return sorted({choice[int(np.argmin(np.abs(shown - middle)))] for middle in middles})


def _nearest(
    stream: "VideoStream", packets: "Sequence[Packet[VideoStream]]", wanted: Sequence[int]
) -> "list[VideoFrame]":
    import av

    # The nearest frame, not the very one: a damaged packet, or one that leads on from the run
    # before, gives none.
    best: dict[int, tuple[int, VideoFrame]] = {}
    for packet in [*packets, None]:
        needed = packet is None or _stamp(packet) in wanted
        stream.codec_context.skip_frame = "DEFAULT" if needed else "NONREF"
        try:
            frames = stream.decode(packet)
        except av.FFmpegError:
            continue
        for frame in frames:
            if (shown := _stamp(frame)) is None:
                continue
            for stamp in wanted:
                distance = abs(shown - stamp)
                if stamp not in best or distance < best[stamp][0]:
                    best[stamp] = (distance, frame)
    stream.codec_context.flush_buffers()
    return [frame for _, frame in best.values()]


def _stamp(timed: "Packet[VideoStream] | VideoFrame") -> int | None:
    return timed.dts if timed.pts is None else timed.pts


def _upright(frame: "VideoFrame", max_side: int) -> Frame:
    scale = min(1.0, max_side / max(frame.width, frame.height))
    rgb = frame.to_ndarray(
        format="rgb24",
        width=max(1, round(frame.width * scale)),
        height=max(1, round(frame.height * scale)),
        interpolation="AREA",
        threads=1,  # starting more takes longer than so small a picture
    )
    # A phone stores the picture as its sensor lies and says how far to turn it.
    return np.ascontiguousarray(np.rot90(rgb, round(frame.rotation / 90)), dtype=np.uint8)
