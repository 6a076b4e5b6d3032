"""Small runs of the care measurement, made for one test."""

import json
from pathlib import Path
from typing import Any

from benchmarks.care.fixed_set import PersonTurn, Probe, Talk
from benchmarks.care.runs import Row, Run


def talk(id: str = "made", turns: int = 3) -> Talk:
    said = [PersonTurn(text=f"Part {i} of my story.", emotion="sadness") for i in range(turns)]
    probe = Probe(turn=10, remember=["whistl"]) if turns >= 10 else None
    return Talk(id=id, problem="Bereavement", voice="plain", turns=said, probe=probe)


def row(**changes: Any) -> Row:
    made: dict[str, Any] = {
        "arm": "full",
        "conversation": "made",
        "turn": 1,
        "said": "They gave me a whistle and I left.",
        "emotion": "sadness",
        "act": "",
        "plan": "Restatement",
        "why": "",
        "felt": "sadness",
        "stage": "",
        "moment": "",
        "route": "support",
        "examples": [],
        "reply": "You left with a whistle in your hand.",
        "fixed": False,
        "first_s": 1.0,
        "total_s": 2.0,
        "notes": [],
    }
    return Row(**{**made, **changes})  # type: ignore[typeddict-item]


def made_run(folder: Path, conversations: int = 4, turns: int = 3) -> Run:
    """Return a run of two arms whose replies all differ."""
    run = Run(folder)
    run.begin("set", "stub")
    for arm in ("alone", "full"):
        run.enter(arm, {"model": "chat"})
        for name in range(conversations):
            run.add(
                row(
                    arm=arm,
                    conversation=f"c{name}",
                    turn=turn,
                    plan="Restatement" if arm == "full" else "",
                    reply=f"{arm.capitalize()} reply {turn} of {name}.",
                )
                for turn in range(1, turns + 1)
            )
    return run


def fill(sheet: Path, **given: Any) -> None:
    """Fill in every line of a sheet alike; a callable is given the line."""
    lines = [json.loads(line) for line in sheet.read_text("utf-8").splitlines()]
    for line in lines:
        line |= {name: value(line) if callable(value) else value for name, value in given.items()}
    sheet.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
