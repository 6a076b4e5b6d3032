"""A run's folder: what a kill leaves, what a resume refuses, and the replies for judges."""

from pathlib import Path
from typing import Any

import pytest

from graphs.evaluation.folder import PREDICTIONS, RunFolder
from graphs.provenance import about_the_place, decided_by
from tests.made_runs import made_items, made_replies, write_run
from tools.errors import ConfigError, DataError


def prediction(id: str, reply: str = "Tak jo, žluťoučký kůň.") -> Any:
    return {
        "id": id, "predicted": {"response": reply}, "scores": {}, "unparsable": [], "ms": {},
        "notes": [], "plan": "", "risk": "none", "readings": {},
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.begin({"graph": "made", **decided_by(), **about_the_place("x")}, made_items())
    return made


def test_a_run_that_was_killed_inside_a_letter_goes_on(folder: RunFolder) -> None:
    first, second, *_ = (item["id"] for item in folder.items())
    folder.append(prediction(first))
    folder.append(prediction(second))
    file = folder.path / PREDICTIONS
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.rindex("ů".encode()) + 1])
    folder.tidy()
    assert [one["id"] for one in folder.predictions()] == [first]
    folder.append(prediction(second))
    assert [one["id"] for one in folder.predictions()] == [first, second]


def test_a_run_does_not_go_on_with_other_code(folder: RunFolder) -> None:
    folder.require_same({**folder.manifest, "command": "y", "machine": "z"})
    with pytest.raises(ConfigError, match="begun with other code_sha256;"):
        folder.require_same({**folder.manifest, "code_sha256": "0" * 64})


def test_scores_say_by_which_packages_they_were_made(folder: RunFolder) -> None:
    folder.score({"steps": {}})
    assert "sacrebleu" in folder.scores["scored_with"]
    assert "sacrebleu" not in folder.manifest["versions"]


def test_scores_that_are_no_object_are_said(folder: RunFolder) -> None:
    (folder.path / "scores.json").write_text("3")
    with pytest.raises(DataError, match=r"no readable scores\.json"):
        _ = folder.scores


def test_replies_come_with_their_items(tmp_path: Path) -> None:
    run = RunFolder.open(write_run(tmp_path / "warm", made_replies("warm"))).replies()
    assert run.name == "warm" and run.replies == made_replies("warm")
    assert [asked.id for asked in run.asked] == [item["id"] for item in made_items()]


@pytest.mark.parametrize("line", ['{"id": "a"}', "[]", '{"id": "a", "predicted": 3}'])
def test_a_folder_of_something_else_is_said_in_a_sentence(line: str, tmp_path: Path) -> None:
    path = write_run(tmp_path / "foreign", made_replies("warm"))
    (path / PREDICTIONS).write_text(line + "\n")
    (path / "items.jsonl").write_text('{"id": "a", "dialogue": "d", "before": [], "said": "?"}\n')
    with pytest.raises(DataError, match="'foreign' is not as"):
        RunFolder.open(path).replies()


def test_a_run_in_the_folder_where_one_stands_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_run(tmp_path / "here", made_replies("warm")))
    assert RunFolder.open(Path()).replies().name == "here"
