import json
from pathlib import Path

import pytest

from tests.made_corpora import (
    MESC_HELD,
    MESC_KEPT,
    esconv_conversation,
    made_esconv_array,
    made_escot,
    write_annomi,
    write_esconv,
    write_escot,
    write_mesc,
)
from tools.corpora import annomi, esconv, escot, mesc
from tools.corpora.dialogue import Dialogue, MediaFile, Turn, answered, merged
from tools.corpora.json_items import json_items
from tools.corpora.library import CORPORA
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
    assert held.problem == "Childhood shadow"


def test_a_therapist_of_mesc_has_a_strategy_and_a_client_none(tmp_path: Path) -> None:
    [dialogue] = mesc.read(write_mesc(tmp_path))
    assert [turn.strategy for turn in dialogue.turns if turn.strategy] == [
        "Communication Skills",
        "Open question",
    ]


@pytest.mark.parametrize("name", ["MESC.csv", "val.json"])
def test_a_missing_file_of_mesc_is_named(tmp_path: Path, name: str) -> None:
    (write_mesc(tmp_path) / name).unlink()
    with pytest.raises(DataError, match=name):
        list(mesc.read(tmp_path))


def test_a_table_without_a_column_is_no_mesc(tmp_path: Path) -> None:
    text = (write_mesc(tmp_path) / "MESC.csv").read_text()
    (tmp_path / "MESC.csv").write_text(text.replace("Emotion", "Mood", 1))
    with pytest.raises(DataError, match="lacks the columns Emotion "):
        list(mesc.read(tmp_path))


def test_a_malformed_line_of_esconv_is_named(tmp_path: Path) -> None:
    write_esconv(tmp_path, esconv_conversation(), {"situation": "x"})
    with pytest.raises(DataError, match="train.txt:2: no ESConv conversation: emotion_type"):
        list(esconv.read(tmp_path))


def test_reading_goes_on_behind_a_broken_line_that_is_reported(tmp_path: Path) -> None:
    write_esconv(tmp_path)
    good = (tmp_path / "train.txt").read_text()
    other = good.replace("Monday", "Tuesday")
    (tmp_path / "train.txt").write_text(good + '{"situ\n\n' + other)
    told: list[Trouble] = []
    assert len(list(esconv.read(tmp_path, report=told.append))) == 2
    assert [trouble.line for trouble in told] == [2]


def test_a_conversation_that_stands_in_esconv_twice_is_counted_once(tmp_path: Path) -> None:
    write_esconv(tmp_path, esconv_conversation(), esconv_conversation())
    told: list[Trouble] = []
    assert len(list(esconv.read(tmp_path, report=told.append))) == 1
    assert [(trouble.kind, trouble.line) for trouble in told] == [("id", 2)]


def test_esconv_is_read_as_first_published_too(tmp_path: Path) -> None:
    dialog = [
        {"speaker": "seeker", "annotation": {}, "content": "Hi.\n"},
        {"speaker": "supporter", "annotation": {"strategy": "Question"}, "content": "What now?"},
    ]
    (tmp_path / "ESConv.json").write_text(json.dumps([esconv_conversation(dialog=dialog)]))
    [found] = esconv.read(tmp_path)
    assert found.turns == (Turn("person", "Hi."), Turn("supporter", "What now?", "", "Question"))


def test_the_array_of_esconv_is_one_split_and_no_other(tmp_path: Path) -> None:
    corpus = CORPORA["esconv"]
    made_esconv_array(tmp_path)
    assert corpus.splits_in(tmp_path) == ("all",)
    [found] = corpus.read(tmp_path, "all")
    assert [turn.speaker for turn in found.turns] == ["person", "supporter", "person"]
    with pytest.raises(DataError, match=r"lacks the split 'valid' of ESConv \(there: all\)"):
        corpus.read(tmp_path, "valid")
    with pytest.raises(DataError, match="cannot read valid.txt"):
        list(esconv.read(tmp_path, "valid"))


def test_the_two_of_failed_esconv_are_told_and_renamed_labels_are_known(tmp_path: Path) -> None:
    file = made_esconv_array(tmp_path, "FailedESConv.json") / "FailedESConv.json"
    file.write_text(file.read_text().replace('"Question"', '"Direct Guidance"'))
    [found] = CORPORA["esconv"].read(tmp_path, "failed")
    assert [turn.speaker for turn in found.turns] == ["person", "supporter", "person"]
    assert found.turns[1].strategy == "Providing Suggestions"


def test_the_chain_of_escot_is_the_thoughts_of_its_response(tmp_path: Path) -> None:
    [found] = CORPORA["escot"].read(made_escot(tmp_path), "val")
    assert found.turns[-1].thoughts == {
        "emotion": "The seeker feels stuck.",
        "stimulus": "Unfinished work.",
        "appraisal": "Others manage it.",
        "reason": "One thing is easier to look at.",
    }
    assert not any(turn.thoughts for turn in found.turns[:-1])


def test_an_unknown_speaker_of_escot_is_named(tmp_path: Path) -> None:
    file = made_escot(tmp_path) / "train.json"
    file.write_text(file.read_text().replace('"seeker"', '"narrator"'))
    with pytest.raises(DataError, match="train.json:2, dialogue 1, turn 2: unknown"):
        list(escot.read(tmp_path))


def test_an_interview_of_annomi_with_a_wrong_row_is_left_out_whole(tmp_path: Path) -> None:
    file = write_annomi(tmp_path) / "AnnoMI-simple.csv"
    file.write_text(file.read_text().replace("client,I walk", "nobody,I walk"))
    told: list[Trouble] = []
    assert list(annomi.read(tmp_path, report=told.append)) == []
    assert [trouble.line for trouble in told] == [3]


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


def test_joined_turns_keep_clues_thoughts_and_the_whole_stretch_of_their_file() -> None:
    film = Path("S01E02.mp4")
    said = [
        Turn("person", "I", clue="Calm.", media=MediaFile(film, 1.0, 2.0, video=True)),
        Turn("person", "went.", clue="Low.", media=MediaFile(film, 2.5, 4.0, video=True)),
        Turn("supporter", "Where?", thoughts={"reason": "To know."}),
    ]
    first, reply = merged(said)
    assert (first.text, first.clue) == ("I went.", "Calm. Low.")
    assert first.media == MediaFile(film, 1.0, 4.0, video=True)
    assert reply.thoughts == {"reason": "To know."}


@pytest.mark.parametrize("times", [(None, None), (1.0, 2.0)])
def test_of_several_clips_the_first_is_kept(times: tuple[float | None, float | None]) -> None:
    begin, end = times
    paths = [Path("a.mp4"), Path("b.mp4"), Path("a.mp4")]
    clips = [MediaFile(path, begin, end and end + at) for at, path in enumerate(paths)]
    [joined] = merged([Turn("person", "Oh.", media=clip) for clip in clips])
    assert joined.media == clips[0]


def test_turns_of_two_people_on_one_side_are_not_joined() -> None:
    assert len(merged([Turn("person", "Yes.", who="Ada"), Turn("person", "No.", who="Ben")])) == 2


def test_a_clip_without_words_is_a_turn() -> None:
    assert len(merged([Turn("person", "", media=MediaFile(Path("a.wav")))])) == 1
    assert merged([Turn("person", "")]) == []


def test_only_an_answered_turn_counts() -> None:
    said = [Turn("supporter", "Hi."), Turn("person", "Hi."), Turn("supporter", "So?")]
    assert answered([*said, Turn("person", "So.")]) == 1
    assert answered([Turn("supporter", "Hi."), Turn("supporter", "So?", who="another")]) == 0


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


def test_an_array_that_ends_between_two_objects_is_not_taken_for_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('[{"a": 1},{"a": 2},')
    told: list[Trouble] = []
    assert len(list(json_items(file, told.append))) == 2
    assert [str(trouble) for trouble in told] == [
        "a.json, dialogue 3: the file ends before its array does, as if cut off"
    ]


def test_conversations_of_an_array_of_one_line_are_told_apart(tmp_path: Path) -> None:
    file = made_esconv_array(tmp_path) / "ESConv.json"
    [made] = json.loads(file.read_text())
    wrong = {**made, "dialog": [*made["dialog"], {"speaker": "narrator", "content": "It rains."}]}
    other = {**made, "situation": "Another term ends."}
    file.write_text(json.dumps([made, other, wrong]))
    told: list[Trouble] = []
    found = list(CORPORA["esconv"].read(tmp_path, "all", told.append))
    assert [dialogue.id for dialogue in found] == ["ESConv-1", "ESConv-2"]
    assert [str(trouble) for trouble in told] == [
        "ESConv.json, dialogue 3, turn 4: unknown speaker 'narrator'"
    ]


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
        assert nearest(strategy, corpus).casefold() in taken_for(corpus)


def test_a_corpus_without_strategies_takes_none_for_another() -> None:
    assert taken_for("emodb") == {} and nearest("Approval", "emodb") == "Approval"


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
