"""Clips and stills made on the spot, so that no recording of a person is needed.

Every frame is one grey whose brightness rises evenly over the clip (`brightness` says how), and its
left third is red, so that a test can tell when a frame was taken and which way up it is. The sound
is a 440 Hz tone.
"""

import io
import wave
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from PIL import Image

from tools.clips import Waveform

RATE = 48_000
_SPEED = {
    # libvpx lets its threads spin while they wait: on a busy machine one is 50 times as quick.
    "libvpx": {"deadline": "realtime", "cpu-used": "-8", "threads": "1"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "threads": "1"},
    "libx264": {"preset": "ultrafast", "threads": "1"},
}


def brightness(moment: float, seconds: float) -> int:
    """Return the grey level of the frame shown at `moment` of a clip of `seconds`."""
    return round(60 + 160 * moment / seconds)


def tone(seconds: float, *, rate: int = RATE, peak: float = 0.5) -> Waveform:
    """Return a 440 Hz sine, float32, shape (samples,)."""
    return (peak * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype("f4")


def recording(
    container: str = "webm",
    *,
    video: str | None = "libvpx",
    audio: str | None = "libopus",
    seconds: float = 2.0,
    sound_seconds: float | None = None,
    size: tuple[int, int] = (160, 120),
    fps: int = 15,
    moments: Sequence[float] | None = None,
    pixels: str = "yuv420p",
    rotation: int = 0,
    noise: int = 0,
    channels: int = 2,
    muxing: dict[str, str] | None = None,
    coding: dict[str, str] | None = None,
) -> bytes:
    """Encode a clip in memory.

    Args:
        container: `webm`, `mp4`, `ogg`, `wav`, ...
        video: PyAV's encoder name, or None for sound alone.
        audio: PyAV's encoder name, or None for pictures alone.
        seconds: length of the pictures, and of the sound unless `sound_seconds` is given.
        sound_seconds: length of the sound.
        size: width and height of the stored frames.
        fps: frames per second.
        moments: when each frame is shown, for a variable frame rate; replaces `fps`.
        pixels: pixel format of the stored frames.
        rotation: degrees counterclockwise that a player is told to turn the frames by.
        noise: strength of a grain on every frame, 0 to 60; with 10 a frame costs a decoder about
            what a camera's does.
        channels: 1 or 2 channels of the same tone.
        muxing: the container's options; `{"live": "1"}` leaves out length and index of a WebM,
            as a browser's recorder does.
        coding: the video encoder's options.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=muxing or {}) as out:
        shown = out.add_stream(video, rate=fps) if video else None
        heard = out.add_stream(audio, rate=RATE) if audio else None
        packets: list[av.Packet[Any]] = []
        if isinstance(shown, av.VideoStream):
            shown.width, shown.height = size
            shown.pix_fmt = pixels
            shown.codec_context.time_base = Fraction(1, 1000)
            shown.codec_context.options = {**_SPEED.get(video or "", {}), **(coding or {})}
            if noise:
                shown.bit_rate = 2_500_000  # a browser's default
            if rotation:
                shown.set_display_rotation(rotation)
            times = moments or [i / fps for i in range(round(seconds * fps))]
            for frame in _pictures(times, seconds, size, noise):
                packets += shown.encode(frame)
            packets += shown.encode(None)
        if isinstance(heard, av.AudioStream):
            layout = "stereo" if channels == 2 else "mono"
            heard.codec_context.layout = layout
            for sound in _sounds(sound_seconds or seconds, layout):
                packets += heard.encode(sound)
            packets += heard.encode(None)
        # Interleaved as a recorder writes them, so that a clip cut short has both.
        for packet in sorted(packets, key=lambda packet: (packet.dts or 0) * packet.time_base):
            out.mux(packet)
    return file.getvalue()


def _pictures(
    moments: Sequence[float], seconds: float, size: tuple[int, int], noise: int
) -> Iterator[av.VideoFrame]:
    grain = np.random.default_rng(0)
    for moment in moments:
        picture = np.full((size[1], size[0], 3), brightness(moment, seconds), np.uint8)
        picture[:, : size[0] // 3] = (200, 30, 30)
        if noise:
            picture += grain.integers(0, noise, (size[1], size[0], 1), np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = round(moment * 1000), Fraction(1, 1000)
        yield frame


def _sounds(seconds: float, layout: str) -> Iterator[av.AudioFrame]:
    samples = np.repeat(tone(seconds)[None], 2 if layout == "stereo" else 1, axis=0)
    for start in range(0, samples.shape[1], 960):
        piece = np.ascontiguousarray(samples[:, start : start + 960])
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        yield frame


def wav(samples: Waveform, *, rate: int = RATE, width: int = 2, channels: int = 1) -> bytes:
    """Write `samples` in [-1, 1] as PCM of `width` bytes, the same on every channel."""
    full = 2 ** (8 * width - 1) - 1
    whole = np.repeat(np.round(samples * full).astype("<i4"), channels)
    if width == 1:
        data = (whole + 128).astype(np.uint8).tobytes()
    else:
        data = whole.view(np.uint8).reshape(-1, 4)[:, :width].tobytes()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(data)
    return file.getvalue()


def still(
    kind: str = "PNG",
    *,
    size: tuple[int, int] = (160, 120),
    mode: str = "RGB",
    orientation: int = 1,
) -> bytes:
    """Encode a grey picture whose left third is red; `orientation` is the EXIF tag 274."""
    picture = Image.new("RGB", size, (128, 128, 128))
    picture.paste((200, 30, 30), (0, 0, size[0] // 3, size[1]))
    exif = Image.Exif()
    exif[274] = orientation
    file = io.BytesIO()
    extra = {"exif": exif} if orientation != 1 else {}
    picture.convert(mode).save(file, format=kind, **extra)
    return file.getvalue()
