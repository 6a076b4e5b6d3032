"""A program in a process of its own, for tests that come to it from outside."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START_S = 120
END_S = 30


class Program:
    """A program that serves the page, and what it printed.

    Attributes:
        process: the one that runs, or has ended.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        cwd: Path = ROOT,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            folder: where what it prints is written.
            arguments: of Python.
            cwd: the folder that it runs in.
            env: all its settings; else those of the tests, with this project in reach.
        """
        self._folder, self._arguments, self._cwd = folder, arguments, cwd
        self._env = dict(env) if env is not None else in_reach()
        self._starts = 0
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        self._starts += 1
        self._log = self._folder / f"printed-{self._starts}"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self._arguments],
                cwd=self._cwd, stdout=log, stderr=log, env=self._env,
            )  # fmt: skip

    def address(self) -> str:
        """Return the address of the page, as soon as it is served."""
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            if ready := re.search(r"ready: (\S+)", self.printed):
                return ready[1]
            time.sleep(0.1)
        raise AssertionError(self.printed)

    @property
    def printed(self) -> str:
        """What it has printed since it was started last."""
        return self._log.read_text("utf-8", "replace")

    def folder(self) -> Path:
        """Return its folder of uploads, by the lock that it holds."""
        opened = [fd.resolve() for fd in Path(f"/proc/{self.process.pid}/fd").iterdir()]
        [lock] = [path for path in opened if path.name.startswith("attune-uploads-")]
        return lock.with_suffix("")

    def uploads(self) -> list[Path]:
        """Return the files that lie there."""
        return [path for path in self.folder().rglob("*") if path.is_file()]

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """End it as a service is ended."""
        self.process.terminate()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()


def in_reach(**settings: str) -> dict[str, str]:
    """Return the settings of the tests and others, with this project in reach of Python."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **settings}


@contextmanager
def running(
    folder: Path, *arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Start a program, and end it in the end."""
    program = Program(folder, *arguments, cwd=cwd, env=env)
    try:
        yield program
    finally:
        program.end()
