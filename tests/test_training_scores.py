import numpy as np
import pytest

from tools.training.scores import (
    calibration_error,
    class_scores,
    fit_temperature,
    fit_thresholds,
    log_softmax,
)

LABELS = ["a", "b", "c"]


def certain(places, classes=3):
    return np.eye(classes)[places]


def test_scores_of_a_small_confusion_are_the_ones_worked_out_by_hand():
    truth = np.array([0, 0, 0, 1])
    scores = class_scores(certain([0, 0, 1, 1]), truth, LABELS)
    assert scores["accuracy"] == 0.75
    assert scores["classes"]["a"] == {"precision": 1.0, "recall": 0.6667, "f1": 0.8, "n": 3}
    assert scores["classes"]["b"] == {"precision": 0.5, "recall": 1.0, "f1": 0.6667, "n": 1}
    assert scores["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2, abs=1e-4)
    assert scores["uar"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-4)


def test_the_floor_names_the_commonest_class_always():
    scores = class_scores(certain([1, 1, 1, 1]), np.array([0, 0, 0, 1]), LABELS)
    assert scores["floor_accuracy"] == 0.75
    assert scores["floor_macro_f1"] == pytest.approx((6 / 7) / 2, abs=1e-4)


def test_classes_that_do_not_occur_do_not_count():
    scores = class_scores(certain([0, 1, 2]), np.array([0, 1, 1]), LABELS)
    assert list(scores["classes"]) == ["a", "b"]
    assert scores["uar"] == 0.75


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    sure = np.tile([0.9, 0.1], (10, 1))
    truth = np.array([0] * 5 + [1] * 5)
    assert calibration_error(sure, truth) == pytest.approx(0.4)


def test_calibration_error_is_weighted_by_the_items_of_each_bin():
    rows = np.array([[1.0, 0.0]] * 3 + [[0.7, 0.3]])
    assert calibration_error(rows, np.array([0, 0, 0, 1])) == pytest.approx(0.7 / 4)


def test_the_temperature_that_made_the_logits_is_found_again():
    chance = np.random.default_rng(0)
    logits = chance.normal(size=(20_000, 3)) * 2
    shares = np.exp(log_softmax(logits))
    truth = (chance.random((20_000, 1)) > shares.cumsum(1)).sum(1)
    assert fit_temperature(logits * 2.5, truth) == pytest.approx(2.5, rel=0.05)


def test_each_label_gets_the_threshold_with_the_best_f1():
    probabilities = np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.6], [0.4, 0.2]])
    truth = np.array([[0, 1], [0, 1], [1, 0], [1, 0]], np.float32)
    first, second = fit_thresholds(probabilities, truth)
    assert 0.2 < first <= 0.3
    assert 0.6 < second <= 0.8


def test_log_softmax_stands_large_logits():
    assert np.exp(log_softmax(np.array([[1000.0, 999.0]]))).sum() == pytest.approx(1)
