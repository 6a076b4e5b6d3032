import json

import numpy as np
import pytest

from tests.made_corpora import made_goemotions
from tests.made_encoder import FINE, write_corpus
from tools.corpora import goemotions
from tools.corpora.library import CORPORA
from tools.errors import DataError
from tools.labels import EKMAN
from tools.training.goemotions import read_comments

ANGER, JOY = EKMAN.index("anger"), EKMAN.index("joy")


@pytest.fixture
def corpus(tmp_path):
    return write_corpus(tmp_path)


def write_train(corpus, text):
    (corpus / "train.tsv").write_text(text, "utf-8")
    return corpus


def test_a_comment_has_its_labels_and_their_ekman_groups(corpus):
    joy, annoyance = FINE.index("joy"), FINE.index("annoyance")
    write_train(corpus, f"so glad, so cross\t{joy},{annoyance}\ta1\n")
    comments = read_comments(corpus, "train.tsv")
    assert comments.texts == ["so glad, so cross"]
    assert np.flatnonzero(comments.fine[0]).tolist() == [joy, annoyance]
    assert np.flatnonzero(comments.ekman[0]).tolist() == sorted([ANGER, JOY])
    assert comments.first[0] == JOY
    assert not comments.single[0]


def test_two_labels_of_one_group_are_single(corpus):
    write_train(corpus, f"grr\t{FINE.index('anger')},{FINE.index('annoyance')}\ta1\n")
    comments = read_comments(corpus, "train.tsv")
    assert comments.single[0]
    assert comments.ekman[0].sum() == 1


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("no tabs at all", "train.tsv:2: the line has 1 columns"),
        ("text\t0\tid\tmore", "train.tsv:2: the line has 4 columns"),
        ("text\tjoy\tid", "train.tsv:2: the line has the label ids 'joy'"),
        ("text\t99\tid", "train.tsv:2: the line has the label ids '99'"),
        ("text\t-1\tid", "train.tsv:2: the line has the label ids '-1'"),
        ("text\t1,\tid", "train.tsv:2: the line has the label ids '1,'"),
        ("text\t²\tid", "train.tsv:2: the line has the label ids"),
    ],
)
def test_a_malformed_row_is_named_with_its_line(corpus, line, complaint):
    write_train(corpus, f"fine\t0\ta1\n{line}\n")
    with pytest.raises(DataError, match=complaint):
        read_comments(corpus, "train.tsv")


def test_quotes_and_windows_line_ends_are_text_and_line_ends(corpus):
    write_train(corpus, '"he said\t0\ta1\r\nshe said"\t1\ta2\r\n')
    comments = read_comments(corpus, "train.tsv")
    assert comments.texts == ['"he said', 'she said"']
    assert comments.ids == ["a1", "a2"]


def test_a_comment_whose_labels_fall_under_two_emotions_is_kept_without_one(tmp_path):
    single, same, mixed, neutral = CORPORA["goemotions"].read(made_goemotions(tmp_path), "dev")
    emotions = [dialogue.turns[0].emotion for dialogue in (single, same, mixed, neutral)]
    assert emotions == ["joy", "joy", "", "neutral"]
    assert mixed.turns[0].labels == ("joy", "annoyance")
    assert same.turns[0].labels == ("joy", "gratitude")


def test_a_wrong_row_is_left_out_and_reading_goes_on(tmp_path):
    file = made_goemotions(tmp_path) / "dev.tsv"
    file.write_text("no tabs\n" + file.read_text())
    told = []
    found = list(CORPORA["goemotions"].read(tmp_path, "dev", told.append))
    assert [dialogue.line for dialogue in found] == [2, 3, 4, 5]
    assert [trouble.line for trouble in told] == [1]


def test_only_the_first_comments_are_read_when_asked(corpus):
    assert len(read_comments(corpus, "train.tsv", limit=5).texts) == 5


@pytest.mark.parametrize("name", ["train.tsv", "labels.txt", "ekman.json"])
def test_a_missing_file_is_named(corpus, name):
    (corpus / name).unlink()
    with pytest.raises(DataError, match=name):
        read_comments(corpus, "train.tsv")


def test_an_empty_file_is_refused(corpus):
    with pytest.raises(DataError, match="holds no comments"):
        read_comments(write_train(corpus, "\n"), "train.tsv")


def test_a_label_without_an_ekman_group_is_named(corpus):
    groups = json.loads((corpus / "ekman.json").read_text())
    groups["anger"].remove("annoyance")
    (corpus / "ekman.json").write_text(json.dumps(groups))
    with pytest.raises(DataError, match="'annoyance' under exactly one"):
        read_comments(corpus, "train.tsv")


def test_a_label_in_two_groups_is_named(corpus):
    groups = json.loads((corpus / "ekman.json").read_text())
    groups["joy"].append("annoyance")
    (corpus / "ekman.json").write_text(json.dumps(groups))
    with pytest.raises(DataError, match="under anger, joy"):
        read_comments(corpus, "train.tsv")


def test_the_split_is_disjoint_whole_and_about_nine_to_one(corpus):
    comments = read_comments(corpus, "train.tsv")
    learn, choose = comments.split()
    assert sorted(learn.ids + choose.ids) == sorted(comments.ids)
    assert 0.03 < len(choose.ids) / len(comments.ids) < 0.2


def test_a_comment_stays_on_its_side_whatever_else_is_in_the_file(corpus):
    _, choose = read_comments(corpus, "train.tsv").split()
    lines = (corpus / "train.tsv").read_text().splitlines(keepends=True)
    write_train(corpus, "".join(reversed(lines[:120])))
    _, fewer = read_comments(corpus, "train.tsv").split()
    assert fewer.ids
    assert set(fewer.ids) < set(choose.ids)


def test_taking_comments_keeps_rows_together(corpus):
    comments = read_comments(corpus, "train.tsv")
    taken = comments.take(np.array([5, 0]))
    assert taken.texts == [comments.texts[5], comments.texts[0]]
    assert (taken.fine == comments.fine[[5, 0]]).all()
    assert taken.first.tolist() == comments.first[[5, 0]].tolist()


def test_a_list_of_labels_that_lacks_one_would_shift_all_below_it_and_is_refused(tmp_path):
    file = made_goemotions(tmp_path) / "labels.txt"
    file.write_text(file.read_text().replace("gratitude\n", ""))
    with pytest.raises(DataError, match="labels.txt .* lacks gratitude, which ekman.json groups"):
        list(goemotions.read(tmp_path, "dev"))


@pytest.mark.parametrize("text", ['{"joy": ["joy"', "[1, 2]", '{"joy": 3}'])
def test_groups_that_are_no_lists_of_labels_are_refused(tmp_path, text):
    (made_goemotions(tmp_path) / "ekman.json").write_text(text)
    with pytest.raises(DataError, match="ekman.json .* is no JSON object of lists of labels"):
        list(goemotions.read(tmp_path, "dev"))


@pytest.mark.parametrize("name", ["dev.tsv", "labels.txt", "ekman.json"])
def test_a_byte_order_mark_is_no_part_of_a_comment_or_a_label(tmp_path, name):
    file = made_goemotions(tmp_path) / name
    plain = list(goemotions.read(tmp_path, "dev"))
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert list(goemotions.read(tmp_path, "dev")) == plain
