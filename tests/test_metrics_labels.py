import pytest

from tools.errors import DataError
from tools.metrics.confusion import Confusion
from tools.metrics.labels import label_scores

LABELS = ("joy", "fear", "anger", "disgust")
GOLD = ["joy", "joy", "joy", "fear", "fear", "anger"]
PREDICTED = ["joy", "joy", "fear", "fear", "", "shrug"]


def test_a_small_confusion_scores_what_was_worked_out_by_hand():
    scores = label_scores(GOLD, PREDICTED, LABELS)
    joy, fear = 2 * 2 / (3 + 2), 2 * 1 / (2 + 2)
    assert scores["n"] == 6
    assert scores["accuracy"] == scores["war"] == 0.5
    assert scores["weighted_f1"] == pytest.approx((3 * joy + 2 * fear + 0) / 6)
    assert scores["uar"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert scores["classes"]["joy"] == {
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(joy),
        "n": 3,
    }


def test_what_cannot_be_read_is_counted_and_stays_in_every_score():
    scores = label_scores(["joy", "joy"], ["joy", ""], LABELS)
    assert scores["unparsable"] == 1 and scores["n"] == 2
    assert scores["accuracy"] == scores["uar"] == 0.5
    assert scores["classes"]["joy"]["recall"] == 0.5


def test_a_label_outside_of_the_set_is_unparsable_too():
    assert label_scores(GOLD, PREDICTED, LABELS)["unparsable"] == 2


def test_macro_f1_runs_over_the_labels_that_occur_in_gold():
    scores = label_scores(["joy", "joy", "fear"], ["joy", "disgust", "fear"], LABELS)
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)
    assert scores["classes"]["disgust"]["n"] == 0


def test_the_confusion_has_gold_rows_and_a_last_column_for_the_unparsable():
    assert label_scores(GOLD, PREDICTED, LABELS)["confusion"] == [
        [2, 1, 0, 0, 0],
        [0, 1, 0, 0, 1],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0],
    ]


def test_the_floor_is_the_commonest_gold_label_said_always():
    floor = label_scores(GOLD, PREDICTED, LABELS)["floor"]
    assert floor["label"] == "joy"
    assert floor["accuracy"] == 0.5
    assert floor["weighted_f1"] == pytest.approx(0.5 * 2 / 3)
    assert floor["macro_f1"] == pytest.approx(2 / 9)
    assert floor["uar"] == pytest.approx(1 / 3)


def test_of_two_commonest_labels_the_floor_takes_the_first_in_order():
    assert label_scores(["fear", "joy"], ["", ""], LABELS)["floor"]["label"] == "joy"


@pytest.mark.parametrize(
    ("gold", "said"), [([], "no labelled item"), (["glee"], "'glee' is none of the 4 labels")]
)
def test_items_that_cannot_be_scored_are_named(gold, said):
    with pytest.raises(DataError, match=said):
        label_scores(gold, ["joy"] * len(gold), LABELS)


def test_a_missing_prediction_is_not_hidden():
    with pytest.raises(ValueError, match="2 gold labels and 1 predicted"):
        label_scores(["joy", "fear"], ["joy"], LABELS)


@pytest.mark.parametrize("rows", [None, [0, 0, 3, 5], [1, 2, 4]])
@pytest.mark.parametrize("name", ["accuracy", "weighted_f1", "macro_f1", "uar"])
def test_the_counted_scores_are_those_of_the_library(name, rows):
    counted = Confusion(GOLD, PREDICTED, LABELS).score(name, rows)
    places = range(len(GOLD)) if rows is None else rows
    scores = label_scores([GOLD[i] for i in places], [PREDICTED[i] for i in places], LABELS)
    assert counted == pytest.approx(scores[name])
