import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.made_corpora import MADE_MESC, made_mesc
from tools.corpora import mesc
from tools.corpora.dialogue import Dialogue, MediaFile, merged
from tools.corpora.library import CORPORA
from tools.corpora.trouble import Trouble
from tools.errors import DataError

MESC = CORPORA["mesc"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_mesc(tmp_path / "mesc")


def read(folder: Path, split: str = "train") -> list[Dialogue]:
    return list(MESC.read(folder, split))


def texts(dialogue: Dialogue) -> list[str]:
    return [turn.text for turn in dialogue.turns]


def spoken(id_: str) -> list[str]:
    return [text for _, text, _, _ in MADE_MESC[id_]]


def change(file: Path, old: str, new: str, times: int = 1) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, times), "utf-8")


def test_the_training_split_is_what_is_in_neither_of_the_others(folder: Path) -> None:
    assert [dialogue.id for dialogue in read(folder)] == ["0", "1"]


@pytest.mark.parametrize(("split", "id_"), [("val", "2"), ("test", "3")])
def test_a_split_has_its_words_from_the_table_and_its_clue_apart(
    folder: Path, split: str, id_: str
) -> None:
    [found] = read(folder, split)
    assert texts(found) == spoken(id_)
    assert found.turns[1].clue == "The speaker seems calm, by line 1."
    assert (found.problem, found.situation) == ("Childhood shadow", "A quiet week.")
    assert (found.file, found.line) == (f"{split}.json", 2)


def test_the_json_lines_hold_the_same(tmp_path: Path) -> None:
    lines = read(made_mesc(tmp_path / "lines", lines=True), "val")
    array = read(made_mesc(tmp_path / "array"), "val")
    assert [dialogue.turns for dialogue in lines] == [dialogue.turns for dialogue in array]


def test_without_the_table_words_and_clue_are_parted_by_the_markers(folder: Path) -> None:
    (folder / "MESC.csv").unlink()
    [found] = read(folder, "val")
    assert texts(found) == spoken("2")
    assert found.turns[0].clue == "The speaker seems calm, by line 0."
    assert [turn.strategy for turn in found.turns] == ["", "Restatement", "", "Open question"]
    assert found.turns[0].missing == ""


def test_a_table_that_lacks_the_test_dialogues_leaves_them_to_the_markers(folder: Path) -> None:
    change(folder / "MESC.csv", "Nothing new.", "Something else.")
    [found] = read(folder, "test")
    assert texts(found) == spoken("3")


def test_a_training_file_wins_over_what_is_left_of_the_table(folder: Path) -> None:
    (folder / "val.json").rename(folder / "train.json")
    [found] = read(folder, "train")
    assert found.id == "2"


def test_labels_are_cleaned(folder: Path) -> None:
    change(folder / "MESC.csv", ",joy,Approval", ", Joy ,approval ")
    first, second = read(folder)
    assert first.turns[2].strategy == "Open question"
    assert (second.turns[1].emotion, second.turns[1].strategy) == ("joy", "Approval")
    assert second.turns[0].strategy == ""


def test_lines_join_to_turns(folder: Path) -> None:
    turns = merged(read(folder)[0].turns)
    assert [turn.text for turn in turns[:2]] == [
        "I keep the shop open until ten at night.",
        "Who told you to?",
    ]


@pytest.mark.parametrize("place", ["S01E02.mp4", "s1e2.MKV", "1/2.mp4", "01/02.mp4"])
def test_a_turn_is_a_stretch_of_its_episode(folder: Path, place: str) -> None:
    film = folder / "videos" / place
    film.parent.mkdir(parents=True)
    film.write_bytes(b"made")
    shop, garden = read(folder)
    assert garden.turns[1].media == MediaFile(film, 2.5, 3.75, audio=True, video=True)
    assert shop.turns[0].media is None
    assert shop.turns[0].missing == "S01E01"


def test_a_sound_file_has_no_pictures_and_a_video_wins_over_it(folder: Path) -> None:
    (folder / "videos").mkdir()
    for name in ("S01E01.wav", "S01E02.wav", "S01E02.mp4"):
        (folder / "videos" / name).write_bytes(b"made")
    shop, garden = read(folder)
    assert shop.turns[0].media and not shop.turns[0].media.video
    assert garden.turns[0].media and garden.turns[0].media.path.name == "S01E02.mp4"


def test_a_video_whose_name_tells_no_episode_is_named(folder: Path) -> None:
    (folder / "videos").mkdir()
    (folder / "videos" / "pilot.mp4").write_bytes(b"made")
    with pytest.raises(DataError, match="videos/pilot.mp4: the name tells no season"):
        read(folder)


def test_a_held_out_dialogue_that_is_not_in_the_table_is_named(folder: Path) -> None:
    change(folder / "val.json", "He sold the boat.", "She sold the boat.")
    with pytest.raises(
        DataError, match=r"val.json:2, dialogue 1: the dialogue matches none of MESC.csv"
    ):
        read(folder, "val")


def test_nobody_trains_on_what_may_be_held_out(folder: Path) -> None:
    change(folder / "val.json", "He sold the boat.", "She sold the boat.")
    with pytest.raises(
        DataError, match="val.json:2, dialogue 1: .* cannot be told from the others"
    ):
        read(folder)


def test_a_training_split_that_is_too_large_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "test.json").unlink()
    monkeypatch.setattr(mesc, "TRAINING", 2)
    with pytest.raises(DataError, match=r"holds 3 dialogues .* training split has 2; put val"):
        read(folder)


def test_a_training_split_needs_the_validation_file(folder: Path) -> None:
    (folder / "val.json").unlink()
    with pytest.raises(DataError, match=r"lacks val.json of MESC"):
        read(folder)


def test_a_missing_split_is_told_with_those_that_are_there(folder: Path) -> None:
    (folder / "test.json").unlink()
    with pytest.raises(DataError, match=r"lacks the split 'test' of MESC \(there: train, val\)"):
        read(folder, "test")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Client,sadness", "Nurse,sadness", "MESC.csv:3: no line of a client or a therapist"),
        ("until ten at night.", "", "MESC.csv:3: no line of a client or a therapist"),
        ("Client,sadness", "Client,", "MESC.csv:3: the line has no emotion"),
        ("0,1,1,1", "0,0,1,1", "MESC.csv:3: the utterance '0' of the dialogue '0' stands there"),
        ('"00:00:03,750"', "3.75", "MESC.csv:3: '3.75' is no time as HH:MM:SS,mmm"),
        ('"00:00:03,750"', '"00:00:01,750"', "MESC.csv:3: the line ends at '00:00:01,750'"),
    ],
)
def test_a_wrong_line_takes_its_whole_dialogue_out(
    folder: Path, old: str, new: str, told: str
) -> None:
    change(folder / "MESC.csv", old, new)
    with pytest.raises(DataError, match=told):
        read(folder)
    troubles: list[Trouble] = []
    found = list(MESC.read(folder, "train", troubles.append))
    assert [dialogue.id for dialogue in found] == ["1"]
    assert len(troubles) == 1


@pytest.mark.parametrize(
    ("change_bytes", "told"),
    [
        (lambda made: made[:-40], r"MESC.csv:\d+: the row has \d cells and the head 10, as if cut"),
        (lambda made: made.replace(b",", b";"), "lacks the columns Utterance, .* with commas"),
        (lambda made: made.replace(b"Nobody", b"Nobod\xe9"), "MESC.csv of MESC in .* is no UTF-8"),
    ],
)
def test_a_table_that_is_cut_off_or_written_otherwise_ends_the_reading(
    folder: Path, change_bytes: Callable[[bytes], bytes], told: str
) -> None:
    file = folder / "MESC.csv"
    file.write_bytes(change_bytes(file.read_bytes()))
    with pytest.raises(DataError, match=told):
        list(MESC.read(folder, "train", [].append))


def test_a_byte_order_mark_is_no_part_of_a_column(folder: Path) -> None:
    plain, file = read(folder), folder / "MESC.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read(folder) == plain


def test_a_dialogue_that_goes_on_behind_another_is_named(folder: Path) -> None:
    file = folder / "MESC.csv"
    file.write_text(file.read_text() + "Late.,Client,joy,undefined,0,9,1,1,,\n")
    with pytest.raises(DataError, match=r"MESC.csv:16: the dialogue '0' stands there twice"):
        read(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("MESC.csv", "Client,joy", "Client,glum", "MESC.csv:7: unknown emotion 'glum'"),
        ("MESC.csv", "Interpretation", "Guess", "MESC.csv:6: unknown strategy 'Guess'"),
    ],
)
def test_an_unknown_label_is_named_with_its_line(
    folder: Path, file: str, old: str, new: str, told: str
) -> None:
    change(folder / file, old, new)
    with pytest.raises(DataError, match=told):
        read(folder)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Childhood Shadow", "Weather", "val.json:2, dialogue 1: unknown problem type 'Weather'"),
        (
            '"anger"',
            '"joy"',
            r"val.json:2, dialogue 1, turn 1: 'joy' stands as 'anger' in MESC.csv:10",
        ),
        ('"Restatement"', '"Approval"', "'Approval' stands as 'Restatement' in MESC.csv:11"),
        ('"user"', '"sys"', "'sys' stands as 'person' in MESC.csv:10"),
        ('"dialog"', '"talk"', "val.json:2, dialogue 1: no MESC dialogue: dialog: Field required"),
    ],
)
def test_a_split_file_that_is_at_odds_is_named(folder: Path, old: str, new: str, told: str) -> None:
    change(folder / "val.json", old, new)
    with pytest.raises(DataError, match=told):
        read(folder, "val")


def one_line(folder: Path, **changes: str) -> Path:
    """Write `val.json` as published: three dialogues in a line, the fourth turn of the last wrong.

    Args:
        folder: of the made corpus.
        changes: fields of that turn; an empty one is taken out.
    """
    [item] = json.loads((folder / "val.json").read_text())
    last = json.loads(json.dumps(item))
    last["dialog"][3] = {k: v for k, v in {**last["dialog"][3], **changes}.items() if v}
    (folder / "val.json").write_text(json.dumps([item, item, last]))
    return folder


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"text": ""}, "turn 4: no MESC dialogue: dialog.text: Field required"),
        ({"speaker": "nurse"}, "turn 4: unknown speaker 'nurse'"),
        ({"emotion": "glum"}, "turn 4: unknown emotion 'glum'"),
        ({"strategy": "Guess"}, "turn 4: unknown strategy 'Guess'"),
    ],
)
def test_in_an_array_of_one_line_dialogue_and_turn_are_told(
    folder: Path, changes: dict[str, str], told: str
) -> None:
    (one_line(folder, **changes) / "MESC.csv").unlink()
    troubles: list[Trouble] = []
    assert len(list(MESC.read(folder, "val", troubles.append))) == 2
    assert [str(trouble) for trouble in troubles] == [f"val.json, dialogue 3, {told}"]


def test_an_array_of_one_line_is_told_beside_the_table_too(folder: Path) -> None:
    rows = (folder / "MESC.csv").read_text().splitlines()
    held = [row for row in rows if ",1,3," in row]
    again = [row.replace(",2,", f",{id_},", 1) for id_ in ("5", "6") for row in held]
    (folder / "MESC.csv").write_text("\n".join([*rows, *again]) + "\n")
    with pytest.raises(DataError, match="val.json, dialogue 3, turn 4: 'joy' stands as 'neutral'"):
        read(one_line(folder, emotion="joy"), "val")


def test_a_dialogue_that_stands_in_a_split_file_twice_is_counted_once(folder: Path) -> None:
    item = json.loads((folder / "val.json").read_text())
    (folder / "val.json").write_text(json.dumps(item * 2))
    told: list[Trouble] = []
    assert len(list(MESC.read(folder, "val", told.append))) == 1
    assert [(trouble.kind, str(trouble)) for trouble in told] == [
        ("id", "val.json, dialogue 2: the dialogue stands there twice")
    ]


def test_two_dialogues_of_the_same_words_are_told_apart(folder: Path) -> None:
    file = folder / "MESC.csv"
    rows = file.read_text().splitlines()
    again = [row.replace(",2,", ",4,", 1) for row in rows if ",2," in row and ",1,3," in row]
    file.write_text("\n".join([*rows, *again]) + "\n")
    item = json.loads((folder / "val.json").read_text())
    (folder / "val.json").write_text(json.dumps(item * 2))
    assert [dialogue.id for dialogue in read(folder, "val")] == ["2", "4"]
