"""The folder where fetched weights live, and how a file gets into it whole or not at all.

```
<cache>/weights/<entry>/<file>     verified files, moved here in one step
<cache>/partial/<entry>/           what a fetch is working on; a killed one is resumed from here
<cache>/locks/<entry>.lock         one process fetches an entry at a time
<cache>/decisions.json             what a person trusted or allowed by name
```
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import platformdirs
from filelock import FileLock, Timeout

from tools.errors import WeightsError
from tools.weights.manifest import Pin

SPARE = 64 * 2**20
"""Bytes that a fetch leaves free on the disk."""


class Decisions(TypedDict):
    """What a person decided on this machine: hashes taken on trust, and pickles allowed."""

    trusted: dict[str, dict[str, dict[str, str | int]]]
    pickles: list[str]


class Cache:
    """The cache folder; nothing is created before something is written."""

    def __init__(self, root: Path | None = None) -> None:
        """Use `root`, else `ATTUNE_CACHE`, else the platform's own place for caches."""
        chosen = root or os.environ.get("ATTUNE_CACHE") or platformdirs.user_cache_dir("attune")
        self.root = Path(chosen).expanduser()

    def folder(self, name: str) -> Path:
        """Return where the verified files of an entry are, or will be."""
        return self.root / "weights" / name

    def partial(self, name: str) -> Path:
        """Return an entry's work folder, made if need be."""
        folder = self.root / "partial" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def forget_partial(self, name: str) -> None:
        """Remove an entry's work folder."""
        shutil.rmtree(self.root / "partial" / name, ignore_errors=True)

    def forget_empty_partial(self, name: str) -> None:
        """Remove an entry's work folder if there is nothing in it to resume from."""
        with contextlib.suppress(OSError):
            (self.root / "partial" / name).rmdir()

    def publish(self, name: str, file: str) -> None:
        """Move a verified file from the work folder to its place in one step."""
        target = self.folder(name) / file
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.partial(name) / file, target)

    @contextmanager
    def lock(self, name: str, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold an entry's lock; `waiting` is called once if another process has it."""
        path = self.root / "locks" / f"{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waiting()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def demand_space(self, name: str, size: int) -> None:
        """Refuse to begin what cannot fit.

        Raises:
            WeightsError: fewer than `size` bytes (and a little more) are free.
        """
        free = shutil.disk_usage(self.partial(name)).free
        if free < size + SPARE:
            raise disk_full(name, self.root, f"{(size + SPARE) / 1e6:.0f} MB are needed, ")

    def decisions(self) -> Decisions:
        """Return what was decided on this machine; nothing when the file is not there."""
        try:
            found = json.loads((self.root / "decisions.json").read_text("utf-8"))
            return {"trusted": dict(found["trusted"]), "pickles": list(found["pickles"])}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {"trusted": {}, "pickles": []}

    def trust(self, name: str, pins: dict[str, Pin]) -> None:
        """Remember the files that were seen as the only ones to accept from now on."""
        seen = {file: pin.model_dump() for file, pin in pins.items()}
        with self._deciding() as decisions:
            decisions["trusted"][name] = seen

    def allow_pickle(self, name: str) -> None:
        """Remember that an entry's pickles may be loaded."""
        with self._deciding() as decisions:
            decisions["pickles"] = sorted({*decisions["pickles"], name})

    @contextmanager
    def _deciding(self) -> Iterator[Decisions]:
        with self.lock("decisions"):
            decisions = self.decisions()
            yield decisions
            draft = self.root / "decisions.json.new"
            draft.write_text(json.dumps(decisions, indent=1), "utf-8")
            os.replace(draft, self.root / "decisions.json")


def sha256(path: Path) -> str:
    """Return a file's sha256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seen_pin(path: Path) -> Pin:
    """Return what a file is now, as a pin."""
    return Pin(sha256=sha256(path), size=path.stat().st_size)


def matches(path: Path, pin: Pin) -> bool:
    """Tell whether a file is the pinned one, by size first and then by hash."""
    if pin.sha256 is None or not has_size(path, pin):
        return False
    return sha256(path) == pin.sha256


def has_size(path: Path, pin: Pin) -> bool:
    """Tell whether a file is there with the pinned size; cheap."""
    try:
        found = path.stat().st_size
    except OSError:
        return False
    return path.is_file() and (pin.size is None or pin.size == found)


def holds_pickle(path: Path) -> bool:
    """Tell whether a file is a pickle or a torch archive around one, whatever its name says."""
    with path.open("rb") as file:
        head = file.read(2)
    if head[:1] == b"\x80" and head[1:] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return True
    if head == b"PK" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(member.endswith(".pkl") for member in archive.namelist())
    return False


def disk_full(name: str, root: Path, need: str = "") -> WeightsError:
    """Describe a full disk."""
    return WeightsError(
        f"the disk is full while fetching {name!r}: {need}free some space under {str(root)!r} "
        "or set ATTUNE_CACHE to a folder on another disk, then run the same command again"
    )


def is_disk_full(error: BaseException) -> bool:
    """Tell whether an error, or what caused it, is `ENOSPC`."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
