"""Blind sheets: replies without the name of their arm, and the key that tells it."""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, TypedDict

from pydantic import BaseModel

from benchmarks.care.arms import ALONE, FULL
from benchmarks.care.runs import Row, Run
from benchmarks.care.scores import by_arm
from tools.errors import ConfigError
from tools.yaml_file import read_yaml

Kind = Literal["adherence", "preference"]

_EARLIER = 2
"""Exchanges before the one that is judged."""


class Rubric(BaseModel, extra="forbid"):
    """What judges are told: the meaning of each plan, and the task of each kind of sheet."""

    plans: dict[str, str]
    moments: str
    adherence: str
    preference: str


class Place(TypedDict):
    """One reply of a run; `target` is the plan by which it is judged."""

    arm: str
    conversation: str
    turn: int
    target: str


class Key(TypedDict):
    """What a sheet does not show; `lines` holds one place, or for a pair that of `a` and of `b`."""

    kind: Kind
    seed: int
    lines: dict[str, list[Place]]


Index = Mapping[tuple[str, str, int], Row]


@cache
def rubric() -> Rubric:
    """Return what judges are told."""
    return read_yaml(Path(__file__).with_name("rubric.yaml"), Rubric, "rubric")


def write_sheet(
    run: Run, kind: Kind, *, n: int = 60, seed: int = 0, arms: Sequence[str] = ()
) -> Path:
    """Write a blind sheet, the task beside it and the key, and return the sheet's path.

    Args:
        run: the run whose replies are judged.
        kind: `adherence` for single replies, `preference` for pairs, each in both orders.
        n: how many replies, or pairs, are drawn; 0 for all.
        seed: decides the draw and the order.
        arms: the arms; left out, all for `adherence`, and `full` and `alone` for `preference`.

    Raises:
        ConfigError: the run does not hold what is asked for.
    """
    rows = by_arm(run.rows())
    if kind == "adherence":
        lines, key = _singles(rows, arms or tuple(rows), n, seed)
    else:
        lines, key = _pairs(rows, arms or (FULL, ALONE), n, seed)
    if not lines:
        raise ConfigError(f"the run {run.folder.name!r} has nothing to judge; run its arms first")
    name = "-".join([kind, *arms, str(n), str(seed)])
    run.path("keys", f"{name}.json").write_text(json.dumps(key, indent=1), "utf-8")
    run.path("sheets", f"{name}.md").write_text(
        getattr(rubric(), kind) + "\n" + rubric().moments + "\n", "utf-8"
    )
    sheet = run.path("sheets", f"{name}.jsonl")
    sheet.write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines), "utf-8")
    return sheet


def read_key(run: Run, sheet: str) -> Key:
    """Return the key of a sheet by its name.

    Raises:
        ConfigError: the run has no such sheet.
    """
    path = run.folder / "keys" / f"{sheet}.json"
    if not path.is_file():
        raise ConfigError(
            f"the run {run.folder.name!r} has no key of a sheet {sheet!r}; give the run with --run"
        )
    key: Key = json.loads(path.read_text("utf-8"))
    return key


def _singles(
    rows: Mapping[str, Sequence[Row]], arms: Sequence[str], n: int, seed: int
) -> tuple[list[dict[str, object]], Key]:
    draw, index = random.Random(seed), _index(rows)
    places: list[Place] = []
    for arm in arms:
        can = [
            place
            for row in rows.get(arm, ())
            if (place := _place(row, index)) is not None and row["reply"]
        ]
        share = -(-n // len(arms)) if n else len(can)
        places += draw.sample(can, min(share, len(can)))
    draw.shuffle(places)
    lines: list[dict[str, object]] = []
    keys: dict[str, list[Place]] = {}
    for number, place in enumerate(places, 1):
        row = index[place["arm"], place["conversation"], place["turn"]]
        target = index.get((FULL, place["conversation"], place["turn"]), row)
        name = f"r{number:03}"
        keys[name] = [place]
        lines.append(
            {
                "id": name,
                "earlier": _earlier(row, index),
                "said": row["said"],
                "plan": place["target"],
                "means": rubric().plans.get(place["target"], ""),
                "moment": row["moment"] or target["moment"],
                "reply": row["reply"],
                "follows": None,
                "advises": None,
                "score": None,
                "note": "",
            }
        )
    return lines, Key(kind="adherence", seed=seed, lines=keys)


def _pairs(
    rows: Mapping[str, Sequence[Row]], arms: Sequence[str], n: int, seed: int
) -> tuple[list[dict[str, object]], Key]:
    if len(arms) != 2 or any(arm not in rows for arm in arms):
        raise ConfigError(
            f"a preference needs two arms of the run, not {', '.join(arms) or 'none'}; "
            f"the run holds {', '.join(rows) or 'none'}"
        )
    draw, index = random.Random(seed), _index(rows)
    ours, theirs = arms
    can = [
        (row, index[theirs, row["conversation"], row["turn"]])
        for row in rows[ours]
        if (theirs, row["conversation"], row["turn"]) in index
    ]
    # Two equal replies tell nothing.
    can = [(x, y) for x, y in can if x["reply"] and y["reply"] and x["reply"] != y["reply"]]
    drawn = draw.sample(can, min(n or len(can), len(can)))
    first = [pair if draw.random() < 0.5 else pair[::-1] for pair in drawn]
    second = [pair[::-1] for pair in first]
    draw.shuffle(first)
    draw.shuffle(second)
    lines: list[dict[str, object]] = []
    keys: dict[str, list[Place]] = {}
    for number, (a, b) in enumerate([*first, *second], 1):
        name = f"p{number:03}"
        keys[name] = [_at(a, ""), _at(b, "")]
        lines.append(
            {
                "id": name,
                "said": a["said"],
                "a": {"earlier": _earlier(a, index), "reply": a["reply"]},
                "b": {"earlier": _earlier(b, index), "reply": b["reply"]},
                "better": None,
                "note": "",
            }
        )
    return lines, Key(kind="preference", seed=seed, lines=keys)


def _place(row: Row, index: Index) -> Place | None:
    """Return a reply with the plan it is judged by; None where there is none to follow.

    An arm without a plan is judged by that of the full graph in the same turn: how often a model
    does by itself what the plan asks for is the floor that the plan has to beat.
    """
    if row["route"] != "support":
        return None
    target = row["plan"]
    if not target and (planned := index.get((FULL, row["conversation"], row["turn"]))):
        target = planned["plan"] if planned["route"] == "support" else ""
    return _at(row, target) if target else None


def _at(row: Row, target: str) -> Place:
    return Place(arm=row["arm"], conversation=row["conversation"], turn=row["turn"], target=target)


def _index(rows: Mapping[str, Iterable[Row]]) -> dict[tuple[str, str, int], Row]:
    return {
        (row["arm"], row["conversation"], row["turn"]): row
        for part in rows.values()
        for row in part
    }


def _earlier(row: Row, index: Index) -> list[dict[str, str]]:
    turns = range(max(1, row["turn"] - _EARLIER), row["turn"])
    before = (index.get((row["arm"], row["conversation"], turn)) for turn in turns)
    return [{"person": r["said"], "supporter": r["reply"]} for r in before if r is not None]
