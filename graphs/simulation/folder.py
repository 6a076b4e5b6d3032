"""The folder of a simulation: what was asked for, and every dialogue as soon as it is finished."""

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from graphs.provenance import differing
from graphs.simulation.records import Simulated, parse
from tools import journal
from tools.errors import ConfigError, DataError

MANIFEST = "manifest.json"
FINISHED = "finished.jsonl"
DROPPED = "dropped.jsonl"
SUMMARY = "summary.json"

_MAY_CHANGE = frozenset({"count", "format", "at_once"})
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
            if other := differing(_read(known), manifest, _MAY_CHANGE):
                raise ConfigError(
                    f"the simulation in {path.name!r} was made with another {', '.join(other)}; "
                    "give the same again, or another --out"
                )
        with self._writing():
            journal.replace_json(known, manifest)

    def finished(self) -> list[Simulated]:
        """Return the dialogues that are there, in the order of their indices.

        A last line that a kill cut short is left out: its dialogue is made again. Of two tries of
        one dialogue the later counts.

        Raises:
            DataError: a line is damaged.
        """
        file = self.path / FINISHED
        if not file.exists():
            return []
        found = {d.index: d for d in (parse(text, n) for n, text in journal.lines(file))}
        return [found[index] for index in sorted(found)]

    def add(self, dialogue: Simulated) -> None:
        """Put a finished dialogue on disk, so that no kill takes it back.

        Raises:
            DataError: the disk is full or gone.
        """
        with self._writing():
            journal.append(self.path / FINISHED, dialogue.row())

    def write(self, name: str, text: str) -> Path:
        """Write a file that is made anew at the end of every run, whole or not at all.

        Raises:
            DataError: the disk is full or gone.
        """
        with self._writing():
            journal.replace(self.path / name, text)
        return self.path / name

    def _writing(self) -> AbstractContextManager[None]:
        then = "make room or give another --out, and go on with --resume"
        return journal.writing(f"the simulation {self.path.name!r}", then)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path.name!r} of the simulation: {error}") from error
    if not isinstance(found, dict):
        raise DataError(f"{path.name!r} of the simulation is no object; give another --out")
    return found
