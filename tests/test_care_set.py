import pytest

from benchmarks.care.fixed_set import FILES, FOLDER, digest, read_talks
from tools.errors import DataError
from tools.examples.rows import ProblemType
from tools.metrics.tokens import tokens
from tools.safety.course import own_levels
from tools.safety.policy import load_policy

FROZEN = "adba0c8c03caf9915b1ab4cb0327d3d8a3642a0f6035fda7dd29dca8f15cefec"
TALKS = read_talks()
LONG = [talk for talk in TALKS if talk.probe is not None]
OPENINGS = [talk for talk in TALKS if talk.probe is None]


def test_the_set_is_the_one_that_was_frozen() -> None:
    assert digest() == FROZEN, "a changed set is another set: freeze it and run every arm anew"


def test_most_of_it_is_long_conversations() -> None:
    assert len(LONG) == 14
    assert all(10 <= len(talk.turns) <= 13 for talk in LONG)
    assert [len(talk.turns) for talk in OPENINGS] == [1] * 20


def test_every_conversation_has_its_own_name_and_problem_type() -> None:
    assert len({talk.id for talk in TALKS}) == len(TALKS)
    assert {talk.problem for talk in TALKS} <= {problem.value for problem in ProblemType}


@pytest.mark.parametrize("talk", LONG, ids=lambda talk: talk.id)
def test_a_probe_leans_on_the_first_three_turns_alone(talk) -> None:
    def found(turns) -> bool:
        words = [word for turn in turns for word in tokens(turn.text)]
        return any(word.startswith(tuple(talk.probe.remember)) for word in words)

    assert found(talk.turns[:3])
    assert not found(talk.turns[3 : talk.probe.turn])


@pytest.mark.parametrize("act", ["asks", "changes", "corrects", "dunno", "leaves", "pushes"])
def test_people_do_more_than_tell(act: str) -> None:
    assert sum(turn.act == act for talk in LONG for turn in talk.turns) >= 4


def test_no_turn_holds_a_sign_that_the_person_is_in_danger() -> None:
    policy = load_policy()
    grades = {t.text: policy.grade(t.text) for talk in TALKS for t in talk.turns}
    assert not [text for text, grade in grades.items() if own_levels(grade)]


def test_a_line_out_of_format_is_named(tmp_path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    with (tmp_path / FILES[1]).open("a") as file:
        file.write('{"id": "half"}\n')
    with pytest.raises(DataError, match="line 21 of 'openings.jsonl'"):
        read_talks(tmp_path)
