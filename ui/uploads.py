"""What people record or pick, on its way into memory.

The page's server writes every upload into a file. That file lies in a private folder, in memory
where the system offers that, is deleted as soon as it is decoded, and does not outlive the program:
a folder whose owner was killed is emptied by the next start.
"""

import asyncio
import logging
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from tools.clips import Clip
from tools.errors import MediaError
from tools.media import Limits, decode
from ui import texts

LIMITS = Limits()
_log = logging.getLogger(__name__)
_MEMORY = Path("/dev/shm")  # a file system in memory, on Linux
_PREFIX = "attune-uploads-"


class UploadFolder:
    """A folder of this process alone, readable by its user alone."""

    def __init__(self, base: Path | None = None) -> None:
        """Clear what dead processes left and make the folder.

        Args:
            base: where to make it; by default in memory, else among the temporary files.
        """
        if base is None:
            base = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        for lock in base.glob(f"{_PREFIX}*.lock"):
            _remove_if_dead(lock)
        for folder in base.glob(f"{_PREFIX}*"):
            _remove_if_orphaned(folder)
        name = _PREFIX + secrets.token_hex(8)
        self._lock = FileLock(base / f"{name}.lock", mode=0o600)
        self._lock.acquire()
        self.path = base / name
        self.path.mkdir(mode=0o700)

    def discard(self, files: Iterable[str | Path | None]) -> None:
        """Delete uploads of this folder, with the folders of their own they lie in."""
        for file in files:
            if file is None:
                continue
            path = Path(file).resolve()
            inside = path.relative_to(self.path) if path.is_relative_to(self.path) else None
            if inside is None or not inside.parts:
                continue
            path.unlink(missing_ok=True)
            if len(inside.parts) > 1:
                shutil.rmtree(self.path / inside.parts[0], ignore_errors=True)

    def tidy(self) -> None:
        """Delete what lies beside the folders of the uploads: parts of one that broke off."""
        for entry in self.path.iterdir():
            if not entry.is_dir():
                entry.unlink(missing_ok=True)

    def sweep(self, age: float) -> None:
        """Delete what has lain for `age` seconds, such as a recording that was never sent."""
        oldest = time.time() - age
        for entry in self.path.iterdir():
            try:
                if entry.stat().st_mtime > oldest:
                    continue
            except FileNotFoundError:
                continue
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)


def _remove_if_dead(file: Path) -> None:
    """Delete the folder of a process that is gone; a living one holds its lock."""
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):  # alive, or of another user
        return
    shutil.rmtree(file.with_suffix(""), ignore_errors=True)
    lock.release()
    file.unlink(missing_ok=True)


def _remove_if_orphaned(folder: Path) -> None:
    """Delete a folder without a lock: its owner ended while something was still being written.

    A lock is made before its folder, so that nobody's who is just starting is taken for one.
    """
    own = folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid()
    if own and not Path(f"{folder}.lock").exists():
        shutil.rmtree(folder, ignore_errors=True)


async def read_clips(files: Iterable[str | Path]) -> tuple[list[Clip], list[str]]:
    """Decode recordings, off the event loop.

    Returns:
        What could be decoded, in order, and a sentence for the person about every other one.
    """
    reading = (asyncio.to_thread(decode, Path(file), limits=LIMITS) for file in files)
    found = await asyncio.gather(*reading, return_exceptions=True)
    clips = [clip for clip in found if isinstance(clip, Clip)]
    return clips, [_unread(error) for error in found if isinstance(error, BaseException)]


def _unread(error: BaseException) -> str:
    if isinstance(error, MediaError):
        return str(error)
    _log.error("a recording could not be decoded (%s)", type(error).__name__)
    return texts.UNREAD
