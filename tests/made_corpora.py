"""Small corpora written for the tests, in the formats of the published ones."""

import csv
import json
from pathlib import Path
from typing import Any

MESC_KEPT = [
    ("Client", "I hate this.", "anger"),
    ("Client", "All of it.", "anger"),
    ("Client", "Well.", "neutral"),
    ("Therapist", "Go on.", "neutral"),
    ("Client", "I am glad", "joy"),
    ("Client", "and I am sad.", "sadness"),
    ("Therapist", "Both?", "neutral"),
    ("Client", "I feel heavy.", "depression"),
]
MESC_HELD = [("Client", "Nothing new.", "neutral"), ("Therapist", "Really?", "neutral")]


def write_mesc(folder: Path) -> Path:
    """Write two dialogues, of which `val.json` holds the second."""
    strategies = {"Go on.": "Communication Skills", "Both?": "open question", "Really?": "Approval"}
    with (folder / "MESC.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Utterance", "Speaker", "Emotion", "Strategy", "Dialogue_ID"])
        for dialogue, lines in (("0", MESC_KEPT), ("1", MESC_HELD)):
            writer.writerows(
                [text, who, label, strategies.get(text, "undefined"), dialogue]
                for who, text, label in lines
            )
    held = {
        "problem_type": "Childhood Shadow ",
        "situation": "A quiet week.",
        "dialog": [{"text": f"{text} The speaker seems calm."} for _, text, _ in MESC_HELD],
    }
    (folder / "val.json").write_text(json.dumps([held]))
    return folder


def esconv_conversation(**changes: Any) -> dict[str, Any]:
    """Return a conversation of ESConv as the split files have it."""
    made = {
        "emotion_type": "anxiety",
        "problem_type": "job crisis",
        "situation": "A review is near.",
        "dialog": [
            {"text": "Good evening.", "speaker": "usr"},
            {"text": "Good evening to you.", "speaker": "sys", "strategy": "Others"},
            {"text": "My review is on Monday.", "speaker": "usr"},
            {"text": "I keep reading last year's.", "speaker": "usr"},
            {"text": "What stands in it?", "speaker": "sys", "strategy": "Question"},
        ],
    }
    return {**made, **changes}


def write_esconv(folder: Path, *conversations: dict[str, Any]) -> Path:
    """Write a training split, a conversation a line."""
    lines = conversations or (esconv_conversation(),)
    (folder / "train.txt").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def write_escot(folder: Path) -> Path:
    """Write a training split with one dialogue."""
    entry = {
        "id": 7,
        "original_data": {
            "dialog": [
                {"speaker": "supporter", "content": "Hello."},
                {"speaker": "seeker", "content": "I never finish anything."},
            ],
            "strategy": "Specify",
            "response": "Which thing is on your mind today?",
        },
        "cot_data": {"emotion": "The seeker feels stuck.", "emotion_stimuli": "Unfinished work."},
    }
    (folder / "train.json").write_text(json.dumps([entry], indent=1))
    return folder


def write_annomi(folder: Path) -> Path:
    """Write a good interview, whose rows are out of order, and a poor one."""
    rows = [
        ("3", "high", "1", "therapist", "So the walks help.", "reflection"),
        ("3", "high", "0", "client", "I walk when I am restless.", "n/a"),
        ("4", "low", "0", "client", "I tried.", "n/a"),
        ("4", "low", "1", "therapist", "You must try harder.", "therapist_input"),
    ]
    with (folder / "AnnoMI-simple.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["transcript_id", "mi_quality", "topic", "utterance_id", "interlocutor",
             "utterance_text", "main_therapist_behaviour"]
        )  # fmt: skip
        writer.writerows([id_, good, "walking", *rest] for id_, good, *rest in rows)
    return folder
