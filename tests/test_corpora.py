import json
from pathlib import Path

import pytest

from tests.made_corpora import (
    MESC_HELD,
    MESC_KEPT,
    esconv_conversation,
    write_annomi,
    write_esconv,
    write_escot,
    write_mesc,
)
from tools.corpora import annomi, esconv, escot, mesc
from tools.corpora.dialogue import Dialogue, Turn, merged
from tools.corpora.json_items import json_items
from tools.corpora.strategies import nearest, stage_of, strategy_table, taken_for
from tools.corpora.trouble import Trouble
from tools.errors import DataError
from tools.labels import Strategy

ROOT = Path(__file__).resolve().parents[1]


def texts(dialogue: Dialogue) -> list[str]:
    return [turn.text for turn in dialogue.turns]


def test_the_training_dialogues_of_mesc_are_those_of_the_table_that_are_not_held_out(
    tmp_path: Path,
) -> None:
    found = list(mesc.read(write_mesc(tmp_path)))
    assert [texts(dialogue) for dialogue in found] == [[text for _, text, _ in MESC_KEPT]]


def test_a_held_out_dialogue_of_mesc_has_its_words_without_the_description(tmp_path: Path) -> None:
    [held] = mesc.read(write_mesc(tmp_path), "val")
    assert texts(held) == [text for _, text, _ in MESC_HELD]
    assert mesc.PROBLEMS[held.problem] == "Childhood shadow"


def test_a_therapist_of_mesc_has_a_strategy_and_a_client_none(tmp_path: Path) -> None:
    [dialogue] = mesc.read(write_mesc(tmp_path))
    assert [turn.strategy for turn in dialogue.turns if turn.strategy] == [
        "Communication Skills",
        "Open question",
    ]


def test_lines_of_mesc_are_what_clients_say(tmp_path: Path) -> None:
    lines = mesc.client_lines(mesc.read(write_mesc(tmp_path)))
    assert lines[0] == ("I hate this.", "anger")
    assert len(lines) == 6


def test_a_turn_of_mesc_lasts_until_the_therapist_speaks_and_has_the_commonest_label(
    tmp_path: Path,
) -> None:
    turns = mesc.client_turns(mesc.read(write_mesc(tmp_path)))
    assert turns == [
        ("I hate this. All of it. Well.", "anger"),
        ("I feel heavy.", "depression"),
    ]  # glad and sad are as common as each other in the second one


@pytest.mark.parametrize("name", ["MESC.csv", "val.json"])
def test_a_missing_file_of_mesc_is_named(tmp_path: Path, name: str) -> None:
    (write_mesc(tmp_path) / name).unlink()
    with pytest.raises(DataError, match=name):
        list(mesc.read(tmp_path))


def test_a_table_without_a_column_is_no_mesc(tmp_path: Path) -> None:
    text = (write_mesc(tmp_path) / "MESC.csv").read_text()
    (tmp_path / "MESC.csv").write_text(text.replace("Emotion", "Mood", 1))
    with pytest.raises(DataError, match="'Emotion'"):
        list(mesc.read(tmp_path))


def test_situations_of_esconv_come_with_their_emotion(tmp_path: Path) -> None:
    assert esconv.situations(write_esconv(tmp_path)) == [("A review is near.", "anxiety")]


def test_a_malformed_line_of_esconv_is_named(tmp_path: Path) -> None:
    write_esconv(tmp_path, esconv_conversation(), {"situation": "x"})
    with pytest.raises(DataError, match="train.txt:2: no ESConv conversation: emotion_type"):
        list(esconv.read(tmp_path))


def test_reading_goes_on_behind_a_broken_line_that_is_reported(tmp_path: Path) -> None:
    write_esconv(tmp_path)
    good = (tmp_path / "train.txt").read_text()
    (tmp_path / "train.txt").write_text(good + '{"situ\n' + good)
    told: list[Trouble] = []
    assert len(list(esconv.read(tmp_path, report=told.append))) == 2
    assert [trouble.line for trouble in told] == [2]


def test_esconv_is_read_as_first_published_too(tmp_path: Path) -> None:
    dialog = [
        {"speaker": "seeker", "annotation": {}, "content": "Hi.\n"},
        {"speaker": "supporter", "annotation": {"strategy": "Question"}, "content": "What now?"},
    ]
    (tmp_path / "ESConv.json").write_text(json.dumps([esconv_conversation(dialog=dialog)]))
    [found] = esconv.read(tmp_path)
    assert found.turns == (Turn("person", "Hi."), Turn("supporter", "What now?", "", "Question"))


def test_an_unknown_speaker_is_named(tmp_path: Path) -> None:
    dialog = [{"speaker": "narrator", "text": "It rains."}]
    write_esconv(tmp_path, esconv_conversation(dialog=dialog))
    with pytest.raises(DataError, match="unknown speaker 'narrator'"):
        list(esconv.read(tmp_path))


def test_the_response_of_escot_is_its_last_turn_and_has_the_strategy(tmp_path: Path) -> None:
    [found] = escot.read(write_escot(tmp_path))
    assert [turn.strategy for turn in found.turns] == ["", "", "Specify"]
    assert found.turns[-1].text == "Which thing is on your mind today?"


def test_an_interview_of_annomi_is_put_in_order_and_a_poor_one_is_left_out(tmp_path: Path) -> None:
    [found] = annomi.read(write_annomi(tmp_path))
    assert texts(found) == ["I walk when I am restless.", "So the walks help."]


def test_the_first_annotator_of_the_full_table_counts(tmp_path: Path) -> None:
    text = (write_annomi(tmp_path) / "AnnoMI-simple.csv").read_text()
    again = text.splitlines()[1].replace("reflection", "other")
    (tmp_path / "AnnoMI-full.csv").write_text(text + again + "\n")
    (tmp_path / "AnnoMI-simple.csv").unlink()
    [found] = annomi.read(tmp_path)
    assert [turn.strategy for turn in found.turns] == ["", "reflection"]


def test_turns_of_one_speaker_are_joined_under_the_commonest_label() -> None:
    said = [
        Turn("supporter", "I see.", strategy="Others"),
        Turn("supporter", "", strategy="Others"),
        Turn("supporter", "What now?", strategy="Question"),
        Turn("supporter", "And then?", strategy="Question"),
        Turn("person", "Nothing."),
    ]
    assert merged(said) == [
        Turn("supporter", "I see. What now? And then?", "", "Question"),
        Turn("person", "Nothing."),
    ]


def test_an_item_of_an_array_has_the_line_where_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('[\n {"a": "x\\ny"},\n\n {"a":\n 2}\n]')
    assert list(json_items(file)) == [(2, {"a": "x\ny"}), (4, {"a": 2})]


def test_an_array_that_breaks_off_is_reported_where_it_does(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('[\n{"a": 1},\n{"b"')
    told: list[Trouble] = []
    assert len(list(json_items(file, told.append))) == 1
    assert [trouble.line for trouble in told] == [3]


def test_a_line_separator_inside_a_json_string_cuts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"a": "x\u2028y"}\n', "utf-8")
    assert list(json_items(file)) == [(1, {"a": "x\u2028y"})]


def test_every_strategy_of_a_corpus_is_taken_for_one_of_the_ten() -> None:
    counts = {name: len(labels) for name, labels in strategy_table().corpora.items()}
    assert counts == {"mesc": 10, "esconv": 8, "escot": 13, "annomi": 4}


@pytest.mark.parametrize("strategy", list(Strategy))
def test_the_nearest_label_of_each_of_the_ten_exists(strategy: Strategy) -> None:
    for corpus in ("mesc", "esconv", "escot", "annomi"):
        assert nearest(strategy, corpus).casefold() in taken_for(corpus)  # type: ignore[arg-type]


def test_the_stage_of_a_strategy_is_that_of_the_helping_skills_model() -> None:
    stages = [stage_of(name) for name in ("Open question", "Approval", "Advisement")]
    assert stages == ["exploration", "comforting", "action"]


def test_the_page_shows_the_whole_strategy_table() -> None:
    page = (ROOT / "docs" / "examples.md").read_text("utf-8")
    rows = {
        f"| {strategy.value} | {own.esconv} | {own.escot} | {own.annomi} | {own.stage.value} |"
        for strategy, own in strategy_table().strategies.items()
    } | {
        f"| {name} | {label} | {other.is_.value} | {other.why} |"
        for name, labels in strategy_table().corpora.items()
        for label, other in labels.items()
        if name != "mesc"
    }
    assert not [row for row in rows if row not in page]
