"""What is rated, and in which order: the draw behind the rating page."""

from pathlib import Path

import pytest

from graphs.evaluation.folder import RunFolder
from tests.made_rating import CRITERIA, ONE, OTHER, rubric, run, study, two_folders
from tools.errors import ConfigError, DataError
from tools.judging.replies import Run
from tools.judging.rubrics import Rubric, Scale, find_rubric, rubric_names
from ui.rating.places import choices
from ui.rating.study import Study


def sides(made: Study, rater: str) -> dict[str, str]:
    return {q.item: q.left for q in made.questions(rater)}


def test_a_rater_comes_back_to_the_same_questions_on_another_day() -> None:
    assert study(20).questions("maple") == study(20).questions("maple")
    assert sides(study(6), "maple") == {
        "talk-0/2": OTHER,
        "talk-1/2": OTHER,
        "talk-2/2": OTHER,
        "talk-3/2": OTHER,
        "talk-4/2": ONE,
        "talk-5/2": OTHER,
    }, "a draw that changes would mix up the ratings of a study under way"


def test_each_run_stands_left_about_half_of_the_time() -> None:
    left = list(sides(study(400, most=400), "maple").values())
    assert 160 < left.count(ONE) < 240


def test_raters_get_sides_and_orders_of_their_own() -> None:
    made = study(30)
    one, other = made.questions("maple"), made.questions("birch")
    assert {q.item for q in one} == {q.item for q in other}
    assert [q.item for q in one] != [q.item for q in other]
    differing = [i for i, left in sides(made, "maple").items() if left != sides(made, "birch")[i]]
    assert 5 < len(differing) < 25


def test_another_seed_draws_anew() -> None:
    one, other = study(40, most=10), study(40, most=10, seed=1)
    assert set(one.items) != set(other.items)
    assert sides(study(40), "maple") != sides(study(40, seed=1), "maple")


def test_more_items_leave_those_that_were_drawn_before() -> None:
    few, many = study(40, most=10), study(40, most=30)
    assert set(few.items) < set(many.items)
    assert sides(few, "maple").items() <= sides(many, "maple").items()


def test_all_criteria_of_a_pair_come_in_a_row_and_on_the_same_sides() -> None:
    asked = study(10).questions("maple")
    for first in range(0, len(asked), len(CRITERIA)):
        together = asked[first : first + len(CRITERIA)]
        assert [q.criterion for q in together] == list(CRITERIA)
        assert len({(q.item, q.left, q.right) for q in together}) == 1


def test_on_a_scale_every_reply_of_every_run_is_asked_about_alone() -> None:
    made = study(5, scale=Scale(low=0, high=2))
    asked = made.questions("maple")
    assert {(q.item, q.left) for q in asked} == {(i, r) for i in made.items for r in (ONE, OTHER)}
    assert len(asked) == 5 * 2 * len(CRITERIA)
    assert all(not q.right and len(made.replies(q)) == 1 for q in asked)


def test_replies_are_those_of_the_runs_that_the_question_names() -> None:
    made = study(6)
    for question in made.questions("maple"):
        letter = {ONE: "A", OTHER: "B"}
        assert made.replies(question) == tuple(
            f"Reply {letter[name]} to {question.item}." for name in (question.left, question.right)
        )
        assert made.asked(question).id == question.item


def test_items_that_one_run_left_unanswered_are_not_shown_and_are_counted() -> None:
    one, other = run(ONE, 5), run(OTHER, 4)
    silent = Run(OTHER, other.asked, {**other.replies, "talk-1/2": " "})
    made = Study([one, silent], rubric())
    assert sorted(made.items) == ["talk-0/2", "talk-2/2", "talk-3/2"]
    assert f"{ONE!r} has 5 items and replies to 5" in made.extent
    assert f"{OTHER!r} has 4 items and replies to 3" in made.extent
    assert "they share 4, of which 3 have every reply" in made.extent


def test_replies_that_are_the_same_word_for_word_are_counted() -> None:
    same = Study([run(ONE, 3, "Hello."), run(OTHER, 3, "Hello.")], rubric())
    assert same.alike == 3 and study(3).alike == 0


def test_runs_that_share_nothing_are_refused_with_numbers() -> None:
    other = run(OTHER, 3)
    apart = Run(OTHER, other.asked[2:], other.replies)
    with pytest.raises(DataError, match="share 0") as error:
        Study([run(ONE, 2), apart], rubric())
    assert "replies to 2" in str(error.value) and "same corpus" in str(error.value)


def test_runs_without_a_reply_are_refused() -> None:
    with pytest.raises((DataError, ConfigError), match="repl"):
        Study([Run(ONE, run(ONE).asked, {}), Run(OTHER, run(OTHER).asked, {})], rubric())


def test_an_empty_run_is_refused() -> None:
    with pytest.raises(DataError, match="0 items"):
        Study([Run(ONE, [], {}), Run(OTHER, [], {})], rubric())


def test_an_item_that_is_another_text_in_the_other_run_is_named() -> None:
    with pytest.raises(DataError, match="talk-0/2"):
        Study([run(ONE), run(OTHER, said="Something else.")], rubric())


def test_a_comparison_wants_two_runs() -> None:
    with pytest.raises(ConfigError, match="compares two runs, and 1 was given"):
        Study([run(ONE)], rubric())


@pytest.mark.parametrize("name", ["tie", "skip"])
def test_a_run_is_not_called_like_a_choice(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name!r}.*rename"):
        Study([run(ONE), run(name)], rubric())


def test_a_run_folder_is_read(tmp_path: Path) -> None:
    one, _ = two_folders(tmp_path)
    found = RunFolder.open(one).replies()
    assert found.name == ONE
    assert found.replies["talk-1/2"] == "Reply A to talk-1/2."
    assert [turn["speaker"] for turn in found.asked[1].before] == ["person", "supporter"]


def test_a_folder_that_lost_a_key_is_named(tmp_path: Path) -> None:
    one, _ = two_folders(tmp_path)
    (one / "items.jsonl").write_text('{"id": "a"}\n', "utf-8")
    with pytest.raises(DataError, match=f"{ONE}.*evaluate"):
        RunFolder.open(one).replies()


@pytest.mark.parametrize("name", rubric_names())
def test_every_rubric_that_ships_can_be_chosen_by_keys(name: str) -> None:
    keys = [choice.key for choice in choices(find_rubric(name))]
    assert all(keys) and len(set(keys)) == len(keys)


def on(low: int, high: int) -> Rubric:
    return rubric(scale=Scale(low=low, high=high))


def test_ten_has_the_key_of_the_zero_where_zero_is_no_score() -> None:
    assert [c.key for c in choices(on(1, 10))][-1] == "0"
    assert [(c.value, c.key) for c in choices(on(0, 10))][-1] == ("10", "")
