"""Speech and frames out of a recording, through PyAV, in one pass over its packets.

All packets are read first, which costs almost nothing and gives the true length, also of a
browser's WebM, which states none. Then the sound is decoded, and of the picture only what leads to
the frames that are wanted (`tools.frames`).

A recording comes from a stranger. It is read from memory; FFmpeg may use a few containers and
decoders only, and may open nothing else: a playlist never becomes a request or a look at a file.
"""

import contextlib
import io
import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tools.clips import SAMPLE_RATE, Clip, Frame, Waveform
from tools.frames import read_frames
from tools.limits import Limits, too_short, unreadable

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

CONTAINERS = (
    "matroska,webm",
    "mov,mp4,m4a,3gp,3g2,mj2",
    *("ogg", "wav", "mp3", "aac", "flac", "aiff", "amr", "caf"),
)
"""FFmpeg's names of the containers that browsers, phones and recorders write."""

DECODERS = (
    *("vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d", "h264", "hevc", "h263", "mpeg4"),
    *("theora", "mjpeg", "opus", "libopus", "vorbis", "libvorbis", "aac", "mp3", "mp3float"),
    *("flac", "alac", "amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "pcm_u8"),
    *("pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw"),
)
"""FFmpeg's names of the decoders that those need; the many others stay closed to strangers."""

MIN_SPEECH_S = 0.3
"""Sound shorter than this, in seconds, holds no word."""

_SAMPLE_RATES = range(4_000, 400_001)  # outside, a few bytes would resample to gigabytes
_PACKETS_PER_SECOND = 1_000  # Opus makes 400 at most, a fast camera 240


def read_recording(data: bytes, limits: Limits, kind: str) -> Clip:
    """Decode the sound, the wanted frames, or both; damaged parts are left out.

    Args:
        data: the whole file.
        limits: what is taken and what is refused.
        kind: what the file looks like, for messages.

    Raises:
        MediaError: nothing can be read, or the recording goes beyond `limits`.
    """
    import av

    options = {
        "format_whitelist": ",".join(CONTAINERS),
        "codec_whitelist": ",".join(DECODERS),
        "protocol_whitelist": "none",
    }
    try:
        with av.open(
            io.BytesIO(data),
            mode="r",
            options=options,
            metadata_errors="replace",
            io_open=_open_nothing,
        ) as container:
            audio, frames = _sound_and_frames(container, limits)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise unreadable(kind) from error
    if audio is not None and len(audio) < MIN_SPEECH_S * SAMPLE_RATE:
        if len(audio) and not frames:
            raise too_short()
        audio = None
    if audio is None and not frames:
        raise unreadable(kind)
    return Clip(audio, frames)


def _open_nothing(*_: object) -> NoReturn:
    raise PermissionError("a recording may not open anything")


def _sound_and_frames(
    container: "InputContainer", limits: Limits
) -> "tuple[Waveform | None, list[Frame]]":
    sound = next(filter(_readable, container.streams.audio), None)
    pictures = next(filter(_readable, container.streams.video), None)
    packets = _packets(container, [s for s in (sound, pictures) if s is not None], limits)
    return (
        None if sound is None else _speech(sound, packets[sound.index], limits),
        [] if pictures is None else read_frames(pictures, packets[pictures.index], limits),
    )


def _readable(stream: "AudioStream | VideoStream") -> bool:
    from av.stream import Disposition

    # The cover picture of a song is a video stream to FFmpeg, but nobody's face.
    if stream.disposition & Disposition.attached_pic:
        return False
    context = stream.codec_context  # None where FFmpeg has no decoder, whatever the stubs say
    return context is not None and context.codec.name in DECODERS


def _packets(
    container: "InputContainer", streams: "Sequence[AudioStream | VideoStream]", limits: Limits
) -> "dict[int, list[Packet[Any]]]":
    import av

    kept: dict[int, list[Packet[Any]]] = {stream.index: [] for stream in streams}
    units = {stream.index: float(stream.time_base or 0) for stream in streams}
    first, last, count = math.inf, -math.inf, 0
    try:
        for packet in container.demux(*streams) if streams else ():
            if not packet.size:
                continue
            kept[packet.stream_index].append(packet)
            count += 1
            stamp = packet.dts if packet.pts is None else packet.pts
            if stamp is not None:
                moment = stamp * units[packet.stream_index]
                first, last = min(first, moment), max(last, moment)
            # More packets than its time can hold means that the time stamps are wrong.
            limits.check_seconds(max(last - first, count / _PACKETS_PER_SECOND))
    except (av.FFmpegError, OSError):
        pass  # what came before the damage is used
    return kept


def _speech(
    stream: "AudioStream", packets: "Sequence[Packet[AudioStream]]", limits: Limits
) -> Waveform:
    pieces = [np.zeros(0, np.float32)]
    samples = 0
    # A recorder may change its rate or channels halfway; a resampler cannot.
    for _, alike in groupby(_decoded(stream, packets), key=_form):
        for frame in _resampled(alike):
            pieces.append(frame.to_ndarray()[0])
            samples += frame.samples
            limits.check_seconds(samples / SAMPLE_RATE)
    return np.clip(np.nan_to_num(np.concatenate(pieces)), -1.0, 1.0)


def _decoded(
    stream: "AudioStream", packets: "Sequence[Packet[AudioStream]]"
) -> "Iterator[AudioFrame]":
    import av

    for packet in [*packets, None]:
        # A damaged packet is lost, not the recording.
        with contextlib.suppress(av.FFmpegError):
            yield from (f for f in stream.decode(packet) if f.sample_rate in _SAMPLE_RATES)


def _form(frame: "AudioFrame") -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _resampled(frames: "Iterator[AudioFrame]") -> "Iterator[AudioFrame]":
    import av

    # Without the option, two equal channels of floats come out 3 dB louder.
    options = {"rematrix_maxval": "1"}
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE, options=options)
    joined = av.AudioFifo()  # by the second: a call for each 20 ms costs more than the work in it
    with contextlib.suppress(av.FFmpegError):
        for frame in frames:
            frame.pts = None
            joined.write(frame)
            if joined.samples >= frame.sample_rate:
                yield from resampler.resample(joined.read())
        if joined.samples:
            yield from resampler.resample(joined.read())
        yield from resampler.resample(None)
