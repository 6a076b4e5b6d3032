"""Scores of `python -m benchmarks planner`."""

import numpy as np

from benchmarks.planner import _scored


def test_counts_that_sum_to_more_than_1_are_scored_as_shares_are() -> None:
    counts = np.array([[30.0, 5.0, 3.0, 1.0]] * 3 + [[0.0, 9.0, 3.0, 1.0]])
    truth = np.array([0, 0, 3, 1])
    found = _scored(counts, truth, ["Approval", "Restatement", "Others", "Advisement"])
    shares = _scored(counts / counts.sum(1, keepdims=True), truth, ["a", "b", "c", "d"])
    assert found == shares
    assert (found["accuracy"], found["among_three"]) == (0.75, 0.75)
    assert found["macro_f1"] == 0.6
