"""The folder of a simulation: what was asked for, and every dialogue as soon as it is finished."""

import json
import os
from pathlib import Path
from typing import Any

from graphs.simulation.records import Simulated, parse
from tools.errors import ConfigError, DataError

MANIFEST = "manifest.json"
FINISHED = "finished.jsonl"
DROPPED = "dropped.jsonl"
SUMMARY = "summary.json"

_MAY_CHANGE = frozenset({"count", "format", "at_once", "versions", "machine"})
"""What may be different when a run goes on: none of it changes a dialogue that is there."""


class SimulationFolder:
    """Where the dialogues of one run stand."""

    def __init__(self, path: Path, manifest: dict[str, Any], *, resume: bool) -> None:
        """Begin a run in a new folder, or go on with the one that stands there.

        Args:
            path: the folder; it is made.
            manifest: everything that the dialogues depend on.
            resume: go on.

        Raises:
            ConfigError: a run stands there and `resume` was not asked for, or it was made with
                something else (which is named).
            DataError: the folder cannot be written, or its manifest cannot be read.
        """
        self.path = path
        known = path / MANIFEST
        if known.exists():
            if not resume:
                raise ConfigError(
                    f"the folder {path.name!r} holds a simulation; go on with it by --resume, or "
                    "give another --out"
                )
            _require_same(_read(known), manifest, path.name)
        try:
            path.mkdir(parents=True, exist_ok=True)
            write_whole(known, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
        except OSError as error:
            raise _unwritable(path, error) from error

    def finished(self) -> list[Simulated]:
        """Return the dialogues that are there, in the order of their indices.

        A last line that a kill cut short is removed: its dialogue is made again. Of two tries of
        one dialogue the later counts.

        Raises:
            DataError: a line is damaged.
        """
        file = self.path / FINISHED
        if not file.exists():
            return []
        data = file.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            with file.open("r+b") as opened:
                opened.truncate(len(whole))
        # Not `splitlines`: it also cuts at marks that may stand inside a JSON string.
        lines = whole.decode("utf-8").split("\n")
        found = {d.index: d for d in (parse(t, n) for n, t in enumerate(lines, 1) if t)}
        return [found[index] for index in sorted(found)]

    def add(self, dialogue: Simulated) -> None:
        """Put a finished dialogue on disk, so that no kill takes it back.

        Raises:
            DataError: the disk is full or gone.
        """
        line = json.dumps(dialogue.row(), ensure_ascii=False) + "\n"
        try:
            with (self.path / FINISHED).open("ab") as file:
                file.write(line.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def write(self, name: str, text: str) -> Path:
        """Write a file that is made anew at the end of every run, whole or not at all.

        Raises:
            DataError: the disk is full or gone.
        """
        try:
            write_whole(self.path / name, text)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return self.path / name


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a kill leaves the old one or the new one.

    Raises:
        OSError: the disk is full or gone.
    """
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path.name!r} of the simulation: {error}") from error
    if not isinstance(found, dict):
        raise DataError(f"{path.name!r} of the simulation is no object; give another --out")
    return found


def _require_same(before: dict[str, Any], now: dict[str, Any], name: str) -> None:
    keys = (before.keys() | now.keys()) - _MAY_CHANGE
    # As JSON gives it back: a tuple is a list there.
    now = json.loads(json.dumps(now))
    if other := sorted(key for key in keys if before.get(key) != now.get(key)):
        raise ConfigError(
            f"the simulation in {name!r} was made with another {', '.join(other)}; "
            "give the same again, or another --out"
        )


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"cannot write into {path.name!r} ({error.strerror or type(error).__name__}); make room "
        "or give another --out, and go on with --resume"
    )
