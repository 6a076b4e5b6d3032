import pytest

from tools.errors import DataError
from tools.metrics.calibration import brier, expected_calibration_error, reliability

LABELS = ("joy", "fear", "anger")


def test_the_calibration_error_weighs_the_gap_of_each_range_by_its_items():
    confidence, right = [0.9] * 4 + [0.3] * 6, [True, True, False, False] + [False] * 6
    assert expected_calibration_error(confidence, right) == pytest.approx(0.4 * 0.4 + 0.6 * 0.3)


def test_gaps_in_one_range_cancel_and_in_two_do_not():
    confidence, right = [0.6, 0.9], [True, False]
    assert expected_calibration_error(confidence, right, bins=1) == pytest.approx(0.25)
    assert expected_calibration_error(confidence, right, bins=10) == pytest.approx(0.65)


def test_full_confidence_belongs_to_the_last_range():
    parts = reliability([1.0, 0.95, 0.0], [True, False, False], bins=10)
    assert parts[-1].n == 2 and parts[-1].accuracy == 0.5
    assert parts[-1].confidence == pytest.approx(0.975)


def test_empty_ranges_are_there_for_the_plot_without_a_value():
    parts = reliability([0.95], [True], bins=4)
    assert [part.n for part in parts] == [0, 0, 0, 1]
    assert parts[0].confidence is None and parts[0].accuracy is None
    assert [part.low for part in parts] == [0.0, 0.25, 0.5, 0.75]


def test_a_confidence_must_be_a_probability():
    with pytest.raises(ValueError, match="outside"):
        reliability([1.2], [True])


def test_the_brier_score_sums_the_squares_of_all_labels():
    rows = [{"joy": 0.6, "fear": 0.4}]
    assert brier(rows, ["joy"], LABELS) == pytest.approx(0.4**2 + 0.4**2)


def test_the_brier_score_runs_from_zero_to_two():
    assert brier([{"joy": 1.0}], ["joy"], LABELS) == 0
    assert brier([{"joy": 1.0}], ["fear"], LABELS) == 2


def test_a_model_that_named_nothing_costs_one():
    assert brier([{}], ["joy"], LABELS) == 1


def test_a_gold_label_that_no_row_can_hold_is_named():
    with pytest.raises(DataError, match="'glee'"):
        brier([{"joy": 1.0}], ["glee"], LABELS)


def test_nothing_to_score_is_said():
    with pytest.raises(DataError, match="no item"):
        expected_calibration_error([], [])
    with pytest.raises(DataError, match="no item"):
        brier([], [], LABELS)
