import av
import numpy as np
import pytest

from tools.clips import SAMPLE_RATE
from tools.corpora.dialogue import MediaFile
from tools.errors import MediaError
from tools.excerpts import read_clip

RATE, SECONDS = 24, 6


@pytest.fixture(scope="module")
def episode(tmp_path_factory):
    """Six seconds whose sound rises by the second, and whose pictures turn from black to white."""
    path = tmp_path_factory.mktemp("episodes") / "episode.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=RATE)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        for number in range(RATE * SECONDS):
            grey = np.full((48, 64, 3), 255 * number // (RATE * SECONDS), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(grey, "rgb24")))
        time = np.arange(SAMPLE_RATE * SECONDS)
        wave = (0.1 * (1 + time // SAMPLE_RATE) * np.sin(time / 20)).astype(np.float32)
        for start in range(0, len(wave), 1024):
            frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], "fltp", "mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, start
            container.mux(sound.encode(frame))
        container.mux(video.encode())
        container.mux(sound.encode())
    return path


def part(episode, begin, end, **changes):
    return read_clip(MediaFile(episode, begin, end, **{"audio": True, "video": True, **changes}))


def test_only_the_seconds_of_the_turn_are_read(episode):
    clip = part(episode, 2.0, 3.5)
    assert clip.seconds == pytest.approx(1.5, abs=0.1)


def test_the_sound_is_that_of_the_turn(episode):
    quiet, loud = (np.abs(part(episode, at, at + 1).audio).max() for at in (0.0, 4.0))
    assert quiet == pytest.approx(0.1, abs=0.05) and loud == pytest.approx(0.5, abs=0.1)


def test_the_pictures_are_those_of_the_turn(episode):
    greys = [frame.mean() for frame in part(episode, 3.0, 4.0).frames]
    assert greys == sorted(greys) and 115 < greys[0] < 140 and greys[-1] < 175


def test_what_the_corpus_has_not_is_left_out(episode):
    assert part(episode, 1.0, 2.0, video=False).frames == []
    assert part(episode, 1.0, 2.0, audio=False).audio is None


def test_a_whole_file_is_read_as_a_recording(episode):
    assert read_clip(MediaFile(episode)).seconds == pytest.approx(SECONDS, abs=0.2)


def test_a_turn_behind_the_end_is_told(episode):
    with pytest.raises(MediaError, match="neither sound nor picture"):
        part(episode, 20.0, 21.0)


def test_a_broken_file_is_told_without_its_name(tmp_path):
    (tmp_path / "secret.mp4").write_bytes(b"no film")
    with pytest.raises(MediaError) as caught:
        part(tmp_path / "secret.mp4", 0.0, 1.0)
    assert "secret" not in str(caught.value)
