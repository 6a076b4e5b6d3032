"""Read what judges filled in: adherence and preference by arm, and how well judges agree."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict

from pydantic import BaseModel, Field, ValidationError

from benchmarks.care.runs import Run
from benchmarks.care.sheets import Kind, Place, read_key
from tools.errors import DataError
from tools.metrics.resampling import Measured, grouped_mean, mean


class AdherenceLine(BaseModel, extra="ignore"):
    """What a judge says of one reply."""

    id: str
    follows: bool
    advises: bool
    score: int = Field(ge=1, le=5)
    note: str = ""


class PreferenceLine(BaseModel, extra="ignore"):
    """Which of two replies a judge would rather get."""

    id: str
    better: Literal["a", "b", "same"]
    note: str = ""


class Label(TypedDict):
    """One judged reply; `places` as in the key, `given` what the judge filled in."""

    places: list[Place]
    given: dict[str, Any]


class Labels(TypedDict):
    """What one judge said of one sheet, by line."""

    kind: Kind
    sheet: str
    judge: str
    lines: dict[str, Label]


@dataclass(frozen=True)
class Preference:
    """How often one arm is preferred over another, a tie counting half.

    Attributes:
        ours: the arm that is asked about.
        theirs: the other.
        share: the share of pairs that it wins, over both orders.
        steady: the share of pairs whose winner stays the same when they change places.
        first: the share of lines in which the reply that stood first was preferred.
    """

    ours: str
    theirs: str
    share: Measured
    steady: float
    first: float


@dataclass(frozen=True)
class Agreement:
    """How well two columns of labels agree, of what, on how many lines; kappa is Cohen's."""

    what: str
    n: int
    accuracy: float
    kappa: float


@dataclass(frozen=True)
class Adherence:
    """What one judge found in the replies of each arm."""

    judge: str
    follows: dict[str, Measured] = field(default_factory=dict)
    advises: dict[str, Measured] = field(default_factory=dict)
    score: dict[str, Measured] = field(default_factory=dict)


def take_labels(run: Run, sheet: Path, judge: str) -> Labels:
    """Read a filled-in sheet, keep its labels in the run folder, and return them.

    Raises:
        DataError: a line is not filled in, is unknown, or is missing.
        ConfigError: the run has no such sheet.
    """
    key = read_key(run, sheet.stem)
    schema = AdherenceLine if key["kind"] == "adherence" else PreferenceLine
    found: dict[str, Label] = {}
    try:
        lines = sheet.read_text("utf-8").splitlines()
    except OSError as error:
        raise DataError(f"the sheet {sheet.name!r} cannot be read ({error}); give a file") from None
    for number, text in enumerate(filter(str.strip, lines), 1):
        try:
            line = schema.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise DataError(
                f"line {number} of {sheet.name!r} is wrong at {where!r} ({first['msg']}); "
                "fill in every line as the task says"
            ) from None
        if line.id not in key["lines"]:
            raise DataError(f"line {number} of {sheet.name!r} has the unknown id {line.id!r}")
        found[line.id] = Label(places=key["lines"][line.id], given=line.model_dump(exclude={"id"}))
    if missing := sorted(set(key["lines"]) - set(found)):
        raise DataError(
            f"the sheet {sheet.name!r} lacks {len(missing)} lines, the first {missing[0]!r}; "
            "judge the whole sheet"
        )
    labels = Labels(kind=key["kind"], sheet=sheet.stem, judge=judge, lines=found)
    name = "".join(c if c.isalnum() else "-" for c in judge.lower())
    run.path("labels", f"{sheet.stem}.{name}.json").write_text(
        json.dumps(labels, ensure_ascii=False, indent=1), "utf-8"
    )
    return labels


def read_labels(run: Run) -> list[Labels]:
    """Return everything that judges said of a run, by sheet and judge."""
    files = sorted((run.folder / "labels").glob("*.json"))
    return [json.loads(path.read_text("utf-8")) for path in files]


def adherence(labels: Labels) -> Adherence:
    """Return what a judge found, arm by arm."""
    arms: dict[str, list[Label]] = {}
    for label in labels["lines"].values():
        arms.setdefault(label["places"][0]["arm"], []).append(label)

    def of(name: str) -> dict[str, Measured]:
        return {arm: _over_conversations(part, name) for arm, part in sorted(arms.items())}

    return Adherence(labels["judge"], of("follows"), of("advises"), of("score"))


def preference(labels: Labels) -> Preference:
    """Return how often the first-named arm of a sheet of pairs is preferred."""
    arms = {place["arm"] for label in labels["lines"].values() for place in label["places"]}
    ours = "full" if "full" in arms else max(arms)
    [theirs] = arms - {ours}
    pairs: dict[tuple[str, int], list[float]] = {}
    first = []
    for label in labels["lines"].values():
        a = label["places"][0]
        won = {"a": 1.0, "b": 0.0, "same": 0.5}[label["given"]["better"]]
        first.append(won)
        pairs.setdefault((a["conversation"], a["turn"]), []).append(
            won if a["arm"] == ours else 1 - won
        )
    groups: dict[str, list[float]] = {}
    for (conversation, _), wins in pairs.items():
        groups.setdefault(conversation, []).append(mean(wins))
    steady = mean([float(len(set(wins)) == 1) for wins in pairs.values()])
    return Preference(ours, theirs, grouped_mean(groups), steady, mean(first))


def agreement(one: Labels, other: Labels) -> list[Agreement]:
    """Return how well two judges of the same sheet agree, column by column."""
    columns = ("follows", "advises") if one["kind"] == "adherence" else ("better",)
    shared = sorted(set(one["lines"]) & set(other["lines"]))
    return [
        agree(
            column,
            [str(one["lines"][line]["given"][column]) for line in shared],
            [str(other["lines"][line]["given"][column]) for line in shared],
        )
        for column in columns
    ]


def agree(what: str, one: Sequence[str], other: Sequence[str]) -> Agreement:
    """Compare two columns of labels.

    Kappa is 1 where both hold one and the same label throughout: chance then explains everything,
    but nothing disagrees.
    """
    from sklearn.metrics import cohen_kappa_score

    same = [a == b for a, b in zip(one, other, strict=True)]
    kappa = 1.0 if all(same) else float(cohen_kappa_score(list(one), list(other)))
    return Agreement(what, len(same), mean([float(s) for s in same]) if same else 0.0, kappa)


def _over_conversations(labels: Sequence[Label], name: str) -> Measured:
    groups: dict[str, list[float]] = {}
    for label in labels:
        groups.setdefault(label["places"][0]["conversation"], []).append(
            float(label["given"][name])
        )
    return grouped_mean(groups)


def by_sheet(labels: Sequence[Labels]) -> Mapping[str, list[Labels]]:
    """Return the labels of each sheet together."""
    found: dict[str, list[Labels]] = {}
    for each in labels:
        found.setdefault(each["sheet"], []).append(each)
    return found
