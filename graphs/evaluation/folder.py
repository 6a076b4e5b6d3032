"""A run's folder: what was asked, what came of it, and what that was worth.

```
manifest.json      what decides the predictions, and where they were made
items.jsonl        the items with their gold labels; text of the corpus, whose licence holds
predictions.jsonl  an item a line, written as it is done, so that a killed run goes on
scores.json        made from the two above
```
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from graphs.provenance import SCORING, differing, versions
from tools import journal
from tools.errors import ConfigError, DataError
from tools.judging.replies import Asked, Run
from tools.records import EarlierTurn, Scores

MANIFEST, ITEMS, PREDICTIONS, SCORES = (
    "manifest.json",
    "items.jsonl",
    "predictions.jsonl",
    "scores.json",
)


class ItemRecord(TypedDict):
    """One item as a run keeps it; see `graphs.evaluation.items.Item`."""

    id: str
    dialogue: str
    said: str
    before: list[EarlierTurn]
    reference: str
    gold: dict[str, str]
    groups: dict[str, str]
    clips: int
    missing: int


class Prediction(TypedDict):
    """What a graph made of one item.

    Attributes:
        id: the item's.
        predicted: the label or the text by step, in Attune's own labels; empty where there is none.
        scores: the distribution by step, for the steps that have one.
        given: steps that held the gold label, or text, for the steps behind them.
        unparsable: steps whose model failed or said nothing that could be read; they count as
            wrong, whatever the rest of the graph went on with.
        ms: milliseconds by node; where many items run at once, the waiting is in it.
        notes: what the nodes noted, as `node: text`.
        plan: the strategy that the reply was to follow, given or predicted; empty without one.
        risk: how the screen graded the message; here it changes no route.
        readings: why a modality was missing, empty where it was read, by modality.
        log_probabilities: of the tokens of the reference, as the responder's model foresees them;
            absent where they were not asked for.
        failed: why there is no prediction at all; absent where there is one.
    """

    id: str
    predicted: dict[str, str]
    scores: dict[str, Scores]
    given: list[str]
    unparsable: list[str]
    ms: dict[str, float]
    notes: list[str]
    plan: str
    risk: str
    readings: dict[str, str]
    log_probabilities: NotRequired[list[float]]
    failed: NotRequired[str]


class RunFolder:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is read or written yet."""
        self.path = path

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
    def manifest(self) -> dict[str, Any]:
        """What decides the predictions, and where they were made."""
        return self._read(MANIFEST)

    @property
    def scores(self) -> dict[str, Any]:
        """What the predictions were worth, and by which versions of the packages that score.

        Raises:
            DataError: the run was broken off before it was scored.
        """
        return self._read(SCORES)

    def begin(self, manifest: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> None:
        """Write manifest and items of a new run.

        Raises:
            ConfigError: there is a run already.
            DataError: the disk is full, or the folder cannot be written.
        """
        if (self.path / MANIFEST).exists():
            raise ConfigError(
                f"{self.name!r} holds a run already; go on with it by --resume, or give another "
                "--out"
            )
        with writing(self.path):
            journal.replace(self.path / ITEMS, "".join(map(journal.line, items)))
            journal.replace_json(self.path / MANIFEST, manifest)  # last: with it there is a run

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
            DataError: they are not there, or a line is damaged.
        """
        return [record for _, record in journal.records(self.path / ITEMS)]

    def predictions(self) -> list[Prediction]:
        """Return the predictions that are there, in the order of the items.

        A last line that was cut off by a kill is left out.

        Raises:
            DataError: a line is damaged.
        """
        path = self.path / PREDICTIONS
        found = {line["id"]: line for _, line in journal.records(path)} if path.exists() else {}
        return [found[item["id"]] for item in self.items() if item["id"] in found]

    def replies(self) -> Run:
        """Return what was asked and what was replied, to be judged or rated.

        Raises:
            DataError: a file is not there, or not as a run writes it.
        """
        try:
            asked = [
                Asked(item["id"], item["dialogue"], tuple(item["before"]), item["said"])
                for item in self.items()
            ]
            replies = {
                one["id"]: one["predicted"].get("response", "") for one in self.predictions()
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"the run {self.name!r} is not as `python -m graphs evaluate` writes it "
                f"({type(error).__name__}: {error}); make it again"
            ) from error
        return Run(self.name, asked, replies)

    def append(self, prediction: Prediction) -> None:
        """Write one prediction behind the others; a killed program loses none of them.

        Raises:
            DataError: the disk is full, or the file cannot be written.
        """
        with writing(self.path):
            journal.append(self.path / PREDICTIONS, prediction)

    def tidy(self) -> None:
        """Write the predictions afresh, in the order of the items.

        Raises:
            DataError: the disk is full, or the file cannot be written.
        """
        text = "".join(map(journal.line, self.predictions()))
        with writing(self.path):
            journal.replace(self.path / PREDICTIONS, text)

    def score(self, scores: Mapping[str, Any]) -> None:
        """Write the scores, and which packages made them.

        Raises:
            DataError: the disk is full, or the file cannot be written.
        """
        with writing(self.path):
            journal.replace_json(self.path / SCORES, {**scores, "scored_with": versions(SCORING)})

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.path / name).read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise DataError(
                f"the run {self.name!r} has no readable {name}; "
                "finish it with `python -m graphs evaluate ... --resume`"
            ) from error


def writing(path: Path) -> AbstractContextManager[None]:
    """Say in a sentence that a run cannot be written; what was written before stays."""
    return journal.writing(
        f"the run {path.name!r}", "what is done is kept: make room, then go on with --resume"
    )
