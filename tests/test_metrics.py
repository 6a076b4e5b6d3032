import pytest

from tools.metrics.copying import longest_common_run
from tools.metrics.diversity import distinct, esconv_distinct, expectation_adjusted_distinct
from tools.metrics.openings import opening, repeated_share, repeats
from tools.metrics.resampling import grouped_mean
from tools.metrics.tokens import tokens

TEXTS = [["a", "b", "a", "b"], ["a", "b", "c"]]


def test_a_contraction_is_one_word_and_marks_are_none() -> None:
    assert tokens("Don’t, you… know?") == ["don't", "you", "know"]


def test_distinct_counts_every_ngram_and_none_across_texts() -> None:
    assert distinct(TEXTS, 1) == pytest.approx(3 / 7)
    assert distinct(TEXTS, 2) == pytest.approx(3 / 5)


def test_the_variant_of_esconv_leaves_out_the_last_ngram_of_each_text() -> None:
    assert esconv_distinct(TEXTS, 1) == pytest.approx(2 / 5)
    assert esconv_distinct(TEXTS, 2) == pytest.approx(2 / 3)


def test_no_text_has_no_diversity() -> None:
    assert distinct([], 1) == esconv_distinct([["a"]], 1) == 0.0
    assert expectation_adjusted_distinct([], 1, 100) == 0.0


def test_the_adjusted_share_does_not_fall_with_length_as_the_plain_one_does() -> None:
    import random

    draw = random.Random(0)
    short, long = ([str(draw.randrange(1000)) for _ in range(n)] for n in (300, 3000))
    assert distinct([long], 1) < 0.5 * distinct([short], 1)
    assert expectation_adjusted_distinct([long], 1, 1000) == pytest.approx(1.0, abs=0.05)
    assert expectation_adjusted_distinct([short], 1, 1000) == pytest.approx(1.0, abs=0.05)


def test_an_opening_is_three_words_whatever_their_marks() -> None:
    assert opening("That sounds - hard, really.") == ("that", "sounds", "hard")


def test_an_opening_is_a_repeat_only_after_it_was_used() -> None:
    replies = ["So it is over.", "You waited.", "So it is!", "so, it is"]
    assert repeats(replies) == [False, False, True, True]
    assert repeated_share(replies) == 0.5


def test_the_longest_common_run_is_counted_in_words_of_both_texts() -> None:
    said = "I sanded it for two weekends and he looked away."
    assert longest_common_run("You sanded it for two weekends.", said) == 5
    assert longest_common_run("That is quiet.", said) == 0


def test_an_interval_is_of_groups_and_not_of_items() -> None:
    alike = {"one": [1.0] * 50, "two": [0.0] * 50}
    measured = grouped_mean(alike)
    assert (measured.value, measured.n) == (0.5, 100)
    assert (measured.low, measured.high) == (0.0, 1.0)


def test_one_group_has_no_interval() -> None:
    measured = grouped_mean({"one": [1.0, 0.0], "none": []})
    assert (measured.value, measured.low, measured.high) == (0.5, None, None)


def test_nothing_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        grouped_mean({})
