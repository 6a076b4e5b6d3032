import pytest

from tools.errors import DataError
from tools.metrics.agreement import (
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    percent_agreement,
)

# Krippendorff 2011, the example with missing ratings: 4 observers, 12 units, 5 values.
OBSERVED = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_is_that_of_the_published_example(level, alpha):
    assert krippendorff_alpha(OBSERVED, level) == pytest.approx(alpha, abs=5e-4)


def test_the_order_of_named_values_decides_the_ordinal_alpha():
    names = {1: "low", 2: "mild", 3: "mid", 4: "strong", 5: "most", None: None}
    named = [[names[value] for value in row] for row in OBSERVED]
    order = ["low", "mild", "mid", "strong", "most"]
    assert krippendorff_alpha(named, "ordinal", order) == pytest.approx(0.815, abs=5e-4)
    assert krippendorff_alpha(named, "ordinal") != pytest.approx(0.815, abs=5e-3)


def test_numbers_are_ordered_by_size_and_not_by_their_digits():
    rows = [[2, 10, 2, 9], [2, 10, 2, 10]]
    assert krippendorff_alpha(rows, "ordinal") == krippendorff_alpha(rows, "ordinal", [2, 9, 10])


def test_fleiss_kappa_is_that_of_fourteen_raters_of_ten_subjects():
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert fleiss_kappa(counts) == pytest.approx(0.210, abs=5e-4)


def test_cohens_kappa_is_what_is_left_after_chance():
    first = ["a"] * 25 + ["b"] * 25
    second = ["a"] * 20 + ["b"] * 5 + ["a"] * 10 + ["b"] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_weights_forgive_near_misses():
    first, near, far = [1, 2, 3, 4] * 3, [2, 3, 4, 4] * 3, [4, 3, 1, 1] * 3
    assert cohen_kappa(first, near, weights="quadratic") > 0.5 > cohen_kappa(first, near)
    assert cohen_kappa(first, far, weights="quadratic") < 0


def test_percent_agreement_counts_pairs_of_items_that_two_rated():
    found = percent_agreement([["a", "b", "c"], ["a", "c", None], ["a", "b", None]])
    assert (found.value, found.n, found.pairs) == (pytest.approx(4 / 6), 2, 6)


@pytest.mark.parametrize(
    "measure",
    [
        lambda: cohen_kappa(["a", "a"], ["a", "a"]),
        lambda: fleiss_kappa([[3, 0], [3, 0]]),
        lambda: krippendorff_alpha([["a", "a"], ["a", "a"]]),
    ],
)
def test_one_value_throughout_leaves_nothing_to_measure(measure):
    with pytest.raises(DataError, match="percent agreement instead"):
        measure()


def test_fleiss_wants_as_many_raters_for_each_item():
    with pytest.raises(DataError, match="have 2 to 3"):
        fleiss_kappa([[2, 1], [1, 1]])


def test_items_that_nobody_shared_say_nothing():
    with pytest.raises(DataError, match="rated by two"):
        krippendorff_alpha([["a", None], [None, "b"]])
