import json

import pytest
import yaml
from typer.testing import CliRunner

from tests.made_corpora import esconv_conversation
from tests.made_encoder import save_encoder, write_corpus
from tools import weights
from tools.__main__ import app
from tools.errors import DataError


@pytest.fixture
def encoder(tmp_path, monkeypatch):
    """The entry `all-minilm-l6-v2` is a tiny encoder of the real one's width."""
    folder = save_encoder(tmp_path / "encoder", width=384, layers=4)
    monkeypatch.setattr(weights, "require", {"all-minilm-l6-v2": folder}.__getitem__)
    return folder


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def train(tmp_path, out):
    data = write_corpus(tmp_path, train=60, dev=30)
    return run("train", "text-emotion", "--data", data, "--out", out)


def test_training_writes_the_head_and_tells_its_score(tmp_path, encoder):
    result = train(tmp_path, tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "model.safetensors",
        "card.yaml",
        "card.md",
    }
    assert "accuracy" in result.output


def test_training_elsewhere_leaves_the_shipped_pins_alone(tmp_path, encoder, monkeypatch):
    pinned = []
    monkeypatch.setattr(weights, "pin", pinned.append)
    train(tmp_path, tmp_path / "out")
    assert not pinned


def test_training_where_the_weights_ship_pins_them(tmp_path, encoder, monkeypatch):
    pinned = []
    monkeypatch.setattr(weights, "pin", pinned.append)
    monkeypatch.setattr(weights.Store, "shipped_folder", lambda self, name: tmp_path / name)
    train(tmp_path, tmp_path / "text-emotion-head")
    assert pinned == ["text-emotion-head"]


def test_a_missing_corpus_is_a_data_error(tmp_path, encoder):
    result = run("train", "text-emotion", "--data", tmp_path / "none", "--out", tmp_path / "out")
    assert isinstance(result.exception, DataError)
    assert not (tmp_path / "out").exists()


def test_measuring_prints_the_skill_and_writes_the_card(tmp_path, encoder, monkeypatch):
    train(tmp_path, tmp_path / "out")
    folders = {"all-minilm-l6-v2": encoder, "head": tmp_path / "out"}
    monkeypatch.setattr(weights, "require", folders.__getitem__)
    emotions = ["anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral"]
    models = {
        "small": {"task": "embed", "backend": "minilm", "weights": "all-minilm-l6-v2"},
        "made": {
            "task": "text_emotion",
            "backend": "minilm-head",
            "weights": "head",
            "options": {"encoder": "small"},
            "labels": {label: label for label in emotions},
        },
    }
    (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": models}))
    rows = [("I am so sad.", "sadness"), ("The day was angry.", "anger")]
    lines = [
        json.dumps(esconv_conversation(situation=text, emotion_type=label)) for text, label in rows
    ]
    (tmp_path / "train.txt").write_text("\n".join(lines))
    result = run(
        "measure", "text-emotion", "--model", "made", "--models", tmp_path / "models.yaml",
        "--esconv", tmp_path, "--card", tmp_path / "out",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "skill: {'uar':" in result.output
    card = yaml.safe_load((tmp_path / "out" / "card.yaml").read_text())
    assert [row["balance"] for row in card["outside"][0]["balances"]] == [0, 0.25, 0.5, 0.75, 1]
    assert "ESConv train, situations" in (tmp_path / "out" / "card.md").read_text()


@pytest.mark.parametrize("command", ["train", "measure"])
def test_the_commands_explain_themselves(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "text-emotion" in result.output
