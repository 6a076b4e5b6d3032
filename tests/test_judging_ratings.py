"""The ratings file, agreement of raters, and preferences."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from tools.errors import DataError
from tools.judging.agreement import agreement_of, consensus, preferences_of
from tools.judging.people import beside_people
from tools.judging.ratings import (
    Choice,
    PairRating,
    Rating,
    ScoreRating,
    Shown,
    append,
    read_ratings,
)


def pair(
    rater: str,
    choice: Choice,
    item: str = "d/0",
    *,
    swapped: bool = False,
    shown: Shown = "left-right",
) -> PairRating:
    left, right = ("b", "a") if swapped else ("a", "b")
    return PairRating(
        item=item, criterion="Overall", rater=rater, left=left, right=right, choice=choice,
        shown=shown,
    )  # fmt: skip


def score(rater: str, value: int, item: str = "d/0") -> ScoreRating:
    return ScoreRating(item=item, criterion="Empathy", rater=rater, run="a", score=value)


def test_ratings_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "ratings.jsonl"
    written: list[Rating] = [pair("p1", "left"), score("p1", 7)]
    append(file, written[0])
    append(file, written[1])
    assert read_ratings(file) == written


def test_a_line_holds_the_names_of_the_format(tmp_path: Path) -> None:
    file = tmp_path / "ratings.jsonl"
    append(file, pair("p1", "left").model_copy(update={"at": "2026-03-01T10:00:00+00:00"}))
    assert json.loads(file.read_text()) == {
        "item": "d/0", "criterion": "Overall", "rater": "p1", "left": "a", "right": "b",
        "choice": "left", "shown": "left-right", "at": "2026-03-01T10:00:00+00:00",
    }  # fmt: skip


def test_who_rates_again_replaces_the_earlier_rating(tmp_path: Path) -> None:
    file = tmp_path / "ratings.jsonl"
    append(file, pair("p1", "left"), pair("p1", "left", swapped=True), score("p1", 3))
    append(file, score("p1", 4))
    assert [rating.value for rating in read_ratings(file)] == ["b", 4]


@pytest.mark.parametrize(
    "line",
    [
        '{"item": "d", "criterion": "C", "rater": "p"}',
        '{"item": "d", "criterion": "C", "rater": "p", "run": "a", "score": "7"}',
        '{"item": "d", "criterion": "C", "rater": "p", "left": "a", "right": "a", "choice": "tie"}',
        '{"item": "d", "criterion": "C", "rater": "p", "left": "a", "right": "b", "choice": "a"}',
        "[]",
        "no json",
    ],
)
def test_a_line_that_is_no_rating_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "ratings.jsonl"
    append(file, score("p1", 7))
    file.write_text(f"{file.read_text()}{line}\n{file.read_text()}")
    with pytest.raises(DataError, match="ratings.jsonl:2"):
        read_ratings(file)


def test_a_line_that_a_kill_cut_off_is_left_out_and_written_over(tmp_path: Path) -> None:
    file = tmp_path / "ratings.jsonl"
    append(file, score("p1", 7), score("p2", 7))
    file.write_bytes(file.read_bytes()[:-9])
    assert [rating.rater for rating in read_ratings(file)] == ["p1"]
    append(file, score("p3", 7))
    assert [rating.rater for rating in read_ratings(file)] == ["p1", "p3"]


def test_many_who_rate_at_once_beside_a_cut_line_lose_none(tmp_path: Path) -> None:
    file = tmp_path / "ratings.jsonl"
    append(file, score("p", 1))
    file.write_bytes(file.read_bytes() + b'{"item": "d')
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append(file, score(f"p{n}", 1)), range(40)))
    assert len(read_ratings(file)) == 41


def test_a_rating_waits_for_whoever_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.journal.PATIENCE_S", 0.1)
    file = tmp_path / "ratings.jsonl"
    with FileLock(f"{file}.lock"), pytest.raises(DataError, match="another program"):
        append(file, score("p", 1))


def test_two_raters_who_agree_on_which_run_is_better_agree_whatever_the_sides() -> None:
    ratings = [pair("p1", "left", "d/0"), pair("p2", "right", "d/0", swapped=True)]
    ratings += [pair("p1", "right", "d/1"), pair("p2", "left", "d/1", swapped=True)]
    [found] = agreement_of(ratings)
    assert (found.percent, found.kappa, found.kappa_of, found.alpha) == (1.0, 1.0, "Cohen", 1.0)
    assert (found.raters, found.n, found.level) == (2, 2, "nominal")


def test_more_than_two_raters_are_measured_by_fleiss_over_what_all_rated() -> None:
    ratings = [score(rater, value, item) for item, value in (("d/0", 1), ("d/1", 5))
               for rater in ("p1", "p2", "p3")]  # fmt: skip
    [found] = agreement_of([*ratings, score("p1", 2, "d/2"), score("p2", 3, "d/2")])
    assert (found.kappa, found.kappa_of, found.kappa_n) == (1.0, "Fleiss", 2)
    assert found.n == 3 and found.alpha is not None and found.alpha < 1
    assert found.percent == 6 / 7


def test_agreement_is_not_defined_where_everybody_says_the_same_throughout() -> None:
    [found] = agreement_of([pair("p1", "tie"), pair("p2", "tie")])
    assert (found.percent, found.kappa, found.alpha) == (1.0, None, None)


def test_agreement_of_one_rater_is_not_defined() -> None:
    [found] = agreement_of([pair("p1", "left"), pair("p1", "right", "d/1")])
    assert (found.n, found.percent, found.kappa, found.alpha) == (0, None, None, None)


def test_a_criterion_that_is_scored_and_compared_is_refused() -> None:
    mixed = pair("p2", "left").model_copy(update={"criterion": "Empathy"})
    with pytest.raises(DataError, match="'Empathy'"):
        agreement_of([score("p1", 3), mixed])


def test_win_tie_and_loss_are_those_of_the_first_run_by_name() -> None:
    ratings = [
        pair("p1", "left", "d/0"),
        pair("p1", "right", "d/1", swapped=True),
        pair("p1", "tie", "d/2"),
        pair("p1", "right", "d/3"),
    ]
    [found] = preferences_of(ratings)
    assert found.runs == ("a", "b")
    assert (found.win.value, found.tie.value, found.loss.value) == (0.5, 0.25, 0.25)
    assert found.win.low is not None and found.win.low < 0.5 and found.items == 4


def test_the_share_of_the_reply_that_was_met_first_is_told() -> None:
    ratings = [pair("p1", "left", f"d/{n}") for n in range(3)]
    [found] = preferences_of([*ratings, pair("p1", "left", "d/9", shown="right-left")])
    assert found.first == 0.75


def test_what_most_people_chose_stands_for_them() -> None:
    ratings = [pair("p1", "left"), pair("p2", "right", swapped=True), pair("p3", "right")]
    [agreed] = consensus(ratings)
    assert agreed.value == "a"


def test_people_who_are_divided_tie_and_score_the_lower_median() -> None:
    [choice, value] = consensus(
        [pair("p1", "left"), pair("p2", "right"), *(score(f"p{n}", n) for n in (9, 3, 6, 7))]
    )
    assert choice.value == "tie" and value.value == 6


def test_a_judge_is_held_against_people_on_what_both_rated() -> None:
    judge: list[Rating] = [score("judge", n, f"d/{n}") for n in range(4)]
    people: list[Rating] = [score(rater, n, f"d/{n}") for n in range(2, 6) for rater in ("p", "q")]
    beside = beside_people(judge, people, "people.jsonl")
    [found] = beside.judge
    assert (found.n, found.percent, found.kappa) == (2, 1.0, 1.0)
    assert (beside.matched, beside.others) == (4, 4)
    assert beside.people[0].n == 2


def test_a_criterion_that_nobody_rated_is_not_reported() -> None:
    other = score("judge", 2).model_copy(update={"criterion": "Safety"})
    beside = beside_people([score("judge", 1), other], [score("p", 1)], "people.jsonl")
    assert [found.criterion for found in beside.judge] == ["Empathy"]


def test_a_single_person_has_no_agreement_among_people() -> None:
    judge: list[Rating] = [score("judge", 1)]
    assert beside_people(judge, [score("p", 2)], "people.jsonl").people == []


def test_ratings_of_something_else_are_refused() -> None:
    with pytest.raises(DataError, match="'people.jsonl'"):
        beside_people([score("judge", 1)], [score("p", 1, "z/0")], "people.jsonl")
