"""A run's folder: what was asked, what came of it, and what that was worth.

```
manifest.json      what decides the predictions, and where they were made
items.jsonl        the items with their gold labels; text of the corpus, whose licence holds
predictions.jsonl  an item a line, written as it is done, so that a killed run goes on
scores.json        made from the two above
```
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from graphs.evaluation.records import (
    ITEM_RECORDS,
    MANIFESTS,
    PREDICTION_RECORDS,
    ItemRecord,
    Manifest,
    Prediction,
    checked,
    same_format,
)
from graphs.evaluation.scores import RUN_SCORES, RunScores
from graphs.provenance import SCORING, differing, versions
from tools import journal
from tools.errors import ConfigError, DataError
from tools.judging.replies import Asked, Run

MANIFEST, ITEMS, PREDICTIONS, SCORES = (
    "manifest.json",
    "items.jsonl",
    "predictions.jsonl",
    "scores.json",
)

_RESUME = "`python -m graphs evaluate ... --resume`"

_SYNC_S = 1.0
"""Seconds between two waits for the disk. A kill takes nothing that was handed to the system; what
a power cut may take of the last second is predicted again, and a wait for every line would cost
more than many a prediction."""

_Kind = TypeVar("_Kind")


class RunFolder:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is read or written yet."""
        self.path = path
        self._synced = 0.0

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Return the folder of a run that is there.

        Raises:
            ConfigError: it holds no run.
        """
        if not (path / MANIFEST).is_file():
            raise ConfigError(
                f"{cls(path).name!r} holds no run; make one with `python -m graphs evaluate --out`"
            )
        return cls(path)

    @property
    def name(self) -> str:
        """The folder's own name, by which tables call the run."""
        return self.path.absolute().name  # `.` has none

    @property
    def manifest(self) -> Manifest:
        """What decides the predictions, and where they were made.

        Raises:
            DataError: it is damaged, lacks something, or is of another format.
        """
        then = "nobody can tell what made the run: make it again with another --out"
        found = self._read(MANIFEST, then)
        if isinstance(found, dict):
            same_format(found, self.name)
        return checked(MANIFESTS, found, self._named(MANIFEST), then)

    @property
    def scores(self) -> RunScores:
        """What the predictions were worth, and by which versions of the packages that score.

        Raises:
            DataError: the run was broken off before it was scored, or the file is damaged.
        """
        then = f"finish the run with {_RESUME}"
        return checked(RUN_SCORES, self._read(SCORES, then), self._named(SCORES), then)

    def begin(self, manifest: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> None:
        """Write manifest and items of a new run.

        Raises:
            ConfigError: there is a run already, or what is left of one.
            DataError: the disk is full, or the folder cannot be written.
        """
        if (self.path / MANIFEST).exists():
            raise ConfigError(
                f"{self.name!r} holds a run already; go on with it by --resume, or give another "
                "--out"
            )
        if (self.path / PREDICTIONS).exists():
            raise ConfigError(
                f"{self.name!r} holds {PREDICTIONS} without a {MANIFEST}, so that nobody can tell "
                "what made them; give another --out"
            )
        with writing(self.path):
            journal.replace(self.path / ITEMS, _text(items))
            journal.replace_json(self.path / MANIFEST, manifest)  # last: with it there is a run

    def restore(self, items: Sequence[Mapping[str, Any]]) -> bool:
        """Write the items of the same run anew where they are not as they were; say whether.

        Raises:
            DataError: the disk is full, or the folder cannot be written.
        """
        file, text = self.path / ITEMS, _text(items)
        with writing(self.path):
            if file.is_file() and file.read_bytes() == text.encode():
                return False
            journal.replace(file, text)
        return True

    def require_same(self, manifest: Mapping[str, Any]) -> None:
        """Refuse to go on with a run that was begun under other conditions.

        Raises:
            ConfigError: something that decides predictions differs; it is named.
        """
        if found := differing(self.manifest, manifest):
            raise ConfigError(
                f"{self.name!r} was begun with other {', '.join(found)}; "
                "give another --out, or the same settings"
            )

    def items(self) -> list[ItemRecord]:
        """Return the items, in the order of the corpus.

        Raises:
            DataError: they are not all there, or a line is damaged.
        """
        then = f"{_RESUME} writes it anew from the corpus"
        should = self.manifest["items"]
        found = list(self._lines(ITEMS, ITEM_RECORDS, then))
        if len(found) != should:
            where = self._named(ITEMS)
            raise DataError(f"{where} holds {len(found)} items in place of {should}; {then}")
        return found

    def predictions(self) -> list[Prediction]:
        """Return the predictions that are there, in the order of the items.

        A last line that was cut off by a kill is left out.

        Raises:
            DataError: a line is damaged.
        """
        items, found = self.items(), dict[str, Prediction]()
        if (self.path / PREDICTIONS).exists():
            then = f"take the line out, and {_RESUME} predicts its item again"
            found = {one["id"]: one for one in self._lines(PREDICTIONS, PREDICTION_RECORDS, then)}
        return [found[item["id"]] for item in items if item["id"] in found]

    def replies(self) -> Run:
        """Return what was asked and what was replied, to be judged or rated.

        Raises:
            DataError: a file is not there, or damaged.
        """
        asked = [
            Asked(item["id"], item["dialogue"], tuple(item["before"]), item["said"])
            for item in self.items()
        ]
        replies = {one["id"]: one["predicted"].get("response", "") for one in self.predictions()}
        return Run(self.name, asked, replies)

    def append(self, prediction: Prediction) -> None:
        """Write one prediction behind the others; a killed program loses none of them.

        Raises:
            DataError: the disk is full, or the file cannot be written.
        """
        now = time.monotonic()
        sync = now - self._synced >= _SYNC_S
        with writing(self.path):
            journal.append(self.path / PREDICTIONS, prediction, sync=sync)
        if sync:
            self._synced = now

    def tidy(self) -> None:
        """Write the predictions afresh, in the order of the items, and wait for the disk.

        Raises:
            DataError: the disk is full, or the file cannot be written.
        """
        text = _text(self.predictions())
        with writing(self.path):
            journal.replace(self.path / PREDICTIONS, text)

    def score(self, scores: RunScores) -> None:
        """Write the scores, and which packages made them.

        Raises:
            DataError: the disk is full, or the file cannot be written.
        """
        with writing(self.path):
            journal.replace_json(self.path / SCORES, {**scores, "scored_with": versions(SCORING)})

    def _named(self, file: str) -> str:
        return f"{file} of the run {self.name!r}"

    def _read(self, file: str, then: str) -> Any:
        """Return what a file of one JSON value holds."""
        try:
            return json.loads((self.path / file).read_text("utf-8"))
        except OSError as error:
            raise DataError(
                f"{self._named(file)} cannot be read ({error.strerror}); {then}"
            ) from error
        except ValueError as error:
            line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise DataError(f"{file}{line} of the run {self.name!r} is no JSON; {then}") from error

    def _lines(self, file: str, kind: TypeAdapter[_Kind], then: str) -> Iterator[_Kind]:
        for number, record in journal.records(self.path / file, then):
            yield checked(kind, record, f"{file}:{number} of the run {self.name!r}", then)


def writing(path: Path) -> AbstractContextManager[None]:
    """Say in a sentence that a run cannot be written; what was written before stays."""
    return journal.writing(
        f"the run {path.name!r}",
        "see that there is room and that you may write there; then go on with --resume, which "
        "keeps what is done, or give another --out",
    )


def _text(records: Sequence[Mapping[str, Any]]) -> str:
    return "".join(map(journal.line, records))
