"""Example rows, and files of them."""

import json
from pathlib import Path
from typing import Any

SAID = "The letter about the flat came today, and I have carried it round all evening unopened."
REPLY = "It has been a long evening with that envelope. What do you picture when you hold it?"


def row(**changes: Any) -> dict[str, Any]:
    """Return a row with which nothing is wrong, as far as nothing is changed."""
    made = {
        "id": "ex-900",
        "problem": "Personal development",
        "stage": "exploration",
        "situation": "A 40-year-old baker waits for news of a flat.",
        "before": [],
        "said": SAID,
        "emotion": "fear",
        "intensity": 3,
        "strategy": "Open question",
        "system_emotion": "neutral",
        "reply": REPLY,
        "why": "It is early.",
        "licence": "CC BY 4.0",
    }
    return {**made, **changes}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), "utf-8")
    return path
