"""How a fetch tells a person where it stands: bars on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

Meter = Callable[[int], None]
"""Told how many bytes are there now, not how many more."""

_LINE_EVERY = 10.0
_POLL_EVERY = 0.2


class Report(Protocol):
    """What a fetch tells."""

    def say(self, text: str) -> None:
        """Tell one sentence."""
        ...

    def task(self, label: str, total: int | None) -> AbstractContextManager[Meter]:
        """Follow one download of `total` bytes; None when nobody knows how many."""
        ...


class Silent:
    """Tells nothing."""

    def say(self, text: str) -> None:
        """Tell nothing."""

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Meter]:
        """Follow nothing."""
        yield lambda done: None


class Shown:
    """Tells through a rich console, with a moving bar where there is a terminal."""

    def __init__(self, console: Console) -> None:
        """Write to `console`."""
        self._console = console

    def say(self, text: str) -> None:
        """Print a sentence."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def task(self, label: str, total: int | None) -> AbstractContextManager[Meter]:
        """Show a bar, or a line every ten seconds."""
        return self._bar(label, total) if self._console.is_terminal else self._lines(label, total)

    @contextmanager
    def _bar(self, label: str, total: int | None) -> Iterator[Meter]:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(label, total=total)
            resumed = False

            def tell(done: int) -> None:
                nonlocal resumed
                done = _within(done, total)
                if resumed:
                    progress.update(task, completed=done)
                else:  # what was there before is no speed
                    progress.reset(task, total=total, completed=done)
                    resumed = True

            yield tell
            if total is not None:
                progress.update(task, completed=total)

    @contextmanager
    def _lines(self, label: str, total: int | None) -> Iterator[Meter]:
        of = f" of {decimal(total)}" if total else ""
        self.say(f"{label}: fetching{f' {decimal(total)}' if total else ''}")
        begun = told = time.monotonic()
        before: int | None = None

        def tell(done: int) -> None:
            nonlocal told, before
            done, now = _within(done, total), time.monotonic()
            before = done if before is None else before
            if now - told < _LINE_EVERY:
                return
            told = now
            speed = (done - before) / (now - begun)
            left = f", {(total - done) / speed:.0f} s left" if total and speed else ""
            self.say(f"{label}: {decimal(done)}{of}, {decimal(int(speed))}/s{left}")

        yield tell


def _within(done: int, total: int | None) -> int:
    # A wheel is a little larger than the file in it.
    return done if total is None else min(done, total)


@contextmanager
def watching(folder: Path, meter: Meter, before: int = 0) -> Iterator[None]:
    """Tell `meter` the size of the file that grows in `folder`, plus `before`, meanwhile."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_POLL_EVERY):
            meter(before + _largest(folder))

    thread = threading.Thread(target=watch, name="meter", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _largest(folder: Path) -> int:
    # Not the sum: a finished download is copied from one place in the folder to another.
    largest = 0
    for path in folder.rglob("*"):
        try:
            largest = max(largest, path.stat().st_size if path.is_file() else 0)
        except OSError:  # moved away while we looked
            continue
    return largest
