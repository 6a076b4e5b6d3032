import errno
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.main import get_command
from typer.testing import CliRunner

from graphs.__main__ import app
from graphs.evaluation.folder import RunFolder
from tests.made_corpora import made_emodb, made_esconv, made_goemotions, made_mesc
from tools.__main__ import app as tools
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


def compared(runs, out):
    return command("compare", runs / "smes", runs / "multimood", "--draws", "100", "--out", out)


def reported(runs, out):
    return command("report", runs / "smes", "--out", out)


@pytest.mark.parametrize(("write", "page"), [(compared, "t.md"), (reported, "t.md/report.md")])
def test_folders_that_are_not_there_are_made(runs, tmp_path, write, page):
    write(runs, tmp_path / "new" / "place" / "t.md")
    assert (tmp_path / "new" / "place" / page).is_file()


@pytest.mark.parametrize("write", [compared, reported])
@pytest.mark.parametrize("why", [errno.ENOSPC, errno.EACCES], ids=["full disk", "not allowed"])
def test_why_a_table_or_a_report_cannot_be_written_is_said(runs, tmp_path, monkeypatch, write, why):
    def refuse(self, *arguments, **settings):
        raise OSError(why, os.strerror(why))

    monkeypatch.setattr(Path, "mkdir", refuse)
    then = "see that there is room and that you may write there, or give another --out"
    with pytest.raises(DataError, match=f"'t' cannot be written .{os.strerror(why)}.; {then}$"):
        write(runs, tmp_path / "t")


@pytest.mark.parametrize("write", [compared, reported])
def test_a_file_in_the_place_of_a_folder_is_said(runs, tmp_path, write):
    (tmp_path / "note").write_text("mine")
    with pytest.raises(DataError, match=r"'t' cannot be written \(.*\); .* give another --out$"):
        write(runs, tmp_path / "note" / "t")
    assert (tmp_path / "note").read_text() == "mine"


def test_a_folder_in_the_place_of_a_table_is_said_and_nothing_is_left_beside_it(runs, tmp_path):
    (tmp_path / "t").mkdir()
    with pytest.raises(DataError, match="'t' cannot be written .Is a directory"):
        compared(runs, tmp_path / "t")
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def options(*verbs, of=app):
    """Return the options of a command: default, and how its value is called, by name."""
    found = get_command(of)
    for verb in verbs:
        found = found.commands[verb]
    found = found.params
    return {one.opts[0]: (one.default, one.metavar) for one in found if one.opts[0] != "--help"}


def test_an_option_that_two_commands_share_is_the_same_in_both():
    evaluate, ablate = options("evaluate"), options("ablate")
    shared = (evaluate.keys() & ablate.keys()) - {"--out"}
    assert {"--data", "--reply", "--limit", "--seed"} <= shared
    assert {name: evaluate[name] for name in shared} == {name: ablate[name] for name in shared}


def test_a_corpus_and_a_limit_are_asked_for_alike_everywhere():
    found = [options("evaluate"), options("ablate"), options("corpora", "check", of=tools),
             options("models", "check", of=tools), options("judge")]  # fmt: skip
    assert {one["--data"][1] for one in found if "--data" in one} == {"NAME:DIR"}
    assert ["--data" in one for one in found] == [True, True, True, True, False]
    assert {one["--limit"][0] for one in found if "--limit" in one} == {0}


@pytest.mark.parametrize("verb", ["evaluate", "ablate", "judge", "simulate", "compare"])
def test_a_seed_below_nought_is_refused_before_anything_is_done(verb):
    done = CliRunner().invoke(app, [verb, "--seed", "-1"])
    assert done.exit_code == 2 and "Invalid value for '--seed'" in done.output


def test_what_is_left_out_at_once_and_in_turn_has_two_names():
    assert {"--drop", "--swap"} <= options("evaluate").keys()
    assert {"--drop", "--swap"}.isdisjoint(options("ablate"))


def test_an_ablation_makes_a_run_for_every_change_and_goes_on_where_it_was(mesc, tmp_path):
    asked = ("ablate", "--graph", "smes", "--data", mesc, "--profile", "stub", "--part",
             "--labels", "--drop-each", "clue", "--swap-each", "strategy=knn-strategy",
             "--out", tmp_path)  # fmt: skip
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


@pytest.mark.parametrize(
    ("swap", "told"), [([], True), (["--swap", "strategy=own-strategy"], False)]
)
def test_models_of_ones_own_that_nothing_uses_are_told(mesc, tmp_path, swap, told):
    models = tmp_path / "models.yaml"
    models.write_text("models:\n  own-strategy: {task: strategy, backend: knn-strategy}\n", "utf-8")
    found = CliRunner().invoke(
        app,
        ["evaluate", "--graph", "smes", "--data", mesc, "--profile", "stub", "--labels", "--part",
         "--models", str(models), *swap, "--out", str(tmp_path / "run")],
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    assert ("no node uses a model of" in found.output) == told
    assert "own-strategy" in found.output or not told
