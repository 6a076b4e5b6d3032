"""A run folder: what was measured on what, and every reply; a killed run goes on where it was.

```
manifest.json        the set, the machine, and of each arm its model, graph and hashes
transcripts.jsonl    one reply a line; a conversation is written when it is over
latency.jsonl        seconds of turns that had the machine to themselves
sheets/ keys/        blind sheets for judges, and what they do not show
labels/              what judges said
classified/          what the classifier said
explanations.yaml    why the worst replies are as they are, written by people; optional
```
"""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

from benchmarks.care.arms import Answer
from benchmarks.care.fixed_set import Talk
from benchmarks.machine import describe
from tools.errors import ConfigError, DataError


class Row(Answer):
    """One reply of a run; `turn` counts from 1."""

    arm: str
    conversation: str
    turn: int
    said: str
    emotion: str
    act: str


class Manifest(TypedDict):
    """What a run was made with; `arms` holds the facts of each arm."""

    set: str
    profile: str
    machine: str
    python: str
    arms: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Run:
    """A run folder."""

    folder: Path

    @property
    def _manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def _transcripts(self) -> Path:
        return self.folder / "transcripts.jsonl"

    @property
    def _latency(self) -> Path:
        return self.folder / "latency.jsonl"

    def begin(self, digest: str, profile: str) -> None:
        """Make the folder, or take up one that was begun with the same set and profile.

        Raises:
            ConfigError: it was begun with others.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._manifest.is_file():
            made = Manifest(
                set=digest,
                profile=profile,
                machine=describe(),
                python=platform.python_version(),
                arms={},
            )
            self._save(made)
            return
        manifest = self.manifest()
        if (manifest["set"], manifest["profile"]) != (digest, profile):
            raise ConfigError(
                f"the run {self.folder.name!r} was begun with another set of conversations or "
                "another profile; give another folder with --out"
            )

    def enter(self, arm: str, facts: dict[str, str]) -> None:
        """Note what an arm runs on.

        Raises:
            ConfigError: the arm was begun with another model, graph or prompt.
        """
        manifest = self.manifest()
        known = manifest["arms"].setdefault(arm, facts)
        if known != facts:
            changed = sorted(k for k in {*known, *facts} if known.get(k) != facts.get(k))
            raise ConfigError(
                f"the arm {arm!r} of the run {self.folder.name!r} was begun with another "
                f"{', '.join(changed)}; give another folder with --out"
            )
        self._save(manifest)

    def manifest(self) -> Manifest:
        """Return what the run was made with.

        Raises:
            DataError: the folder is no run.
        """
        try:
            return cast(Manifest, json.loads(self._manifest.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise DataError(
                f"the folder {self.folder.name!r} is no run ({error}); "
                "`python -m benchmarks care --out FOLDER` makes one"
            ) from error

    def rows(self) -> list[Row]:
        """Return every reply; a line that a killed run left unfinished is dropped."""
        return [cast(Row, row) for row in _read(self._transcripts)]

    def keep_whole(self, talks: Sequence[Talk]) -> set[tuple[str, str]]:
        """Drop conversations that are not whole and return the others, as arm and id."""
        lengths = {talk.id: len(talk.turns) for talk in talks}
        rows = self.rows()
        counted: dict[tuple[str, str], int] = {}
        for row in rows:
            place = (row["arm"], row["conversation"])
            counted[place] = counted.get(place, 0) + 1
        whole = {place for place, n in counted.items() if n == lengths.get(place[1], n)}
        kept = [row for row in rows if (row["arm"], row["conversation"]) in whole]
        if len(kept) < len(rows) or self._transcripts.is_file():
            self._transcripts.write_text(_lines(kept), "utf-8")
        return whole

    def add(self, rows: Iterable[Row]) -> None:
        """Append a whole conversation."""
        _append(self._transcripts, rows)

    def add_latency(self, rows: Iterable[Row]) -> None:
        """Append turns that were measured alone."""
        _append(self._latency, rows)

    def latency(self) -> list[Row]:
        """Return the turns that were measured alone."""
        return [cast(Row, row) for row in _read(self._latency)]

    def path(self, part: str, name: str) -> Path:
        """Return a file of a part of the folder, whose own folder is made."""
        (self.folder / part).mkdir(parents=True, exist_ok=True)
        return self.folder / part / name

    def _save(self, manifest: Manifest) -> None:
        self._manifest.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", "utf-8")


def _lines(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _append(path: Path, rows: Iterable[Row]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(_lines(rows))


def _read(path: Path) -> list[object]:
    if not path.is_file():
        return []
    found = []
    for line in path.read_text("utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue  # the run was killed while it wrote
    return found
