"""Scores and gains of `python -m benchmarks context`."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from benchmarks.context_scores import gain, report
from tools.metrics.labels import label_scores

GOLD = ["joy", "joy", "joy", "fear", "anger"]
NAMED = ["joy", "joy", "fear", "fear", "disgust"]
GROUPS = ["a", "a", "b", "b", "c"]


def test_a_variant_is_scored_as_every_run_is_where_it_names_labels_that_never_occur() -> None:
    found: dict[str, Any] = {}
    answers = {"constant": {"user_emotion": [["joy"] * 5]}, "mine": {"user_emotion": [NAMED]}}
    report(Console(file=StringIO()), "mine", GROUPS, {"user_emotion": GOLD}, answers, found)
    scores = label_scores(GOLD, NAMED, sorted({*GOLD, *NAMED}))
    expected = [scores["accuracy"], scores["weighted_f1"], scores["macro_f1"]]
    assert found["mine"]["user_emotion"]["mean"] == [round(100 * one, 1) for one in expected]
    assert list(found["mine"]["user_emotion"]["gains"]) == ["constant"]


def test_the_gain_is_that_of_the_mean_of_the_seeds_in_points() -> None:
    value, low, high = gain(GROUPS, GOLD, [NAMED, GOLD], [["joy"] * 5], "accuracy")
    assert value == pytest.approx(20.0)
    assert low <= value <= high
