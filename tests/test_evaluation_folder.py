"""A run's folder: what a kill leaves, what a resume refuses, and the replies for judges."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from graphs.evaluation.folder import PREDICTIONS, RunFolder
from graphs.evaluation.scores import RunScores
from graphs.provenance import about_the_place, decided_by
from tests.made_runs import made_items, made_manifest, made_replies, write_run
from tools.errors import ConfigError, DataError

SCORES: RunScores = {
    "items": 0, "steps": {}, "failed": 0, "screened": {}, "modalities": {}, "clips": {}, "ms": {},
    "given": {},
}  # fmt: skip


def prediction(id: str, reply: str = "Tak jo, žluťoučký kůň.") -> Any:
    return {
        "id": id, "predicted": {"response": reply}, "scores": {}, "given": [], "unparsable": [],
        "ms": {}, "notes": [], "plan": "", "risk": "none", "readings": {},
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    manifest = made_manifest(made_items(), **decided_by(), **about_the_place("x"))
    made.begin(manifest, made_items())
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
    folder.score(SCORES)
    assert "sacrebleu" in folder.scores["scored_with"]
    assert "sacrebleu" not in folder.manifest["versions"]


def damage(path: Path, file: str, change: str) -> None:
    """Spoil a file of a run in one way."""
    place = path / file
    lines = place.read_text("utf-8").splitlines(keepends=True)
    match change:
        case "gone":
            place.unlink()
        case "cut":
            place.write_text("".join(lines)[:-20], "utf-8")
        case "no JSON":
            place.write_text("".join([lines[0], "{oops}\n", *lines[2:]]), "utf-8")
        case "no UTF-8":
            place.write_bytes(lines[0].encode() + b'{"id": "\xff"}\n')
        case "no object":
            place.write_text("[]\n", "utf-8")
        case key:
            rest = "".join(lines[1:]).replace(key, '"other"', 1)
            place.write_text(lines[0] + rest, "utf-8")


ANEW = "--resume` writes it anew from the corpus"
AGAIN = "take the line out, and `python -m graphs evaluate ... --resume` predicts its item again"
OTHER = "make it again with another --out"
FINISH = "finish the run with `python -m graphs evaluate ... --resume`"


@pytest.mark.parametrize(
    ("file", "change", "told", "then"),
    [
        ("predictions.jsonl", "no JSON", "predictions.jsonl:2 of 'run' is no JSON", AGAIN),
        ("predictions.jsonl", "no UTF-8", "predictions.jsonl:2 of 'run' is no JSON", AGAIN),
        ("predictions.jsonl", '"plan"', "predictions.jsonl:2 of the run 'run' lacks 'plan'", AGAIN),
        ("predictions.jsonl", "no object", "predictions.jsonl:1 .* holds no object", AGAIN),
        ("items.jsonl", "gone", "'items.jsonl' cannot be read", "'run'"),
        ("items.jsonl", "cut", "items.jsonl of the run 'run' holds 9 items in place of 10", ANEW),
        ("items.jsonl", "no JSON", "items.jsonl:2 of 'run' is no JSON", ANEW),
        ("items.jsonl", '"gold"', "items.jsonl:2 of the run 'run' lacks 'gold'", ANEW),
        ("manifest.json", "cut", r"manifest.json:\d+ of the run 'run' is no JSON", OTHER),
        ("manifest.json", "no object", "manifest.json of the run 'run' holds no object", OTHER),
        ("manifest.json", '"corpus"', "manifest.json of the run 'run' lacks 'corpus'", OTHER),
        ("manifest.json", '"format"', "the run 'run' names no format", OTHER),
        ("scores.json", "gone", "scores.json of the run 'run' cannot be read", FINISH),
        ("scores.json", "cut", r"scores.json:\d+ of the run 'run' is no JSON", FINISH),
        ("scores.json", "no object", "scores.json of the run 'run' holds no object", FINISH),
        ("scores.json", '"failed"', "scores.json of the run 'run' lacks 'failed'", FINISH),
    ],
)
def test_a_damage_is_one_sentence_with_its_place_and_what_to_do(
    file: str, change: str, told: str, then: str, folder: RunFolder
) -> None:
    for item in folder.items():
        folder.append(prediction(item["id"]))
    folder.score(SCORES)
    damage(folder.path, file, change)
    with pytest.raises(DataError, match=f"^{told}.*{re.escape(then)}$"):
        _ = folder.scores, folder.predictions()


def test_a_folder_of_another_format_is_not_read(folder: RunFolder) -> None:
    file = folder.path / "manifest.json"
    file.write_text(file.read_text("utf-8").replace('"format": 1', '"format": 7'), "utf-8")
    with pytest.raises(DataError, match="has the format 7, and this version reads 1; read it with"):
        folder.items()


def test_no_word_of_a_person_stands_in_what_is_told_of_a_damage(folder: RunFolder) -> None:
    line = json.dumps({**made_items()[0], "said": ["My secret."]})
    (folder.path / "items.jsonl").write_text(f"{line}\n", "utf-8")
    with pytest.raises(DataError, match=r"wrong 'said' \(Input should be a valid string\)") as told:
        folder.items()
    assert "secret" not in str(told.value)


def test_items_of_the_same_run_are_written_anew(folder: RunFolder) -> None:
    whole = folder.items()
    assert not folder.restore(made_items())
    damage(folder.path, "items.jsonl", "no JSON")
    assert folder.restore(made_items()) and folder.items() == whole


def test_predictions_without_a_manifest_are_not_taken_for_those_of_a_new_run(
    folder: RunFolder,
) -> None:
    folder.append(prediction(made_items()[0]["id"]))
    (folder.path / "manifest.json").unlink()
    with pytest.raises(ConfigError, match="nobody can tell what made them; give another --out"):
        folder.begin(made_manifest(made_items()), made_items())


def test_the_disk_is_waited_for_once_a_second_and_at_the_end(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, clock = [], [100.0]
    monkeypatch.setattr("os.fsync", synced.append)
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    ids = [item["id"] for item in folder.items()]
    for id in ids[:5]:
        folder.append(prediction(id))
        clock[0] += 0.1
    assert len(synced) == 1
    assert [one["id"] for one in RunFolder.open(folder.path).predictions()] == ids[:5]
    clock[0] += 1
    folder.append(prediction(ids[5]))
    assert len(synced) == 2
    folder.tidy()
    assert len(synced) == 3


def test_replies_come_with_their_items(tmp_path: Path) -> None:
    run = RunFolder.open(write_run(tmp_path / "warm", made_replies("warm"))).replies()
    assert run.name == "warm" and run.replies == made_replies("warm")
    assert [asked.id for asked in run.asked] == [item["id"] for item in made_items()]


def test_a_run_in_the_folder_where_one_stands_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_run(tmp_path / "here", made_replies("warm")))
    assert RunFolder.open(Path()).replies().name == "here"
