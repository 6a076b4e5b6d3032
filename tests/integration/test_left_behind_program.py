"""R16, R19: what the whole program leaves behind, byte by byte, on a disk of its own.

The program runs with its home, caches, data, state and temporary files in one folder. Somebody
types, speaks and shows a picture, each with a mark that is like nothing else; then every byte that
the program wrote is looked through for any of the marks, also after it was killed.
"""

import contextlib
import io
import os
import secrets
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import yaml
from PIL import Image

from tests import made_program
from tests.made_hostile import traces
from tests.made_media import wav
from tests.made_visitor import Visitor, child_processes

ROOT = made_program.ROOT
MEMORY = Path("/dev/shm")
TRUST = 0.73124651

pytestmark = [
    pytest.mark.program,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and /dev/shm"),
]


WATCH = """
import os, sys

def watch(event, given):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        where = given[0] if event.startswith("socket.get") else given[1]
        host = where[0] if isinstance(where, tuple) else where
        if host not in ("127.0.0.1", "::1", "localhost", None) and isinstance(where, (str, tuple)):
            with open(os.environ["WATCHED"], "a") as told:
                told.write(f"{event} {host}\\n")

sys.addaudithook(watch)
"""
"""A start-up module that notes every attempt to reach another machine."""


class Program(made_program.Program):
    """The page's program, with everything that it can write in one folder."""

    def __init__(self, folder: Path, marks: "Marks", **settings: str) -> None:
        self.disk = folder
        self.marks = marks
        self.place = {
            name: folder / place
            for name, place in {
                "HOME": "home",
                "XDG_CACHE_HOME": "home/.cache",
                "XDG_DATA_HOME": "home/.local/share",
                "XDG_STATE_HOME": "home/.local/state",
                "XDG_CONFIG_HOME": "home/.config",
                "XDG_RUNTIME_DIR": "run",
                "TMPDIR": "tmp",
                "ATTUNE_CACHE": "cache",
                "MPLCONFIGDIR": "mpl",
            }.items()
        }
        for path in self.place.values():
            path.mkdir(parents=True, exist_ok=True)
        self._models = folder.parent / "models.yaml"  # the marks stand in it, so outside
        self._models.write_text(yaml.safe_dump(marks.models()), "utf-8")
        self.watched = folder.parent / "watched"
        self.watched.touch()
        self.start_up = folder.parent / "start-up"
        self.start_up.mkdir()
        (self.start_up / "sitecustomize.py").write_text(WATCH, "utf-8")
        stem = ("ATTUNE_", "GRADIO_", "LANG", "XDG_")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(stem)}
        places = {name: str(path) for name, path in self.place.items()}
        options = ("--profile", "stub", "--port", "0", "--models", str(self._models))
        env = {
            **clean, **places, "PYTHONPATH": f"{self.start_up}{os.pathsep}{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1", "ATTUNE_KEY": "A" * 43 + "=",
            "WATCHED": str(self.watched), **settings,
        }  # fmt: skip
        super().__init__(folder, "-m", "ui", *options, cwd=self.place["TMPDIR"], env=env)

    def left(self) -> list[str]:
        """Return every mark on any disk, and in the names and settings of processes."""
        found = traces(self.marks.all(), self.disk, *MEMORY.glob("attune-*"))
        if self.process.poll() is None:
            for pid in child_processes(self.process.pid):
                shown = [Path(f"/proc/{pid}/{name}") for name in ("cmdline", "environ", "comm")]
                found += traces(self.marks.all(), *shown)
        return found

    def visit(self) -> Visitor:
        return Visitor(self.address())

    def uploads(self) -> list[Path]:
        """Return what lies in the folders for uploads, of this program or of a dead one."""
        folders = [*MEMORY.glob("attune-*"), *self.place["TMPDIR"].glob("attune-*")]
        mine = [f for f in folders if f.is_dir() and f.stat().st_uid == os.getuid()]
        return [p for f in mine for p in f.rglob("*") if self.marks.token in p.name]


class Marks:
    """What can be recognised again, wherever it turns up."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(6)
        self.typed = f"heron{self.token}"
        self.heard = f"plover{self.token}"
        self.voice_name = f"wren-{self.token}.wav"
        self.face_name = f"robin-{self.token}.bmp"
        noise = np.random.default_rng(int(self.token, 16))
        self._sound = noise.integers(-12_000, 12_000, 48_000, dtype=np.int16)
        self._picture = noise.integers(0, 256, (64, 64, 3), dtype=np.uint8)

    def all(self) -> dict[str, str | bytes]:
        wave = self._sound[20_000:20_016]
        row = self._picture[32, 20:36]
        doubles = {f"score {o}": struct.pack(f"{o}d", TRUST) for o in "<>"}
        return {
            "the words": self.typed,
            "the transcript": self.heard,
            "the name of the recording": self.voice_name,
            "the name of the picture": self.face_name,
            "the sound": wave.tobytes(),
            "the decoded sound": (wave / 32768).astype(np.float32).tobytes(),
            "the picture": row[:, ::-1].tobytes(),
            "the decoded picture": row.tobytes(),
            "the score": str(TRUST).encode(),
            **doubles,
        }

    def models(self) -> dict[str, object]:
        """Return the stub profile with a transcript and scores that can be recognised."""
        file = yaml.safe_load((ROOT / "tools" / "models.yaml").read_text("utf-8"))
        bound = file["profiles"]["stub"]
        models = {name: file["models"][name] for name in bound.values()}
        models[bound["listen"]]["options"] = {"text": f"I met {self.heard} on the way."}
        for task in ("text_emotion", "voice_emotion", "face_emotion"):
            scores = {"neutral": 1 - TRUST, "fear": TRUST}
            models[bound[task]]["options"] = {"scores": scores}
        return {"models": models, "profiles": {"stub": bound}}

    def voice(self) -> bytes:
        return wav((self._sound / 32768).astype(np.float32), rate=16_000)

    def face(self) -> bytes:
        file = io.BytesIO()
        Image.fromarray(self._picture).save(file, "BMP")
        return file.getvalue()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    made = Program(tmp_path_factory.mktemp("disk") / "all", Marks())
    try:
        yield made
    finally:
        made.end()


def show(visitor: Visitor, marks: Marks) -> None:
    """Consent to everything but storing, and put a recording and a picture in place."""
    visitor.fill("use-microphone", True)
    visitor.fill("use-camera", True)
    visitor.fill("audio", visitor.upload(marks.voice_name, marks.voice()))
    visitor.fill("file", visitor.upload(marks.face_name, marks.face()))


def test_the_marks_are_found_where_they_are(tmp_path: Path) -> None:
    marks = Marks()
    for number, (name, mark) in enumerate(marks.all().items()):
        (tmp_path / f"{number}.bin").write_bytes(
            b"..." + (mark if isinstance(mark, bytes) else mark.encode())
        )
        assert any(name in found for found in traces(marks.all(), tmp_path)), name
    assert marks.all()["the sound"] in marks.voice() and marks.all()["the picture"] in marks.face()


def test_r16_a_turn_with_voice_and_picture_leaves_nothing_on_any_disk(program: Program) -> None:
    with program.visit() as visitor:
        show(visitor, program.marks)
        assert program.uploads(), "nothing was uploaded"
        answered = visitor.say(f"I keep thinking of {program.marks.typed}.")
        assert program.marks.typed in answered and program.marks.heard in answered
        assert program.left() == [] and not program.uploads()


def test_r22_the_whole_program_reached_for_no_other_machine(program: Program) -> None:
    with program.visit() as visitor:
        show(visitor, program.marks)
        assert program.marks.heard in visitor.say("Hello there.")
    assert list(program.place["ATTUNE_CACHE"].rglob("chroma.sqlite3")), "no example was looked up"
    assert program.watched.read_text("utf-8") == ""


def test_the_watch_of_these_tests_sees_an_attempt(program: Program, tmp_path: Path) -> None:
    reach = (
        "import socket\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.connect(('192.0.2.1', 9)); s.connect(('127.0.0.1', 9))"
    )
    watched = tmp_path / "watched"
    subprocess.run(
        [sys.executable, "-c", reach],
        env={**os.environ, "PYTHONPATH": str(program.start_up), "WATCHED": str(watched)},
        check=False,
    )
    assert watched.read_text("utf-8") == "socket.connect 192.0.2.1\n"


def test_r16_a_recording_that_is_not_sent_is_gone_when_the_consent_is(program: Program) -> None:
    with program.visit() as visitor:
        show(visitor, program.marks)
        visitor.fill("use-microphone", False)
        visitor.fill("use-camera", False)
        assert program.left() == [] and not program.uploads()


def test_r16_what_was_not_consented_to_is_gone_at_the_end_of_the_turn(program: Program) -> None:
    with program.visit() as visitor:
        clip = visitor.upload(program.marks.voice_name, program.marks.voice())
        visitor.put("audio", clip)
        visitor.say("Hello there.")
        assert program.left() == [] and not program.uploads()


def test_r16_a_damaged_recording_leaves_neither_bytes_nor_its_name(program: Program) -> None:
    marks = program.marks
    with program.visit() as visitor:
        visitor.fill("use-microphone", True)
        visitor.fill("use-camera", True)
        visitor.fill(
            "audio", visitor.upload(marks.voice_name, marks.voice()[:44] + marks.typed.encode())
        )
        visitor.fill("file", visitor.upload(marks.face_name, marks.face()[:-4000]))
        visitor.say(f"I keep thinking of {marks.typed}.")
        assert program.left() == [] and not program.uploads()


def test_r16_a_failing_request_leaves_nothing_in_the_log(program: Program) -> None:
    marks = program.marks
    with program.visit() as visitor:
        for path in ("/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/call/x"):
            for body in (
                {"json": {"data": [marks.typed], "fn_index": 10**6}},
                {"json": {"data": marks.typed, "fn_index": marks.typed}},
                {"content": marks.typed.encode()},
            ):
                with contextlib.suppress(httpx.TransportError):  # closed in the middle
                    visitor.http.post(path, **body)
        failed = visitor.throw(marks.typed) + visitor.throw([{marks.typed: marks.typed}])
        assert failed, "nothing failed, so nothing was shown"
        visitor.throw({"path": marks.voice_name, "meta": {"_type": "gradio.FileData"}})
        visitor.http.get(f"/gradio_api/file={marks.typed}")
        visitor.http.get(f"/{marks.typed}", params={"q": marks.typed})
    assert traces(marks.all(), program.disk) == []
    assert "caught: " in program.printed


def test_r16_a_program_killed_in_the_middle_of_a_turn_leaves_nothing_after_the_next_start(
    tmp_path: Path,
) -> None:
    program = Program(tmp_path / "all", Marks())
    try:
        with program.visit() as visitor:
            show(visitor, program.marks)
            begun = visitor.watch("send", words=f"I keep thinking of {program.marks.typed}.")
            next(begun)
            program.kill()
        assert [f for f in program.left() if "shm" not in f] == [], "more than a disk in memory"
        program.start()
        program.address()
        assert program.left() == [] and not program.uploads()
    finally:
        program.end()


def test_r16_uploads_that_were_never_sent_do_not_outlive_a_killed_program(tmp_path: Path) -> None:
    program = Program(tmp_path / "all", Marks())
    try:
        with program.visit() as visitor:
            show(visitor, program.marks)
            assert program.uploads()
            program.kill()
        assert program.uploads()
        program.start()
        program.address()
        assert program.left() == [] and not program.uploads()
        program.end()
        assert program.left() == []
    finally:
        program.end()
