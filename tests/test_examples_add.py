import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.made_corpora import (
    esconv_conversation,
    write_annomi,
    write_esconv,
    write_escot,
    write_mesc,
)
from tests.made_examples import row, write
from tools.__main__ import app
from tools.examples.rows import FOLDER, SOURCE, read_examples, sources
from tools.records import Example


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    monkeypatch.setenv(FOLDER, str(folder))
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["examples", *map(str, arguments)])


def added(*arguments: object) -> list[Example]:
    result = run("add", *arguments)
    assert result.exit_code == 0, result.output
    [_, file] = sources()
    return read_examples(file)


def test_rows_of_ones_own_stand_beside_the_shipped_ones(tmp_path: Path, own: Path) -> None:
    [example] = added(write(tmp_path / "mine.jsonl", row()))
    assert sources() == [SOURCE, own / "mine.jsonl"]
    assert (example["id"], example["source"]) == ("mine:ex-900", "mine")


def test_adding_the_same_again_changes_nothing(tmp_path: Path, own: Path) -> None:
    file = write(tmp_path / "mine.jsonl", row())
    assert added(file) == added(file)
    assert added(own / "mine.jsonl")[0]["id"] == "mine:ex-900"


def test_a_row_without_a_licence_needs_one(tmp_path: Path) -> None:
    bare = {name: value for name, value in row().items() if name != "licence"}
    file = write(tmp_path / "mine.jsonl", bare)
    assert run("add", file).exit_code != 0
    assert added(file, "--licence", "CC0 1.0")[0]["licence"] == "CC0 1.0"


def test_a_rows_own_licence_counts_more(tmp_path: Path) -> None:
    file = write(tmp_path / "mine.jsonl", row())
    assert added(file, "--licence", "CC0 1.0")[0]["licence"] == "CC BY 4.0"


def test_malformed_rows_are_listed_and_good_ones_go_in(tmp_path: Path) -> None:
    file = write(tmp_path / "mine.jsonl", row(), row(id="b", emotion="hunger"), row(id="c"))
    result = run("add", file)
    assert result.exit_code == 0
    assert "mine.jsonl:2: emotion" in result.output
    assert [e["id"] for e in read_examples(sources()[1])] == ["mine:ex-900", "mine:c"]


def test_strict_adds_nothing_when_a_row_is_malformed(tmp_path: Path) -> None:
    result = run("add", write(tmp_path / "mine.jsonl", row(), {"id": "b"}), "--strict")
    assert result.exit_code == 1
    assert sources() == [SOURCE]


def test_an_id_that_comes_twice_goes_in_once(tmp_path: Path) -> None:
    assert len(added(write(tmp_path / "mine.jsonl", row(), row()))) == 1


def test_a_table_is_read_with_its_earlier_turns(tmp_path: Path) -> None:
    before = [{"speaker": "person", "text": "Hi."}, {"speaker": "supporter", "text": "Hello."}]
    made = {**row(), "before": json.dumps(before), "why": ""}
    lines = [
        ",".join(made),
        ",".join(json.dumps(str(v)).replace('\\"', '""') for v in made.values()),
    ]
    (tmp_path / "mine.csv").write_text("\n".join(lines))
    [example] = added(tmp_path / "mine.csv")
    assert example["before"] == before
    assert (example["intensity"], example["why"]) == (3, "")


def test_a_malformed_row_of_a_table_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("id,before\na,[\n")
    result = run("add", tmp_path / "mine.csv")
    assert "mine.csv:2: before: no JSON" in str(result.exception)


def test_esconv_gives_an_example_for_each_labelled_reply(corpus: Path) -> None:
    first, second = added(write_esconv(corpus))
    assert (first["strategy"], second["strategy"]) == ("Others", "Open question")
    assert second["said"] == "My review is on Monday. I keep reading last year's."
    assert [turn["speaker"] for turn in second["before"]] == ["person", "supporter"]
    assert (second["emotion"], second["problem"]) == ("fear", "Job loss or career setbacks")
    assert (second["licence"], second["source"]) == ("CC BY-NC 4.0", "esconv")


def test_an_emotion_without_a_counterpart_is_left_out_and_counted(corpus: Path) -> None:
    write_esconv(corpus, esconv_conversation(), esconv_conversation(emotion_type="shame"))
    result = run("add", corpus)
    assert "left out 2: emotion 'shame' has no counterpart" in result.output
    assert len(read_examples(sources()[1])) == 2


def test_a_strategy_that_nobody_knows_is_named_with_its_line(corpus: Path) -> None:
    strange = esconv_conversation()
    strange["dialog"][1]["strategy"] = "Hugging"
    result = run("add", write_esconv(corpus, strange))
    assert "train.txt:1: unknown strategy 'Hugging'" in result.output


def test_self_disclosure_is_left_out(corpus: Path) -> None:
    told = esconv_conversation()
    told["dialog"][1]["strategy"] = "Self-disclosure"
    [only] = added(write_esconv(corpus, told))
    assert only["strategy"] == "Open question"


def test_a_reply_that_the_safety_check_refuses_is_left_out(corpus: Path) -> None:
    told = esconv_conversation()
    told["dialog"][1]["text"] = "You are depressed, that is clear. Stop your tablets."
    [only] = added(write_esconv(corpus, told))
    assert only["strategy"] == "Open question"


def test_mesc_gives_the_lines_emotion_and_only_its_training_dialogues(corpus: Path) -> None:
    found = added(write_mesc(corpus))
    assert [(e["said"], e["emotion"], e["strategy"]) for e in found] == [
        ("I hate this. All of it. Well.", "anger", "Communication Skills"),
        ("I am glad and I am sad.", "joy", "Open question"),
    ]


def test_escot_has_no_emotions_to_map(corpus: Path) -> None:
    [example] = added(write_escot(corpus))
    assert (example["emotion"], example["intensity"]) == ("unknown", 0)
    assert (example["strategy"], example["before"]) == ("Open question", [])


def test_annomi_is_added_under_the_licence_that_is_given(corpus: Path) -> None:
    [example] = added(write_annomi(corpus), "--licence", "by permission")
    assert (example["strategy"], example["licence"]) == ("Restatement", "by permission")


def test_a_folder_that_is_no_corpus_is_refused(corpus: Path) -> None:
    result = run("add", corpus)
    assert "cannot tell the format of 'corpus'" in str(result.exception)


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "no file or folder 'gone.jsonl'" in str(run("add", tmp_path / "gone.jsonl").exception)


def test_an_unknown_format_is_refused(corpus: Path) -> None:
    assert "unknown format 'xml'" in str(run("add", corpus, "--format", "xml").exception)


def test_the_list_tells_sources_and_licences(tmp_path: Path, corpus: Path) -> None:
    added(write_esconv(corpus))
    printed = run("list").output
    assert "attune" in printed and "CC BY-NC 4.0 (2)" in printed


def test_a_dropped_source_is_gone(corpus: Path) -> None:
    added(write_esconv(corpus))
    assert run("drop", "esconv").exit_code == 0
    assert sources() == [SOURCE]


def test_dropping_what_is_not_there_names_what_is(tmp_path: Path) -> None:
    added(write(tmp_path / "mine.jsonl", row()))
    assert "(added: mine)" in str(run("drop", "yours").exception)


def test_the_shipped_file_is_not_added_to_itself() -> None:
    assert "ships already" in str(run("add", SOURCE).exception)


def test_nothing_usable_is_an_error_with_its_reasons(tmp_path: Path) -> None:
    broken: dict[str, Any] = {"id": "b"}
    result = run("add", write(tmp_path / "mine.jsonl", broken))
    assert "holds no example" in str(result.exception)
    assert "mine.jsonl:1: problem" in str(result.exception)
