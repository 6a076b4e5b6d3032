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


MADE_MESC: dict[str, list[tuple[str, str, str, str]]] = {
    "0": [
        ("Client", "I keep the shop open", "neutral", "undefined"),
        ("Client", "until ten at night.", "sadness", "undefined"),
        ("Therapist", "Who told you to?", "neutral", "open question"),
        ("Client", "Nobody.", "sadness", "undefined"),
        ("Therapist", "So it is your rule.", "neutral", "Interpretation"),
    ],
    "1": [
        ("Client", "The garden is done.", "joy", "undefined"),
        ("Therapist", "You stayed with it.", "joy", "Approval"),
        ("Client", "I did.", "joy", "undefined"),
    ],
    "2": [
        ("Client", "He sold the boat.", "anger", "undefined"),
        ("Therapist", "Your boat?", "neutral", "Restatement"),
        ("Client", "Ours.", "depression", "undefined"),
        ("Therapist", "Tell me about it.", "neutral", "Open question"),
    ],
    "3": [
        ("Client", "Nothing new.", "neutral", "undefined"),
        ("Therapist", "Really?", "neutral", "Communication Skills"),
    ],
}
"""Dialogues of the made MESC: 0 and 1 are for training, 2 for validation, 3 for test."""

_MESC_SPLITS = {"val": "2", "test": "3"}


def made_mesc(folder: Path, *, lines: bool = False) -> Path:
    """Write four dialogues with all ten columns, and the files of validation and test.

    Args:
        folder: where to.
        lines: write the splits as JSON lines (`.txt`) instead of as arrays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "MESC.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["Utterance", "Speaker", "Emotion", "Strategy", "Dialogue_ID", "Utterance_ID",
             "Season", "Episode", "StartTime", "EndTime"]
        )  # fmt: skip
        for id_, said in MADE_MESC.items():
            for number, (who, text, emotion, strategy) in enumerate(said):
                begin, end = f"00:00:{2 * number:02},500", f"00:00:{2 * number + 1:02},750"
                writer.writerow(
                    [text, who, emotion, strategy, id_, number, 1, int(id_) + 1, begin, end]
                )
    for split, id_ in _MESC_SPLITS.items():
        item = {
            "problem_type": "Childhood Shadow ",
            "situation": "A quiet week.",
            "dialog": [
                {
                    "text": f"{text} The speaker seems calm, by line {number}.",
                    "speaker": {"Client": "user", "Therapist": "sys"}[who],
                    "emotion": emotion,
                    **({"strategy": strategy} if who == "Therapist" else {}),
                }
                for number, (who, text, emotion, strategy) in enumerate(MADE_MESC[id_])
            ],
        }
        if lines:
            (folder / f"{split}.txt").write_text(json.dumps(item) + "\n", "utf-8")
        else:
            (folder / f"{split}.json").write_text(json.dumps([item], indent=1), "utf-8")
    return folder


def made_esconv(folder: Path) -> Path:
    """Write the three splits as JSON lines: two conversations to train on, one in the others."""
    folder.mkdir(parents=True, exist_ok=True)
    shame = esconv_conversation(emotion_type="shame", problem_type="academic pressure")
    for name, conversations in (
        ("train", [esconv_conversation(), shame]),
        ("valid", [esconv_conversation(emotion_type="sadness")]),
        ("test", [esconv_conversation(emotion_type="anger")]),
    ):
        text = "".join(json.dumps(each) + "\n" for each in conversations)
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return folder


def made_esconv_array(folder: Path, name: str = "ESConv.json") -> Path:
    """Write a conversation as first published; that of `FailedESConv.json` names its two so."""
    folder.mkdir(parents=True, exist_ok=True)
    person, supporter = (
        ("speaker", "listener") if name.startswith("Failed") else ("seeker", "supporter")
    )
    dialog = [
        {"speaker": person, "annotation": {}, "content": "The term ends soon.\n"},
        {"speaker": supporter, "annotation": {"strategy": "Question"}, "content": "And then?\n"},
        {"speaker": person, "annotation": {"feedback": "4"}, "content": "I do not know."},
    ]
    made = esconv_conversation(dialog=dialog, experience_type="Current Experience")
    (folder / name).write_text(json.dumps([made], indent=1), "utf-8")
    return folder


def made_escot(folder: Path) -> Path:
    """Write three splits, a dialogue with its whole chain in each."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "val", "test"):
        entry = {
            "id": 7,
            "original_data": {
                "dialog": [
                    {"speaker": "supporter", "content": "Hello."},
                    {"speaker": "seeker", "content": f"I never finish anything in {split}."},
                ],
                "strategy": "Specify",
                "response": "Which thing is on your mind today?",
            },
            "cot_data": {
                "emotion": "The seeker feels stuck.",
                "emotion_stimuli": "Unfinished work.",
                "individual_appraisal": "Others manage it.",
                "recognized_strategy": "Specify",
                "strategy_reason": "One thing is easier to look at.",
            },
        }
        (folder / f"{split}.json").write_text(json.dumps([entry], indent=1), "utf-8")
    return folder


def made_meld(folder: Path, *, clips: bool = False) -> Path:
    """Write three splits with the quotes as published, and all clips but one of the training."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        ("It\x92s my turn to cook.", "Ada", "joy", "positive", 0, 0),
        ("No, it isn\u00e2\u0080\u0099t!", "Ben", "anger", "negative", 0, 1),
        ("Fine.", "Cleo", "neutral", "neutral", 0, 2),
        ("A cake!", "Ada", "surprise", "positive", 1, 0),
    ]
    for split in ("train", "dev", "test"):
        with (folder / f"{split}_sent_emo.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(
                ["Sr No.", "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID",
                 "Utterance_ID", "Season", "Episode", "StartTime", "EndTime"]
            )  # fmt: skip
            writer.writerows(
                [place, *row, 1, 2, "00:00:01,000", "00:00:02,500"]
                for place, row in enumerate(rows, 1)
            )
    if clips:
        (folder / "train_splits").mkdir()
        for dialogue, utterance in ((0, 0), (0, 2), (1, 0)):
            (folder / "train_splits" / f"dia{dialogue}_utt{utterance}.mp4").write_bytes(b"made")
    return folder


GOEMOTIONS_LABELS = {
    "joy": ["joy", "gratitude"],
    "anger": ["anger", "annoyance"],
    "neutral": ["neutral"],
}
"""Grouping of the made GoEmotions; the number of a label is its place in this order."""


def made_goemotions(folder: Path) -> Path:
    """Write three splits of four comments: the second has two labels, the third two groups."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = [label for group in GOEMOTIONS_LABELS.values() for label in group]
    (folder / "labels.txt").write_text("\n".join(labels) + "\n", "utf-8")
    (folder / "ekman.json").write_text(json.dumps(GOEMOTIONS_LABELS), "utf-8")
    rows = [("What a day", "0"), ("Thanks, lovely", "0,1"), ("Ha, no", "0,3"), ("A table", "4")]
    for split in ("train", "dev", "test"):
        text = "".join(f"{said}\t{ids}\t{split}{at}\n" for at, (said, ids) in enumerate(rows))
        (folder / f"{split}.tsv").write_text(text, "utf-8")
    return folder


def made_dfew(folder: Path) -> Path:
    """Write five folds, whose clips are there but for the last of each test list."""
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    for fold in range(1, 6):
        (folder / f"split{fold:02}").mkdir()
        parts = {"train": [("a", 0), ("b", 1), ("c", 6)], "test": [("d", 2), ("lost", 3)]}
        for part, rows in parts.items():
            lines = [f"clips/{fold}{name}.mp4 {label}" for name, label in rows]
            text = "\n".join(lines) + "\n"
            (folder / f"split{fold:02}" / f"{part}.csv").write_text(text, "utf-8")
            for name, _ in rows:
                if name != "lost":
                    (folder / "clips" / f"{fold}{name}.mp4").write_bytes(b"made")
    return folder


def made_emodb(folder: Path, *, flat: bool = True) -> Path:
    """Write empty files under EmoDB's names, as published or in folders of four classes."""
    for who in ("03", "08", "12", "15"):
        for letter, label in (("W", "angry"), ("F", "happy"), ("N", "neutral"), ("T", "sad")):
            home = folder if flat else folder / label
            home.mkdir(parents=True, exist_ok=True)
            (home / f"{who}a01{letter}a.wav").write_bytes(b"made")
        if flat:
            (folder / f"{who}a01La.wav").write_bytes(b"made")
    return folder
