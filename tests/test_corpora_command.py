import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.made_corpora import made_emodb, made_esconv, made_goemotions, made_meld, made_mesc
from tools.corpora.command import app
from tools.errors import DataError


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def checked(corpus: str, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("check", "--data", corpus, "--json", *words).stdout)
    return found


def test_the_list_tells_licences_and_what_was_never_run() -> None:
    shown = run("list").stdout
    lines = {line.split("│")[1].strip(): line for line in shown.splitlines() if "│" in line}
    assert "CC BY-NC 4.0" in lines["esconv"] and "yes" in lines["esconv"]
    assert "not run on the corpus" in lines["meld"]


def test_a_whole_corpus_is_counted(tmp_path: Path) -> None:
    found = checked(f"mesc:{made_mesc(tmp_path)}")
    val = found["splits"]["val"]
    assert val["found"] == {"dialogues": 1, "utterances": 4, "turns": 2}
    assert val["published"]["turns"] == 445
    assert (val["clues"], val["clips"], val["clips_missing"]) == (4, 0, 4)
    assert val["labels"]["emotion of the person"] == {"anger": 1, "depression": 1}
    assert val["labels"]["strategy"] == {"Restatement": 1, "Open question": 1}


def test_counts_that_are_not_as_published_are_wrong(tmp_path: Path) -> None:
    done = run("check", "--data", f"esconv:{made_esconv(tmp_path)}")
    assert done.exit_code == 1
    assert "train: 2 dialogues were read, and 910 are published" in done.stdout
    assert "910" in done.stdout and "CC BY-NC 4.0" in done.stdout


def test_a_part_of_a_corpus_of_single_files_is_not_wrong(tmp_path: Path) -> None:
    done = run("check", "--data", f"emodb:{made_emodb(tmp_path)}")
    assert done.exit_code == 0
    assert "20 (535)" in done.stdout
    assert "nothing is wrong" in done.stdout


def test_clips_that_are_there_and_missing_are_counted(tmp_path: Path) -> None:
    train = checked(f"meld:{made_meld(tmp_path, clips=True)}")["splits"]["train"]
    assert (train["clips"], train["clips_missing"]) == (3, 1)


def test_a_corpus_that_was_never_read_is_marked(tmp_path: Path) -> None:
    assert "not run on the corpus" in run("check", "--data", f"meld:{made_meld(tmp_path)}").stdout
    assert checked(f"meld:{tmp_path}")["checked"] is False


def test_comments_under_several_emotions_are_counted(tmp_path: Path) -> None:
    dev = checked(f"goemotions:{made_goemotions(tmp_path)}")["splits"]["dev"]
    assert dev["several_labels"] == 1
    assert dev["labels"]["emotion of the person"] == {"joy": 2, "": 1, "neutral": 1}


def test_what_is_wrong_is_told_with_its_place(tmp_path: Path) -> None:
    file = made_goemotions(tmp_path) / "dev.tsv"
    file.write_text(file.read_text() + "Twice\t0\tdev0\nno tabs\n")
    done = run("check", "--data", f"goemotions:{tmp_path}", "--split", "dev")
    assert done.exit_code == 1
    assert "dev: duplicate ids: 1" in done.stdout
    assert "dev: dev.tsv:6: the line has 1 columns" in done.stdout
    assert "train" not in done.stdout


def test_an_unknown_label_is_counted(tmp_path: Path) -> None:
    file = made_esconv(tmp_path) / "train.txt"
    file.write_text(file.read_text().replace('"Question"', '"Riddle"'))
    train = checked(f"esconv:{tmp_path}")["splits"]["train"]
    assert train["unknown_labels"] == {"unknown strategy 'Riddle'": 2}
    assert train["found"]["dialogues"] == 0
    assert "holds no dialogue" in train["refused"]
    assert train["wrong"] is True


def test_half_a_corpus_is_told(tmp_path: Path) -> None:
    (made_mesc(tmp_path) / "test.json").unlink()
    assert checked(f"mesc:{tmp_path}")["not_there"] == ["test"]
    with pytest.raises(DataError, match="lacks the split 'test'"):
        CliRunner().invoke(
            app, ["check", "--data", f"mesc:{tmp_path}", "--split", "test"], catch_exceptions=False
        )


def test_a_folder_without_any_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no split of MESC; it must have one of train.json"):
        CliRunner().invoke(app, ["check", "--data", f"mesc:{tmp_path}"], catch_exceptions=False)
