import pytest
from typer.testing import CliRunner

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


def test_the_command_explains_itself():
    result = run("train", "--help")
    assert result.exit_code == 0
    assert "text-emotion" in result.output
