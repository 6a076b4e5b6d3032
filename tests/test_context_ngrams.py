"""Regressions on TF-IDF in `python -m benchmarks context`."""

import numpy as np
import pytest

from benchmarks.context_ngrams import NGRAMS, ngrams
from tools.situation import Situation
from tools.training.context_rows import ContextRow

CUES = {"joy": "so glad today", "anger": "how dare they"}


def rows(count: int, *, told_before: bool = False) -> list[ContextRow]:
    found = []
    for n in range(count):
        label = list(CUES)[n % 2]
        text = CUES[label] if told_before else "well then"
        before = ({"speaker": "supporter", "text": text},)
        said = "and so on" if told_before else CUES[label]
        found.append(ContextRow(Situation(said=said, before=before), {"e": label}, f"d{n}", 0))
    return found


def named(name: str, told_before: bool = False) -> list[list[str]]:
    learnt, asked = rows(60, told_before=told_before), rows(4, told_before=told_before)
    nothing = np.zeros(3, np.float32)
    return ngrams(name, learnt, asked, ["e"], [0, 1], lambda text: nothing)["e"]


@pytest.mark.parametrize("name", NGRAMS)
def test_words_tell_labels_apart_for_every_seed(name: str) -> None:
    assert named(name) == [["joy", "anger", "joy", "anger"]] * 2


def test_the_message_before_is_read_where_the_name_says_so() -> None:
    assert named("TF-IDF, 1 message before", told_before=True)[0] == ["joy", "anger"] * 2
    assert len(set(named("TF-IDF", told_before=True)[0])) == 1
