"""Uploads: private, brief, and gone with the program."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.made_media import tone, wav
from ui import texts
from ui.uploads import UploadFolder, read_clips


def put(folder: UploadFolder, name: str = "audio.wav", data: bytes = b"x") -> Path:
    path = folder.path / "a-hash" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def test_only_its_user_can_open_the_folder(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.close()


def test_discarding_leaves_nothing(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path)
    folder.discard([put(folder), None])
    assert not list(folder.path.iterdir())
    folder.close()


def test_a_file_elsewhere_is_never_deleted(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path)
    other = tmp_path / "mine.txt"
    other.write_text("mine")
    folder.discard([other, folder.path / ".." / "mine.txt", folder.path])
    assert other.exists() and folder.path.is_dir()
    folder.close()


def test_what_was_never_sent_is_swept_away(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path)
    old, new = put(folder, "old.wav"), folder.path / "partial"
    new.write_bytes(b"x")
    long_ago = time.time() - 3600
    os.utime(old.parent, (long_ago, long_ago))
    folder.sweep(1800)
    assert not old.exists() and new.exists()
    folder.close()


def test_parts_of_an_upload_that_broke_off_are_deleted_and_whole_ones_stay(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path)
    whole, part = put(folder), folder.path / "tmpabc"
    part.write_bytes(b"x")
    folder.tidy()
    assert whole.exists() and not part.exists()
    folder.close()


def test_closing_leaves_nothing(tmp_path: Path) -> None:
    folder = UploadFolder(tmp_path)
    put(folder)
    folder.close()
    assert not list(tmp_path.iterdir())


def test_a_start_removes_what_a_killed_program_left(tmp_path: Path) -> None:
    script = (
        "import os, pathlib; from ui.uploads import UploadFolder;"
        f"folder = UploadFolder(pathlib.Path({str(tmp_path)!r}));"
        "(folder.path / 'voice.wav').write_bytes(b'x'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[1])
    assert list(tmp_path.glob("*/voice.wav"))
    folder = UploadFolder(tmp_path)
    assert not list(tmp_path.glob("*/voice.wav"))
    folder.close()


def test_a_start_removes_a_folder_whose_lock_is_gone(tmp_path: Path) -> None:
    orphan = tmp_path / "attune-uploads-0123" / "a-hash"
    orphan.mkdir(parents=True)
    (orphan / "late.wav").write_bytes(b"written while the program ended")
    UploadFolder(tmp_path).close()
    assert not list(tmp_path.iterdir())


def test_a_start_leaves_a_living_program_alone(tmp_path: Path) -> None:
    one = UploadFolder(tmp_path)
    path = put(one)
    other = UploadFolder(tmp_path)
    assert path.exists()
    other.close()
    one.close()


async def test_recordings_are_decoded_in_order(tmp_path: Path) -> None:
    files = [tmp_path / "one.wav", tmp_path / "two.wav"]
    files[0].write_bytes(wav(tone(1.0)))
    files[1].write_bytes(wav(tone(2.0)))
    clips, unread = await read_clips(files)
    assert [round(clip.seconds) for clip in clips] == [1, 2] and not unread


async def test_a_file_that_is_no_recording_is_refused_kindly_and_the_other_read(
    tmp_path: Path,
) -> None:
    files = [tmp_path / "one.wav", tmp_path / "two.wav"]
    files[0].write_bytes(b"nothing")
    files[1].write_bytes(wav(tone(1.0)))
    [clip], [sentence] = await read_clips(files)
    assert round(clip.seconds) == 1 and "please" in sentence


async def test_a_decoder_that_breaks_is_one_sentence_without_its_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("ui.uploads.decode", broken)
    assert await read_clips([tmp_path / "one.wav"]) == ([], [texts.UNREAD])
    assert "RuntimeError" in caplog.text and "secret" not in caplog.text
