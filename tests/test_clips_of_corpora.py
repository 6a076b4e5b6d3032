"""MELD, DFEW and EmoDB: corpora whose utterances are files."""

from pathlib import Path

import pytest

from tests.made_corpora import made_dfew, made_emodb, made_meld
from tools.corpora.dialogue import MediaFile, merged
from tools.corpora.library import CORPORA
from tools.corpora.quotes import mended
from tools.corpora.trouble import Trouble
from tools.errors import DataError

MELD, DFEW, EMODB = CORPORA["meld"], CORPORA["dfew"], CORPORA["emodb"]


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("It\x92s", "It\u2019s"),
        ("\x93So\x94", "\u201cSo\u201d"),
        ("wait\x97no", "wait\u2014no"),
        ("isn\u00e2\u20ac\u2122t", "isn\u2019t"),
        ("isn\u00e2\x80\x99t", "isn\u2019t"),
        ("\u00e2\u20ac\u0153So\u00e2\u20ac\x9d", "\u201cSo\u201d"),
        ("caf\u00e9 \u2019 ok", "caf\u00e9 \u2019 ok"),
    ],
)
def test_quotes_are_mended(wrong: str, right: str) -> None:
    assert mended(wrong) == right


def test_everybody_in_meld_counts_as_a_person_and_has_a_name(tmp_path: Path) -> None:
    first, second = MELD.read(made_meld(tmp_path), "dev")
    assert [(turn.speaker, turn.who) for turn in first.turns] == [
        ("person", "Ada"), ("person", "Ben"), ("person", "Cleo"),
    ]  # fmt: skip
    assert [turn.text for turn in first.turns[:2]] == [
        "It\u2019s my turn to cook.",
        "No, it isn\u2019t!",
    ]
    assert second.turns[0].emotion == "surprise"
    assert len(merged(first.turns)) == 3


def test_a_clip_of_meld_is_found_by_its_numbers_or_named_as_missing(tmp_path: Path) -> None:
    first, _ = MELD.read(made_meld(tmp_path, clips=True), "train")
    clip = tmp_path / "train_splits" / "dia0_utt0.mp4"
    assert first.turns[0].media == MediaFile(clip, video=True)
    assert (first.turns[1].media, first.turns[1].missing) == (None, "dia0_utt1.mp4")
    assert first.turns[2].missing == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",0,1,1,2,", ",0,0,1,2,", "train_sent_emo.csv:3: the utterance '0' stands there twice"),
        ("Ben,anger", "Ben,cross", "train_sent_emo.csv:3: unknown emotion 'cross'"),
        ("Ben,anger", "Ben,", "train_sent_emo.csv:3: an utterance needs its text"),
        (",0,1,1,2,", ",0,x,1,2,", "train_sent_emo.csv:3: the ids '0' and 'x' must be numbers"),
    ],
)
def test_a_wrong_row_of_meld_takes_its_dialogue_out(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    change(made_meld(tmp_path) / "train_sent_emo.csv", old, new)
    with pytest.raises(DataError, match=told):
        list(MELD.read(tmp_path))
    troubles: list[Trouble] = []
    assert [found.id for found in MELD.read(tmp_path, "train", troubles.append)] == ["1"]
    assert len(troubles) == 1


def test_a_dialogue_of_meld_that_goes_on_behind_another_is_named(tmp_path: Path) -> None:
    file = made_meld(tmp_path) / "train_sent_emo.csv"
    file.write_text(file.read_text("utf-8") + "5,Late.,Ada,joy,positive,0,7,1,2,,\n", "utf-8")
    with pytest.raises(DataError, match="train_sent_emo.csv:6: the id '0' stands there twice"):
        list(MELD.read(tmp_path))


def test_a_table_of_meld_without_a_column_is_refused(tmp_path: Path) -> None:
    change(made_meld(tmp_path) / "train_sent_emo.csv", "Emotion", "Mood")
    with pytest.raises(DataError, match="lacks the columns Emotion "):
        list(MELD.read(tmp_path))


def test_a_fold_of_dfew_lists_clips_with_their_label(tmp_path: Path) -> None:
    found = list(DFEW.read(made_dfew(tmp_path), "train3"))
    assert [dialogue.turns[0].emotion for dialogue in found] == ["happy", "sad", "fear"]
    assert found[0].turns[0].media == MediaFile(tmp_path / "clips" / "3a.mp4", video=True)


def test_a_clip_of_dfew_that_is_not_there_is_named_as_missing(tmp_path: Path) -> None:
    _, lost = DFEW.read(made_dfew(tmp_path), "test1")
    assert (lost.turns[0].media, lost.turns[0].missing) == (None, "1lost.mp4")


def test_a_list_of_dfew_may_lie_bare(tmp_path: Path) -> None:
    made_dfew(tmp_path)
    (tmp_path / "split02" / "test.csv").rename(tmp_path / "test2.csv")
    assert [dialogue.id for dialogue in DFEW.read(tmp_path, "test2")][0] == "clips/2d.mp4"


@pytest.mark.parametrize("line", ["clips/x.mp4 7", "clips/x.mp4,3", "3"])
def test_a_wrong_line_of_dfew_is_named(tmp_path: Path, line: str) -> None:
    change(made_dfew(tmp_path) / "split01" / "test.csv", "clips/1d.mp4 2", line)
    with pytest.raises(DataError, match=r"test.csv:1: a path and a number from 0 to 6"):
        list(DFEW.read(tmp_path, "test1"))


def test_a_clip_that_is_listed_twice_is_named(tmp_path: Path) -> None:
    change(made_dfew(tmp_path) / "split01" / "test.csv", "clips/1lost.mp4", "clips/1d.mp4")
    with pytest.raises(DataError, match="test.csv:2: the id 'clips/1d.mp4' stands there twice"):
        list(DFEW.read(tmp_path, "test1"))


def test_a_file_of_emodb_tells_speaker_and_emotion_by_its_name(tmp_path: Path) -> None:
    made_emodb(tmp_path)
    found = {dialogue.id: dialogue.turns[0] for dialogue in EMODB.read(tmp_path)}
    assert {turn.who for turn in found.values()} == {"03", "08"}
    assert found["03a01La"].emotion == "bored"
    assert found["08a01Wa"].media == MediaFile(tmp_path / "08a01Wa.wav")


def test_the_splits_of_emodb_share_no_speaker(tmp_path: Path) -> None:
    made_emodb(tmp_path)
    speakers = [
        {dialogue.turns[0].who for dialogue in EMODB.read(tmp_path, split)}
        for split in ("train", "val", "test")
    ]
    assert speakers == [{"03", "08"}, {"12"}, {"15"}]
    assert len(list(EMODB.read(tmp_path, "all"))) == 20


def test_the_files_of_emodb_may_lie_in_wav(tmp_path: Path) -> None:
    made_emodb(tmp_path / "wav")
    assert len(list(EMODB.read(tmp_path, "all"))) == 20


def test_emodb_in_folders_of_classes_is_labelled_by_them(tmp_path: Path) -> None:
    made_emodb(tmp_path, flat=False)
    (tmp_path / "angry" / "0301.wav").write_bytes(b"made")
    found = {dialogue.id: dialogue.turns[0].emotion for dialogue in EMODB.read(tmp_path)}
    assert found["03a01Fa"] == "happy"
    assert found["angry/0301"] == "angry"


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("03a01Xa.wav", "03a01Xa.wav: .* tells no emotion"),
        ("voice.wav", "voice.wav: .* must begin with two digits"),
        ("glum/03a01Ta.wav", "glum/03a01Ta.wav: unknown emotion 'glum'"),
        ("happy/03a02Wb.wav", "happy/03a02Wb.wav: it stands under 'happy', .* says 'angry'"),
        ("wav/03a01Wa.wav", "the id '03a01Wa' stands there twice"),
    ],
)
def test_a_file_of_emodb_that_is_at_odds_is_named(tmp_path: Path, place: str, told: str) -> None:
    file = made_emodb(tmp_path) / place
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"made")
    with pytest.raises(DataError, match=told):
        list(EMODB.read(tmp_path))
