"""Accuracy, calibration and error by group, on a corpus that is made here."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.made_corpora import made_esconv, made_goemotions
from tests.made_models import LABELS
from tools.__main__ import app
from tools.calibration import Skill
from tools.catalogue import ModelConfig
from tools.checking.scoring import SMALLEST, measure
from tools.clips import Clip
from tools.corpora.corpus import Corpus
from tools.corpora.dialogue import Dialogue, MediaFile, Turn
from tools.corpora.library import CORPORA
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
    return measure(predict, config, corpus, tmp_path, "val", **more)


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


def test_the_skill_counts_only_emotions_that_corpus_and_model_have(corpus, tmp_path):
    TURNS.extend([("even", "glad", ""), ("up", "glad", ""), ("down", "low", "")])
    TURNS.append(("up", "heavy", ""))  # which no label of the model stands for
    found = scored(corpus, tmp_path)
    assert found["uar"] == pytest.approx((0.5 + 1 + 0) / 3, abs=1e-4)
    assert found["skill"] == {
        "uar": 1.0, "classes": 2, "n": 3, "corpus": "Made val, among its emotions",
    }  # fmt: skip
    assert Skill(**found["skill"]).weight == 1


def test_one_emotion_alone_is_no_skill(corpus, tmp_path):
    TURNS.extend([("up", "glad", "")] * 3)
    assert scored(corpus, tmp_path)["skill"] is None


def test_a_label_of_the_whole_dialogue_is_measured_on_its_situation(tmp_path):
    made_esconv(tmp_path)
    config = ModelConfig(task="text_emotion", backend="made", labels={"up": "joy", "down": "fear"})
    asked = []

    def predict_fear(items):
        asked.extend(items)
        return [Perceived({"up": 0.2, "down": 0.8}) for _ in items]

    found = measure(predict_fear, config, CORPORA["esconv"], tmp_path, "train")
    assert asked == ["A review is near."]
    assert (found["n"], found["accuracy"]) == (1, 1)
    assert found["left_out"] == {"no single emotion": 1}  # shame stands for none


def test_anything_wrong_in_the_split_ends_the_measuring(corpus, tmp_path):
    TURNS.extend([("up", "glad", ""), ("up", "gleeful", "")])
    with pytest.raises(DataError, match="unknown emotion 'gleeful'"):
        scored(corpus, tmp_path)


def run(*words):
    return CliRunner().invoke(app, ["models", "check", "--models", *map(str, words)])


@pytest.fixture
def unchecked(monkeypatch):
    """Let no model be checked."""

    def check(*given):
        raise AssertionError("a model was checked")

    monkeypatch.setattr("tools.checking.check.check_model", check)


@pytest.fixture
def models(tmp_path):
    """Return a models file whose profile binds a model of words and one of vectors."""
    file = tmp_path / "models.yaml"
    file.write_text("profiles: {mine: {text_emotion: stub-text, embed: stub-embed}}")
    return file


@pytest.mark.usefixtures("unchecked")
def test_a_model_that_reads_no_emotion_is_refused_before_anything_is_checked(models, tmp_path):
    done = run(models, "stub-embed", "--data", f"goemotions:{made_goemotions(tmp_path)}")
    assert isinstance(done.exception, DataError) and "graphs evaluate" in str(done.exception)


def test_of_a_profile_the_models_that_read_an_emotion_are_measured(models, tmp_path):
    data = f"goemotions:{made_goemotions(tmp_path)}"
    done = run(models, "--profile", "mine", "--data", data, "--json")
    found = {report["model"]: report["scores"] for report in json.loads(done.stdout)}
    assert [scores["n"] for scores in found["stub-text"]] == [3] and found["stub-embed"] == []


@pytest.mark.usefixtures("unchecked")
def test_a_split_that_is_not_there_is_refused_before_anything_is_checked(models, tmp_path):
    data = f"goemotions:{made_goemotions(tmp_path)}"
    done = run(models, "stub-text", "--data", data, "--split", "validation")
    assert isinstance(done.exception, DataError) and "no split 'validation'" in str(done.exception)
