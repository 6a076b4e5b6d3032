"""Recordings of the soak, made on the spot; each tells in its sound or its grey whose it is.

The sound is two tones: the lower one stands for the conversation, the higher one for the turn. The
pictures are one grey, which stands for the conversation. The echoes of `benchmarks.soak.echo` read
them back, so that a recording that reached another conversation is found out.
"""

import io
import wave
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

SERIALS = 256
"""Conversations that can be told apart by a tone."""

_RATE = 48_000
_LOW, _LOW_STEP = 300.0, 12.0
_HIGH, _HIGH_STEP = 4_200.0, 24.0
_GREYS, _GREY_STEP, _DARKEST = 48, 4, 40
_SIZE = (320, 240)


def spoken(serial: int, number: int, seconds: float = 2.0) -> bytes:
    """Return a WAV file of 96 kB a second that carries a conversation and a turn."""
    moments = np.arange(int(_RATE * seconds)) / _RATE
    low, high = _LOW + _LOW_STEP * serial, _HIGH + _HIGH_STEP * number
    wave_ = 0.3 * np.sin(2 * np.pi * low * moments) + 0.3 * np.sin(2 * np.pi * high * moments)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes((wave_ * 32_767).astype("<i2").tobytes())
    return file.getvalue()


def heard(audio: npt.NDArray[np.float32]) -> tuple[int, int]:
    """Return the conversation and the turn that a waveform (16 kHz) carries."""
    power = np.abs(np.fft.rfft(audio))
    pitch = np.fft.rfftfreq(len(audio), 1 / 16_000)
    split = (_LOW + _LOW_STEP * SERIALS + _HIGH) / 2
    low = pitch[np.argmax(np.where((pitch > _LOW / 2) & (pitch < split), power, 0))]
    high = pitch[np.argmax(np.where(pitch >= split, power, 0))]
    return round((low - _LOW) / _LOW_STEP), round((high - _HIGH) / _HIGH_STEP)


def shade(serial: int) -> int:
    """Return the grey, 0 to 47, that stands for a conversation in its pictures."""
    return serial % _GREYS


def seen(frames: list[npt.NDArray[np.uint8]]) -> int:
    """Return the grey that decoded frames carry."""
    return round((float(np.mean(frames[-1])) - _DARKEST) / _GREY_STEP)


def frame(serial: int) -> npt.NDArray[np.uint8]:
    """Return one frame of the live camera, shape (240, 320, 3)."""
    return np.full((_SIZE[1], _SIZE[0], 3), _DARKEST + _GREY_STEP * shade(serial), np.uint8)


@lru_cache(maxsize=8)
def still(serial: int) -> bytes:
    """Return a PNG picture."""
    file = io.BytesIO()
    Image.fromarray(frame(serial)).save(file, format="PNG")
    return file.getvalue()


@lru_cache(maxsize=8)
def video(serial: int) -> bytes:
    """Return a second of WebM video."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="webm") as out:
        stream = out.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = *_SIZE, "yuv420p"
        stream.codec_context.options = {"deadline": "realtime", "threads": "1"}
        for _ in range(10):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame(serial), format="rgb24")))
        out.mux(stream.encode())
    return file.getvalue()
