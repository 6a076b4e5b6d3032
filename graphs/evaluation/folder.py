"""A run's folder: what was asked, what came of it, and what that was worth.

```
manifest.json      what decides the predictions, and where they were made
items.jsonl        the items with their gold labels; text of the corpus, whose licence holds
predictions.jsonl  an item a line, written as it is done, so that a killed run goes on
scores.json        made from the two above
```
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from tools.errors import ConfigError, DataError
from tools.records import EarlierTurn, Scores

MANIFEST, ITEMS, PREDICTIONS, SCORES = (
    "manifest.json",
    "items.jsonl",
    "predictions.jsonl",
    "scores.json",
)
ABOUT_THE_PLACE = frozenset({"machine", "began", "command"})
"""Keys of a manifest that do not decide what is predicted."""


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
                f"{path.name!r} holds no run; make one with `python -m graphs evaluate --out`"
            )
        return cls(path)

    @property
    def name(self) -> str:
        """The folder's own name, by which tables call the run."""
        return self.path.name

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the predictions, and where they were made."""
        return dict(_read(self.path / MANIFEST))

    @property
    def scores(self) -> dict[str, Any]:
        """What the predictions were worth.

        Raises:
            DataError: the run was broken off before it was scored.
        """
        return dict(_read(self.path / SCORES))

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
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lines = (json.dumps(item, ensure_ascii=False) for item in items)
            (self.path / ITEMS).write_text("\n".join(lines) + "\n", "utf-8")
            _replace(self.path / MANIFEST, manifest)  # last: with it there is a run
        except OSError as error:
            raise unwritable(self.path, error) from error

    def require_same(self, manifest: Mapping[str, Any]) -> None:
        """Refuse to go on with a run that was begun under other conditions.

        Raises:
            ConfigError: something that decides predictions differs; it is named.
        """
        old, new = _deciding(self.manifest), _deciding(json.loads(json.dumps(manifest)))
        differing = sorted(k for k in {*old, *new} if old.get(k) != new.get(k))
        if differing:
            raise ConfigError(
                f"{self.name!r} was begun with other {', '.join(differing)}; "
                "give another --out, or the same settings"
            )

    def items(self) -> list[ItemRecord]:
        """Return the items, in the order of the corpus."""
        return list(_lines(self.path / ITEMS))

    def predictions(self) -> list[Prediction]:
        """Return the predictions that are there, in the order of the items.

        A last line that was cut off by a kill is left out.
        """
        path = self.path / PREDICTIONS
        found = {line["id"]: line for line in _lines(path, cut=True)} if path.exists() else {}
        return [found[item["id"]] for item in self.items() if item["id"] in found]

    def append(self, prediction: Prediction) -> None:
        """Write one prediction behind the others; a killed program loses none of them.

        Raises:
            DataError: the disk is full, or the file cannot be written.
        """
        line = json.dumps(prediction, ensure_ascii=False) + "\n"
        try:
            with (self.path / PREDICTIONS).open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def tidy(self) -> None:
        """Write the predictions afresh, in the order of the items."""
        lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in self.predictions()]
        path = self.path / PREDICTIONS
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text("".join(lines), "utf-8")
            fresh.replace(path)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def score(self, scores: Mapping[str, Any]) -> None:
        """Write the scores.

        Raises:
            DataError: the disk is full, or the file cannot be written.
        """
        try:
            _replace(self.path / SCORES, scores)
        except OSError as error:
            raise unwritable(self.path, error) from error


def unwritable(path: Path, error: OSError) -> DataError:
    """Return the error of a run that cannot be written; what was written before stays."""
    return DataError(
        f"cannot write the run {path.name!r} ({error.strerror}); what is done is kept: make room, "
        "then go on with --resume"
    )


def _deciding(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in manifest.items() if key not in ABOUT_THE_PLACE}


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"the run {path.parent.name!r} has no readable {path.name}; "
            "finish it with `python -m graphs evaluate ... --resume`"
        ) from error


def _lines(path: Path, *, cut: bool = False) -> Iterator[Any]:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise DataError(f"the run {path.parent.name!r} has no {path.name}") from error
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            yield json.loads(line)
        except ValueError as error:
            if cut and number == len(lines):
                return
            raise DataError(f"{path.name}:{number} of {path.parent.name!r} is no JSON") from error


def _replace(path: Path, value: Mapping[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")
    fresh.replace(path)
