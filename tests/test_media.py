import contextlib
import io
import os
import re
import socket
import struct
import traceback
import zlib
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from tests.made_media import brightness, recording, still, tone, wav
from tools.clips import SAMPLE_RATE
from tools.errors import MediaError
from tools.frames import plan_runs
from tools.limits import Limits
from tools.media import decode, loudness

LIVE = {"live": "1"}  # as a browser records: no length, no index


def pitch(waveform):
    return np.argmax(np.abs(np.fft.rfft(waveform))) * SAMPLE_RATE / len(waveform)


def greys(clip):
    return [float(frame[:, frame.shape[1] // 2 :].mean()) for frame in clip.frames]


def is_red(pixel):
    return pixel[0] > 150 and pixel[1] < 90


def refusal(source, **limits):
    with pytest.raises(MediaError) as raised:
        decode(source, limits=Limits(**limits))
    message = str(raised.value)
    assert message.endswith(".") and "\n" not in message and ". " not in message
    return message


# Sound


@pytest.mark.parametrize(
    ("container", "encoder"),
    [
        ("webm", "libopus"),
        ("ogg", "libopus"),
        ("mp4", "aac"),
        ("adts", "aac"),
        ("mp3", "libmp3lame"),
        ("flac", "flac"),
        ("wav", "pcm_s16le"),
        ("aiff", "pcm_s16be"),
        ("caf", "pcm_s16be"),
    ],
)
def test_sound_of_each_container_becomes_16_khz_mono(container, encoder):
    audio = decode(recording(container, video=None, audio=encoder)).audio
    assert audio.dtype == np.float32 and audio.ndim == 1
    assert len(audio) / SAMPLE_RATE == pytest.approx(2, abs=0.1)
    assert pitch(audio) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_pcm_of_each_width_keeps_its_level(width):
    audio = decode(wav(tone(1), width=width)).audio
    assert np.abs(audio).max() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_each_sample_rate_keeps_the_pitch(rate):
    audio = decode(wav(tone(1, rate=rate), rate=rate)).audio
    assert len(audio) == SAMPLE_RATE
    assert pitch(audio) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("encoder", ["libopus", "pcm_s16le"])
def test_two_equal_channels_are_no_louder_than_one(encoder):
    mono, stereo = (
        decode(recording("matroska", video=None, audio=encoder, channels=channels)).audio
        for channels in (1, 2)
    )
    assert loudness(stereo) == pytest.approx(loudness(mono), abs=0.2)


def test_samples_stay_between_minus_one_and_one_even_where_the_file_says_otherwise():
    samples = np.concatenate([tone(1), [np.nan, np.inf, -np.inf, 9.0], tone(1)]).astype("<f4")
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + samples.nbytes, b"WAVE", b"fmt ",
                         16, 3, 1, 48_000, 192_000, 4, 32, b"data", samples.nbytes)  # fmt: skip
    audio = decode(header + samples.tobytes()).audio
    assert np.isfinite(audio).all() and np.abs(audio).max() <= 1


def test_silence_is_not_an_error():
    clip = decode(wav(np.zeros(48_000)))
    assert loudness(clip.audio) == -120


def test_a_cover_picture_is_left_alone_however_large():
    file = io.BytesIO()
    with (
        av.open(io.BytesIO(recording("mp4", video=None, audio="aac")), mode="r") as song,
        av.open(file, "w", format="mp4") as out,
    ):
        heard = out.add_stream_from_template(song.streams.audio[0])
        cover = out.add_stream("mjpeg", width=64, height=64, pix_fmt="yuvj420p")
        cover.disposition = Disposition.attached_pic
        white = np.full((64, 64, 3), 255, np.uint8)
        out.mux(cover.encode(av.VideoFrame.from_ndarray(white, format="rgb24")))
        for packet in song.demux(audio=0):
            packet.stream = heard
            out.mux([packet] if packet.size else [])
    clip = decode(file.getvalue(), limits=Limits(max_pixels=1000))
    assert clip.audio is not None and clip.frames == []


# Pictures


@pytest.mark.parametrize(
    "made",
    [
        {"video": "libvpx"},
        {"video": "libvpx", "muxing": LIVE},
        {"video": "libvpx", "coding": {"g": "5"}},
        {"video": "libvpx-vp9"},
        {"container": "mp4", "video": "libx264", "audio": "aac"},
        {"container": "mov", "video": "libx264", "audio": "aac", "coding": {"bf": "3", "g": "9"}},
    ],
)
def test_frames_are_spread_evenly_over_the_clip(made):
    clip = decode(recording(**made))
    middles = [(i + 0.5) / 8 * (2 - 1 / 15) for i in range(8)]
    assert greys(clip) == pytest.approx([brightness(m, 2) for m in middles], abs=12)


def test_a_clip_gives_sound_and_frames():
    clip = decode(recording(muxing=LIVE, sound_seconds=3))
    assert clip.seconds == pytest.approx(3, abs=0.1) and len(clip.frames) == 8


def test_a_browsers_recording_states_no_length():
    with av.open(io.BytesIO(recording(muxing=LIVE))) as container:
        assert container.duration is None


def test_frames_follow_the_clock_where_the_frame_rate_varies():
    moments = [*(i / 60 for i in range(60)), *(1 + i / 4 for i in range(12))]
    clip = decode(recording(moments=moments, seconds=4, audio=None), limits=Limits(frames=4))
    times = [(grey - 60) * 4 / 160 for grey in greys(clip)]
    assert times == pytest.approx([0.47, 1.4, 2.35, 3.3], abs=0.3)


def test_a_video_of_one_frame_gives_one_frame():
    assert len(decode(recording(seconds=0.2, fps=5, audio=None)).frames) == 1


def test_no_more_frames_are_taken_than_asked_for():
    assert len(decode(recording(), limits=Limits(frames=3)).frames) == 3


def test_frames_are_rgb_and_scaled_to_the_longer_side():
    clip = decode(recording(size=(1280, 720), seconds=0.4, audio=None))
    assert all(f.shape == (270, 480, 3) and f.dtype == np.uint8 for f in clip.frames)


def test_small_frames_are_not_enlarged():
    assert decode(recording(seconds=0.4)).frames[0].shape == (120, 160, 3)


def test_a_4k_video_is_scaled():
    made = recording("mp4", video="libx264", audio=None, size=(3840, 2160), seconds=0.1)
    assert decode(made).frames[0].shape == (270, 480, 3)


@pytest.mark.parametrize(
    ("rotation", "red_side"), [(-90, "top"), (90, "bottom"), (180, "right"), (0, "left")]
)
def test_a_phones_video_comes_out_upright(rotation, red_side):
    made = recording("mp4", video="libx264", audio=None, rotation=rotation, seconds=0.4)
    frame = decode(made).frames[0]
    sides = {
        "left": frame[60, 5],
        "right": frame[60, -5],
        "top": frame[5, 60],
        "bottom": frame[-5, 60],
    }
    assert [side for side, pixel in sides.items() if is_red(pixel)] == [red_side]


def test_a_grey_video_becomes_rgb():
    frame = decode(recording("mp4", video="libx264", audio=None, pixels="gray")).frames[0]
    assert frame.shape == (120, 160, 3) and np.ptp(frame[60, 120].astype(int)) <= 2


def test_a_video_with_transparency_becomes_rgb():
    made = recording(audio=None, pixels="yuva420p", coding={"auto-alt-ref": "0"})
    assert decode(made).frames[0].shape == (120, 160, 3)


def test_runs_reach_from_a_key_frame_to_the_last_frame_wanted_from_it():
    assert plan_runs(range(100), [0, 50], 2, affordable=100) == {0: [25], 50: [74]}


def test_key_frames_stand_in_where_decoding_would_take_too_long():
    assert plan_runs(range(100), [0, 50], 2, affordable=20) == {0: [0], 50: [50]}


# Stills


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_a_still_is_a_clip_of_one_frame(kind):
    clip = decode(still(kind))
    assert clip.audio is None and len(clip.frames) == 1
    assert clip.frames[0].shape == (120, 160, 3) and is_red(clip.frames[0][60, 5])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "P", "1", "CMYK"])
def test_a_still_of_each_colour_mode_becomes_rgb(mode):
    clip = decode(still("JPEG" if mode == "CMYK" else "PNG", mode=mode))
    assert clip.frames[0].shape == (120, 160, 3) and clip.frames[0].dtype == np.uint8


def test_sixteen_bits_of_grey_are_scaled_not_clipped():
    ramp = np.repeat(np.linspace(0, 65_535, 160).astype(np.uint16)[None], 120, axis=0)
    file = io.BytesIO()
    Image.fromarray(ramp).save(file, "PNG")
    assert decode(file.getvalue()).frames[0][60, 80, 0] == pytest.approx(128, abs=2)


def test_what_is_see_through_becomes_white():
    file = io.BytesIO()
    Image.new("RGBA", (40, 30), (10, 20, 30, 0)).save(file, "PNG")
    assert (decode(file.getvalue()).frames[0] == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_still_is_turned_as_its_exif_says(kind):
    frame = decode(still(kind, orientation=6)).frames[0]
    assert frame.shape == (160, 120, 3) and is_red(frame[5, 60])


def test_a_large_still_is_scaled():
    assert decode(still("JPEG", size=(4000, 3000))).frames[0].shape == (360, 480, 3)


def test_an_animated_gif_gives_its_first_picture():
    file = io.BytesIO()
    first, second = Image.new("L", (40, 30), 255), Image.new("L", (40, 30), 0)
    first.save(file, "GIF", save_all=True, append_images=[second])
    frames = decode(file.getvalue()).frames
    assert len(frames) == 1 and (frames[0] == 255).all()


# Where it comes from


@pytest.mark.parametrize(
    "name", ["clip", "my 😀 clip.webm", "-i.mp4", "http:x", "%03d.png", "a\nb"]
)
def test_a_file_of_any_name_is_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(recording(video=None))
    assert decode(path).seconds == pytest.approx(2, abs=0.1)


def test_bytes_and_file_give_the_same_clip(tmp_path):
    path = tmp_path / "clip"
    path.write_bytes(data := recording())
    from_file, from_bytes = decode(path), decode(data)
    assert np.array_equal(from_file.audio, from_bytes.audio)
    assert np.array_equal(from_file.frames, from_bytes.frames)


@pytest.mark.parametrize("name", ["missing.webm", "nul\0byte.webm", ".", "x" * 300])
def test_what_cannot_be_opened_is_refused(tmp_path, name):
    assert "could not be opened" in refusal(tmp_path / name)


def test_a_named_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "could not be opened" in refusal(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["somebody", "somebody" * 40, "somebody\0", "somebody.webm"])
def test_no_message_names_the_file(tmp_path, name):
    (tmp_path / "somebody.webm").write_bytes(b"not media")
    with pytest.raises(MediaError) as raised:
        decode(tmp_path / name)
    assert "somebody" not in "".join(traceback.format_exception(raised.value))


def test_clips_decode_alike_in_several_threads():
    made = recording(muxing=LIVE)
    alone = decode(made)
    with ThreadPoolExecutor(4) as pool:
        for clip in pool.map(decode, [made] * 8):
            assert np.array_equal(clip.audio, alone.audio)
            assert np.array_equal(clip.frames, alone.frames)


# Damage


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_of_a_cut_recording_the_beginning_is_used(share):
    whole = recording(seconds=4, muxing=LIVE)
    clip = decode(whole[: int(len(whole) * share)])
    assert clip.frames and 0.5 < clip.seconds < 4


def test_of_a_damaged_recording_the_rest_is_used():
    made = bytearray(recording(seconds=4, muxing=LIVE))
    middle = len(made) // 2
    made[middle : middle + 500] = bytes(500)
    assert decode(bytes(made)).seconds > 2.5


def test_a_damaged_packet_of_sound_is_lost_alone():
    whole = recording("mp4", video=None, audio="aac")
    with av.open(io.BytesIO(whole), mode="r") as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    for packet in packets[40:44]:
        whole = whole.replace(packet, b"\xff" * len(packet))
    assert 1.5 < decode(whole).seconds < 2


def test_what_came_before_a_broken_fragment_is_used():
    pieces = {"movflags": "frag_keyframe+empty_moov"}  # as Safari records
    made = bytearray(
        recording("mp4", video="libx264", audio="aac", seconds=4, coding={"g": "15"}, muxing=pieces)
    )
    third = [match.start() for match in re.finditer(b"moof", made)][2]
    size = made.find(b"trun", third) + 24  # of its first sample
    made[size : size + 4] = b"\x7f\xff\xff\x00"
    assert decode(bytes(made)).seconds == pytest.approx(2, abs=0.1)


def damaged_from(start, **made):
    whole = recording(audio=None, **made)
    with av.open(io.BytesIO(whole), mode="r") as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    for packet in packets[start:]:
        whole = whole.replace(packet, packet[:1] + bytes(len(packet) - 1))
    return whole


def test_a_damaged_packet_gives_no_frame():
    shown = greys(decode(damaged_from(15)))
    assert 1 < len(shown) < 8 and max(shown) < brightness(1, 2) + 2


def test_where_every_wanted_frame_is_damaged_the_first_is_used():
    shown = greys(decode(damaged_from(1, coding={"g": "1"})))
    assert shown == pytest.approx([brightness(0, 2)], abs=2)


def test_sound_too_short_for_a_word_is_refused():
    assert "too short" in refusal(wav(tone(0.2)))


def test_sound_too_short_for_a_word_leaves_the_frames():
    clip = decode(recording(seconds=1, sound_seconds=0.2))
    assert clip.audio is None and clip.frames


def test_an_mp4_without_its_end_is_refused():
    made = recording("mp4", video="libx264", audio="aac")
    assert "MP4" in refusal(made[: len(made) // 2])


def test_a_cut_still_is_refused():
    made = still("PNG", size=(400, 300), mode="RGB")
    assert "PNG" in refusal(made[: len(made) // 2])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (recording(muxing=LIVE)[:400], "a WebM recording"),
        (b"%PDF-1.7 and so on", "a PDF document"),
        (b"PK\x03\x04 and so on", "an archive or an office document"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "an HEIC picture"),
        (b"RIFF\0\0\0\0AVI LIST", "an AVI video"),
        (b"\xff\xd8\xff\xe0 and so on", "a JPEG picture"),
    ],
)
def test_a_refusal_says_what_the_file_looks_like(data, kind):
    assert kind in refusal(data)


@pytest.mark.parametrize("data", [b"Hello there", bytes(5000), bytes(range(256)) * 40, b"\x1a"])
def test_what_is_no_media_is_refused(data):
    assert "could not be read" in refusal(data)


def test_an_empty_file_is_refused():
    assert "empty" in refusal(b"")


def test_random_damage_never_gives_another_error():
    made = [recording(seconds=0.5, muxing=LIVE), wav(tone(0.5)), still("PNG"), still("JPEG")]
    chance = np.random.default_rng(0)
    for turn in range(200):
        data = np.frombuffer(made[turn % len(made)], np.uint8).copy()
        data[chance.integers(0, min(len(data), 600), 8)] = chance.integers(0, 256, 8)
        with contextlib.suppress(MediaError):
            decode(data.tobytes())


# Limits


@pytest.mark.parametrize(
    "made",
    [
        {"video": None},
        {"muxing": LIVE},
        {"audio": None, "muxing": LIVE},
        {"container": "wav", "video": None, "audio": "pcm_s16le"},
    ],
)
def test_a_long_recording_is_refused_with_the_limit(made):
    message = refusal(recording(seconds=5, **made), max_seconds=3)
    assert "longer than 3 seconds" in message


def test_a_limit_of_minutes_is_told_in_minutes():
    assert "longer than 2 minutes" in refusal(wav(tone(122, rate=4_000), rate=4_000))


def test_a_recorder_may_overshoot_the_limit_by_a_moment():
    assert decode(recording(video=None, seconds=3.5), limits=Limits(max_seconds=3)).seconds > 3


def test_time_stamps_that_stand_still_do_not_hide_the_length():
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream("pcm_s16le", rate=16_000)
        stream.codec_context.layout = "mono"
        for _ in range(50):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.int16), layout="mono")
            frame.sample_rate = 16_000
            for packet in stream.encode(frame):
                packet.pts = packet.dts = 0
                out.mux(packet)
    assert "longer than" in refusal(file.getvalue(), max_seconds=2)


def test_a_large_file_is_refused():
    assert "larger than 1 MB" in refusal(bytes(1024**2 + 1), max_bytes=1024**2)


def test_a_large_file_is_not_read_whole(tmp_path):
    path = tmp_path / "clip"
    with path.open("wb") as file:
        file.truncate(2**40)  # sparse
    assert "larger than" in refusal(path)


@pytest.mark.parametrize("side", [8_000, 60_000])
def test_a_still_that_unpacks_to_too_much_is_refused(side):
    made = bytearray(still("PNG"))
    made[16:24] = struct.pack(">II", side, side)
    made[29:33] = struct.pack(">I", zlib.crc32(made[12:29]))
    assert "50 megapixels" in refusal(bytes(made))


def test_a_video_of_too_many_pixels_is_refused():
    assert "megapixels" in refusal(recording(), max_pixels=10_000)


def test_a_video_that_grows_beyond_the_pixels_keeps_its_small_frames():
    file = io.BytesIO()
    with (
        av.open(io.BytesIO(recording(audio=None, seconds=1)), mode="r") as small,
        av.open(io.BytesIO(recording(audio=None, seconds=1, size=(640, 480))), mode="r") as large,
        av.open(file, "w", format="webm") as out,
    ):
        shown = out.add_stream_from_template(small.streams.video[0])
        for later, part in enumerate((small, large)):
            for packet in part.demux(video=0):
                if packet.size:
                    packet.stream = shown
                    packet.pts = packet.dts = packet.pts + 1000 * later
                    out.mux(packet)
    frames = decode(file.getvalue(), limits=Limits(max_pixels=30_000)).frames
    assert {frame.shape for frame in frames} == {(120, 160, 3)}


# Strangers


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:9.0,\n{url}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:9.0,\nfile:{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
        "ffconcat version 1.0\nfile '{url}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        "<Period><AdaptationSet><Representation><BaseURL>{url}</BaseURL></Representation>"
        "</AdaptationSet></Period></MPD>",
    ],
    ids=["hls", "hls-file", "concat", "concat-url", "sdp", "dash"],
)
def test_a_playlist_is_refused_and_not_followed(tmp_path, text):
    (tmp_path / "other.wav").write_bytes(wav(tone(1)))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/other.wav"
        refusal(text.format(url=url, path=tmp_path / "other.wav").encode())
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("container", ["mpegts", "avi", "nut"])
def test_a_container_that_is_not_allowed_is_refused(container):
    refusal(recording(container, video="mpeg4", audio="mp2"))


def test_a_decoder_that_is_not_allowed_is_not_used():
    refusal(recording("matroska", video="ffv1", audio=None, seconds=0.4))


# Loudness


def test_a_full_sine_has_minus_three_dbfs():
    assert loudness(tone(1, rate=SAMPLE_RATE, peak=1)) == pytest.approx(-3.01, abs=0.05)


def test_a_long_pause_does_not_make_a_word_quieter():
    word, pause = tone(0.5, rate=SAMPLE_RATE), np.zeros(20 * SAMPLE_RATE, np.float32)
    assert loudness(np.concatenate([pause, word, pause])) == pytest.approx(loudness(word), abs=0.1)


@pytest.mark.parametrize("samples", [0, 100, SAMPLE_RATE])
def test_digital_silence_has_a_number(samples):
    assert loudness(np.zeros(samples, np.float32)) == -120
