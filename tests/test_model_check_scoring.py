"""Accuracy, calibration and error by group, on a corpus that is made here."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.made_models import LABELS
from tools.catalogue import ModelConfig
from tools.checking.scoring import SMALLEST, measure
from tools.clips import Clip
from tools.corpora.corpus import Corpus
from tools.corpora.dialogue import Dialogue, MediaFile, Turn
from tools.errors import DataError, MediaError
from tools.perceived import Perceived

TURNS: list[tuple[str, str, str]] = []


def read(folder, split, report):
    """Yield a dialogue of one turn for each of `TURNS`: text, emotion, speaker."""
    for at, (text, emotion, who) in enumerate(TURNS):
        media = MediaFile(folder / text, audio=True) if text.startswith("clip") else None
        turns = (Turn("person", text, emotion, who=who, media=media), Turn("supporter", "Hm."))
        yield Dialogue(f"{split}-{at}", turns, problem="work")


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "made.txt").touch()
    files = {"train": ("made.txt",), "val": ("made.txt",)}
    labels = {"glad": "joy", "low": "sadness", "heavy": "depression", "": ""}
    yield Corpus("made", "Made", "", "CC0 1.0", f"{__name__}:read", files, "val", emotions=labels)
    TURNS.clear()


def predict(items):
    """Name what the text says, surely; a text that says `gone` is not read."""
    found = []
    for item in items:
        text = item if isinstance(item, str) else "up"
        label = next((label for label in LABELS if label in text), "even")
        rest = dict.fromkeys(LABELS, 0.1)
        found.append(Perceived(missing="language") if "gone" in text else
                     Perceived({**rest, label: 0.8}))  # fmt: skip
    return found


def scored(corpus, tmp_path: Path, task="text_emotion", **more):
    config = ModelConfig(task=task, backend="made", labels=LABELS)
    return measure(predict, config, corpus, tmp_path, **more)


def test_accuracy_recall_and_calibration_are_measured(corpus, tmp_path):
    TURNS.extend([("up", "glad", ""), ("up", "glad", ""), ("up", "low", ""), ("down", "low", "")])
    found = scored(corpus, tmp_path)
    assert (found["n"], found["accuracy"], found["uar"]) == (4, 0.75, 0.75)
    assert found["ece"] == pytest.approx(0.05)
    assert (found["corpus"], found["split"], found["licence"]) == ("Made", "val", "CC0 1.0")


def test_the_share_of_the_truth_that_the_labels_can_name_is_told(corpus, tmp_path):
    TURNS.extend([("up", "glad", ""), ("down", "heavy", "")])
    found = scored(corpus, tmp_path)
    assert found["sayable"] == 0.5
    assert found["recall"]["depression"]["recall"] == 0


def test_each_speaker_with_enough_items_has_an_error_of_its_own(corpus, tmp_path):
    TURNS.extend([("up", "glad", "Ada")] * SMALLEST)
    TURNS.extend([("up", "low", "Ben")] * SMALLEST)
    TURNS.extend([("up", "low", "Cleo")] * (SMALLEST - 1))
    groups = scored(corpus, tmp_path)["groups"]
    assert {who: row["error"] for who, row in groups["speaker"].items()} == {"Ada": 0, "Ben": 1}
    assert groups["problem"]["work"]["n"] == 3 * SMALLEST - 1


def test_what_is_left_out_is_counted_by_reason(corpus, tmp_path):
    TURNS.extend([("up", "glad", ""), ("gone", "glad", ""), ("up", "", "")])
    found = scored(corpus, tmp_path)
    assert found["n"] == 1
    assert found["left_out"] == {"not read by the model": 1, "no single emotion": 1}


def test_a_limit_takes_items_from_all_of_the_split(corpus, tmp_path):
    TURNS.extend([("up", "glad", "")] * 5 + [("up", "low", "")] * 5)
    found = scored(corpus, tmp_path, limit=4)
    assert (found["n"], found["accuracy"]) == (4, 0.5)


def test_a_voice_model_is_handed_the_sound_of_the_clips(corpus, tmp_path):
    TURNS.extend([("clip-a", "glad", ""), ("clip-bad", "glad", ""), ("words only", "glad", "")])

    def decode(file):
        if "bad" in file.path.name:
            raise MediaError("cannot be read")
        return Clip(audio=np.zeros(16_000, np.float32))

    found = scored(corpus, tmp_path, "voice_emotion", read=decode)
    assert (found["n"], found["accuracy"]) == (1, 1)
    assert found["left_out"] == {"no sound": 1, "clip not readable": 1}


def test_a_corpus_without_anything_for_the_task_is_refused(corpus, tmp_path):
    TURNS.append(("words only", "glad", ""))
    with pytest.raises(DataError, match=re.escape("has pictures that this model reads")):
        scored(corpus, tmp_path, "face_emotion")


def test_a_task_that_reads_no_emotion_is_refused(corpus, tmp_path):
    with pytest.raises(DataError, match="graphs evaluate"):
        scored(corpus, tmp_path, "embed")
