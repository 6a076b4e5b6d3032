"""Parity with the published run that Kang et al. (ACL 2024) released, n=1,611."""

import pytest

from tools.metrics.labels import label_scores
from tools.metrics.preference import preference_bias

LABELS = ["question", "restatement", "reflection", "disclosure", "affirmation", "suggestions",
          "information", "others"]  # fmt: skip
COUNTS = [
    [36, 22, 20, 22, 31, 10, 12, 5],
    [10, 5, 3, 2, 7, 4, 4, 0],
    [37, 14, 38, 17, 23, 21, 14, 6],
    [9, 8, 7, 37, 19, 13, 11, 2],
    [118, 32, 67, 59, 135, 97, 54, 39],
    [59, 28, 37, 50, 67, 97, 63, 14],
    [1, 0, 1, 9, 3, 13, 14, 2],
    [6, 2, 11, 7, 10, 3, 12, 32],
]
PREFERENCE = [0.632, 0.310, 1.021, 0.479, 2.536, 1.915, 0.219, 0.888]


def test_the_bias_is_the_published_one():
    found = preference_bias(COUNTS)
    assert found["bias"] == pytest.approx(0.76658, abs=5e-6)
    assert found["preference"] == pytest.approx(PREFERENCE, abs=5e-4)
    assert found["n"] == 1611


def test_the_label_scores_of_the_same_run_are_the_published_ones():
    pairs = [(gold, said) for i, said in enumerate(LABELS) for j, gold in enumerate(LABELS)
             for _ in range(COUNTS[i][j])]  # fmt: skip
    scores = label_scores([gold for gold, _ in pairs], [said for _, said in pairs], LABELS)
    assert scores["macro_f1"] == pytest.approx(0.21890, abs=5e-6)
    assert scores["weighted_f1"] == pytest.approx(0.22498, abs=5e-6)
    assert scores["accuracy"] == pytest.approx(0.24457, abs=5e-6)


def test_rows_are_predictions_and_columns_gold():
    turned = [list(column) for column in zip(*COUNTS, strict=True)]
    assert preference_bias(turned)["bias"] != pytest.approx(0.76658, abs=0.01)


def test_a_planner_without_a_preference_has_no_bias():
    found = preference_bias([[9, 2, 2], [2, 9, 2], [2, 2, 9]])
    assert found["bias"] == pytest.approx(0)
    assert found["preference"] == pytest.approx([1, 1, 1])


def test_always_the_same_strategy_is_the_largest_bias_there_is():
    found = preference_bias([[5, 5, 5, 5], [0] * 4, [0] * 4, [0] * 4])
    assert found["preference"] == [4, 0, 0, 0]
    assert found["bias"] == pytest.approx(3**0.5)


def test_a_label_that_never_occurs_in_gold_is_left_out():
    found = preference_bias([[9, 3, 0], [3, 9, 0], [4, 1, 0]])
    assert found["left_out"] == [2]
    assert found["preference"] == pytest.approx([1, 1, 0])
    assert found["n"] == 29


def test_a_planner_that_is_always_right_has_no_bias():
    assert preference_bias([[4, 0], [0, 6]])["bias"] == 0


def test_two_preferences_without_bound_are_not_told_apart():
    found = preference_bias([[5, 0, 3], [0, 5, 3], [0, 0, 0]])
    assert found["bias"] is None and found["preference"] is None


def test_a_strategy_that_is_never_named_has_no_preference():
    found = preference_bias([[5, 3, 2], [4, 5, 1], [0, 0, 0]])
    assert found["preference"][2] == 0
    assert sum(found["preference"]) == pytest.approx(3)


def test_a_strategy_named_only_for_one_that_is_never_named_has_none_either():
    found = preference_bias([[5, 3, 0, 2], [4, 5, 0, 0], [0, 0, 0, 0], [0, 0, 4, 5]])
    assert found["preference"][2:] == [0, 0]
    assert sum(found["preference"]) == pytest.approx(4)


def test_counts_that_are_not_square_are_refused():
    with pytest.raises(ValueError, match="not square"):
        preference_bias([[1, 2], [3]])
