import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from graphs.__main__ import app
from graphs.evaluation.folder import RunFolder
from tests.made_corpora import made_emodb, made_esconv, made_goemotions, made_mesc
from tools.errors import AttuneError, DataError, UnknownName


def command(*words):
    found = CliRunner().invoke(app, [*map(str, words)])
    if isinstance(found.exception, AttuneError):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.output


@pytest.fixture(scope="module")
def mesc(tmp_path_factory):
    return f"mesc:{made_mesc(tmp_path_factory.mktemp('corpora') / 'mesc')}"


@pytest.fixture(scope="module")
def runs(tmp_path_factory, mesc):
    """Two runs, made by the command."""
    folder = tmp_path_factory.mktemp("runs")
    for graph in ("smes", "multimood"):
        command("evaluate", "--graph", graph, "--data", mesc, "--profile", "stub", "--labels",
                "--part", "--out", folder / graph)  # fmt: skip
    return folder


def test_the_validation_split_is_taken_where_none_is_named(runs):
    manifest = RunFolder.open(runs / "smes").manifest
    assert (manifest["split"], manifest["mode"], manifest["history"]) == (
        "val", "predicted", "predicted",
    )  # fmt: skip


def test_every_option_reaches_the_run(mesc, tmp_path):
    command(
        "evaluate", "--graph", "support", "--data", mesc, "--split", "train", "--unit", "turns",
        "--mode", "oracle:strategy", "--history", "none", "--profile", "stub", "--limit", "2",
        "--seed", "3", "--swap", "strategy=knn-strategy", "--drop", "face,voice", "--labels",
        "--at-once", "1", "--part", "--out", tmp_path / "run",
    )  # fmt: skip
    manifest = RunFolder.open(tmp_path / "run").manifest
    expected = {
        "split": "train", "unit": "turns", "mode": "oracle:strategy", "history": "none",
        "profile": "stub", "limit": 2, "seed": 3, "swap": {"strategy": "knn-strategy"},
        "drop": ["face", "voice"], "items": 2,
    }  # fmt: skip
    assert {key: manifest[key] for key in expected} == expected


def test_two_runs_are_compared(runs, tmp_path):
    out = tmp_path / "table.md"
    printed = command("compare", runs / "smes", runs / "multimood", "--draws", "100", "--out", out)
    assert "multimood beside smes" in printed and "| strategy |" in out.read_text()


def test_a_report_is_written_into_the_run(runs):
    command("report", runs / "smes")
    assert (runs / "smes" / "report" / "report.md").exists()


def test_an_ablation_makes_a_run_for_every_change_and_goes_on_where_it_was(mesc, tmp_path):
    asked = ("ablate", "--graph", "smes", "--data", mesc, "--profile", "stub", "--part",
             "--drop", "clue", "--swap", "strategy=knn-strategy", "--out", tmp_path)  # fmt: skip
    assert "no-clue beside whole" in command(*asked)
    before = (tmp_path / "no-clue" / "predictions.jsonl").read_text()
    command(*asked)
    assert (tmp_path / "no-clue" / "predictions.jsonl").read_text() == before
    assert {path.name for path in tmp_path.iterdir()} == {
        "whole", "no-clue", "strategy=knn-strategy",
    }  # fmt: skip


def test_recordings_of_a_corpus_are_read_by_the_graphs_own_senses(tmp_path):
    folder = made_emodb(tmp_path / "emodb")
    tone = np.sin(np.arange(16_000) / 20)
    for number, file in enumerate(sorted(folder.glob("12*.wav"))):
        if number:  # the first one stays unreadable
            soundfile.write(file, tone, 16_000)
    data = f"emodb:{folder}"
    command("evaluate", "--graph", "direct", "--data", data, "--profile", "stub", "--labels",
            "--part", "--out", tmp_path / "run")  # fmt: skip
    run = RunFolder.open(tmp_path / "run")
    assert run.scores["modalities"]["voice"] == {"read": 4, "not given": 1}
    assert run.scores["clips"] == {"there": 5, "not in the folder": 0, "unreadable": 1}


def test_texts_alone_are_scored_as_utterances(tmp_path):
    data = f"goemotions:{made_goemotions(tmp_path / 'goemotions')}"
    command("evaluate", "--graph", "direct", "--data", data, "--profile", "stub", "--labels",
            "--part", "--out", tmp_path / "run")  # fmt: skip
    assert RunFolder.open(tmp_path / "run").scores["steps"]["user_emotion"]["n"] > 0


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"--data": "mesc"}, DataError, "NAME:DIR"),
        ({"--data": "mesk:x"}, UnknownName, "did you mean 'mesc'"),
        ({"--split": "dev"}, DataError, "no split 'dev'"),
        ({"--graph": "smse"}, UnknownName, "did you mean 'smes'"),
        ({"--profile": "stubb"}, UnknownName, "did you mean 'stub'"),
        ({"--history": "goldn"}, UnknownName, "did you mean 'gold'"),
        ({"--unit": "turn"}, UnknownName, "did you mean 'turns'"),
        ({"--swap": "strategy=plannr"}, AttuneError, "did you mean 'planner'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_is_wrong_is_named_before_anything_is_written(mesc, tmp_path, changed, error, words):
    options = {"--graph": "smes", "--data": mesc, "--profile": "stub", **changed}
    given = [part for pair in options.items() for part in pair]
    with pytest.raises(error, match=words):
        command("evaluate", *given, "--labels", "--part", "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_corpus_whose_steps_the_graph_does_not_take_is_told(tmp_path):
    data = f"esconv:{made_esconv(tmp_path / 'esconv')}"
    with pytest.raises(DataError, match="has gold labels for none of the steps"):
        command("evaluate", "--graph", "direct", "--data", data, "--profile", "stub", "--labels",
                "--part", "--out", tmp_path / "run")  # fmt: skip
