import pytest

from tools.errors import DataError
from tools.metrics.paired import bootstrap_statistic, mcnemar, paired_bootstrap

GROUPS = [str(i // 4) for i in range(80)]
BETTER = [1.0 if i % 4 else 0.0 for i in range(80)]
WORSE = [1.0 if i % 4 > 1 else 0.0 for i in range(80)]


def test_the_difference_is_the_first_less_the_second():
    assert paired_bootstrap(GROUPS, BETTER, WORSE).value == pytest.approx(0.25)
    assert paired_bootstrap(GROUPS, WORSE, BETTER).value == pytest.approx(-0.25)


def test_a_gain_in_every_group_has_no_spread_and_the_smallest_p():
    found = paired_bootstrap(GROUPS, BETTER, WORSE, draws=999)
    assert found.low == found.high == pytest.approx(0.25)
    assert found.p == pytest.approx(2 / 1000)


def test_two_equal_runs_do_not_differ():
    found = paired_bootstrap(GROUPS, BETTER, BETTER)
    assert (found.value, found.low, found.high, found.p, found.n) == (0, 0, 0, 1, 80)


def test_items_of_one_group_do_not_count_as_so_many():
    first = [1.0 if int(group) % 3 else -1.0 for group in GROUPS]
    second = [0.0] * 80
    grouped = paired_bootstrap(GROUPS, first, second)
    alone = paired_bootstrap([str(i) for i in range(80)], first, second)
    assert grouped.high - grouped.low > 1.6 * (alone.high - alone.low)


def test_groups_of_unequal_size_weigh_by_their_items():
    found = paired_bootstrap(["a", "a", "a", "b"], [1, 1, 1, 0], [0, 0, 0, 0])
    assert found.value == 0.75
    assert (found.low, found.high) == (0, 1)


def test_the_seed_decides_the_draws():
    first = [0.1 * (i % 7) for i in range(80)]
    one, same, other = (paired_bootstrap(GROUPS, first, WORSE, seed=s) for s in (1, 1, 2))
    assert one == same != other


def test_a_statistic_that_is_a_mean_gets_the_interval_of_the_mean():
    first = [0.1 * (i % 7) for i in range(80)]
    gaps = [a - b for a, b in zip(first, WORSE, strict=True)]
    whole = bootstrap_statistic(GROUPS, lambda rows: sum(gaps[i] for i in rows) / len(rows))
    mean = paired_bootstrap(GROUPS, first, WORSE)
    assert (whole.value, whole.low, whole.high) == pytest.approx((mean.value, mean.low, mean.high))
    assert whole.p == mean.p


def test_a_statistic_sees_whole_groups():
    seen = []
    bootstrap_statistic(["a", "b", "a"], lambda rows: seen.append(sorted(rows)) or 0.0, draws=50)
    assert seen[0] == [0, 1, 2]
    assert {tuple(rows) for rows in seen[1:]} == {(0, 0, 2, 2), (0, 1, 2), (1, 1)}


def test_one_group_gives_no_interval():
    found = paired_bootstrap(["a", "a"], [1, 0], [0, 0])
    assert (found.value, found.low, found.high, found.p) == (0.5, None, None, None)


def test_runs_of_different_items_are_refused():
    with pytest.raises(ValueError, match="same items"):
        paired_bootstrap(["a"], [1.0], [1.0, 0.0])
    with pytest.raises(DataError, match="no item"):
        paired_bootstrap([], [], [])


def test_mcnemar_is_the_exact_binomial_of_the_items_that_differ():
    first = [True] * 9 + [False] + [True] * 20
    second = [False] * 9 + [True] + [True] * 20
    found = mcnemar(first, second)
    assert (found.b, found.c) == (9, 1)
    assert found.p == pytest.approx(2 * (1 + 10) / 2**10)


def test_runs_that_never_differ_have_p_one():
    assert mcnemar([True, False], [True, False]).p == 1.0
