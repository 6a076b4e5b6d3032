import pytest

from benchmarks.care.advice import advises
from benchmarks.care.runtime_check import check_agreement, keeps
from benchmarks.care.scores import Line, score, speed
from benchmarks.care.tables import cell, markdown
from tests.made_care import row, talk
from tools.metrics.resampling import Measured


def value(rows, name: str, arm: str = "full", talks=()) -> float | None:
    line: Line = next(line for line in score(rows, list(talks)) if line.name.startswith(name))
    measured = line.arms[arm]
    return measured.value if measured else None


def test_an_opening_counts_as_said_again_within_its_conversation_alone() -> None:
    rows = [
        row(turn=1, reply="You left with it."),
        row(turn=2, reply="You left, with nothing."),
        row(turn=3, reply="It was quiet."),
        row(conversation="other", turn=1, reply="You left with it."),
        row(conversation="other", turn=2, reply="It was quiet."),
    ]
    assert value(rows, "says an opening") == pytest.approx(1 / 3)
    assert value(rows, "begins as an earlier reply of any") == pytest.approx(3 / 5)


def test_advice_counts_in_listening_turns_by_the_plan() -> None:
    rows = [
        row(turn=1, reply="You should rest."),
        row(turn=2, plan="Advisement", reply="You should rest."),
        row(turn=3, reply="It was quiet."),
        row(turn=4, route="crisis", reply="You should rest."),
    ]
    assert value(rows, "advises in listening") == pytest.approx(1 / 2)
    assert value(rows, "advises where nobody") == pytest.approx(3 / 4)


def test_without_a_plan_a_turn_is_for_listening_unless_somebody_asks() -> None:
    rows = [
        row(arm="alone", turn=1, plan="", reply="You should rest."),
        row(arm="alone", turn=2, plan="", act="asks", reply="You should rest."),
        row(arm="alone", turn=3, plan="", reply="It was quiet."),
    ]
    assert value(rows, "advises in listening", "alone") == pytest.approx(1 / 2)


def test_a_reply_remembers_when_it_says_the_word_at_the_probe() -> None:
    rows = [row(turn=10, reply="The brass WHISTLES, on the table."), row(turn=9, reply="Yes.")]
    assert value(rows, "remembers", talks=[talk(turns=10)]) == 1.0
    assert value([row(turn=10)], "remembers", talks=[talk(turns=10)]) == 1.0
    rows[0]["reply"] = "What they gave you lies there."
    assert value(rows, "remembers", talks=[talk(turns=10)]) == 0.0


def test_an_open_question_plan_is_followed_by_a_question() -> None:
    rows = [
        row(turn=1, plan="Open question", reply="What now?"),
        row(turn=2, plan="Open question", reply="It is quiet."),
        row(turn=3, reply="Is it? Or not?"),
    ]
    assert value(rows, "asks one where") == pytest.approx(1 / 2)
    assert value(rows, "asks more than one") == pytest.approx(1 / 3)


def test_an_echo_is_counted_in_words() -> None:
    said = "I sanded it for two weekends straight."
    rows = [row(said=said, reply="You sanded it for two weekends straight.")]
    assert value(rows, "says 6 words") == 1.0
    assert value(rows, "longest run") == 6.0


def test_what_stood_in_or_went_astray_is_told() -> None:
    rows = [row(turn=1, fixed=True), row(turn=2, route="crisis"), row(turn=3, reply="")]
    for name in ("a fixed sentence", "taken for danger", "no reply"):
        assert value(rows, name) == pytest.approx(1 / 3)


def test_speed_is_of_turns_that_had_a_sentence() -> None:
    rows = [row(turn=i, first_s=float(s)) for i, s in enumerate([0, 1, 2, 3, 4])]
    median, most = speed(rows)
    assert (median.arms["full"].value, most.arms["full"].value) == (3.0, 4.0)
    assert median.arms["full"].n == 4


@pytest.mark.parametrize(
    "reply",
    [
        "That is a lot. Maybe try writing to him.",
        "Have you thought about calling her?",
        "You could start with one line.",
        "Take a short walk first.",
        "It might help to say it aloud.",
    ],
)
def test_advice_is_found(reply: str) -> None:
    assert advises(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "Take your time.",
        "You had to start again, with nobody to ask.",
        "Tell me about the bench.",
        "Could you say more about her?",
        "You could hear the engine from the window.",
        "Four years, and you turned to the bench.",
    ],
)
def test_listening_is_no_advice(reply: str) -> None:
    assert not advises(reply)


def test_a_cell_tells_value_interval_and_n() -> None:
    assert cell(Measured(0.25, 0.1, 0.4, 8), "%") == "25.0% (10.0 to 40.0), n 8"
    assert cell(Measured(1.234, None, None, 3), "s") == "1.23, n 3"
    assert cell(None, "%") == "n/a"


def test_a_table_has_its_arms_in_order_and_what_is_missing() -> None:
    lines = [Line("length", "words", {"full": Measured(2, None, None, 1), "alone": None})]
    assert markdown(lines).splitlines() == [
        "|  | (a) model alone | (c) full |",
        "| --- | --- | --- |",
        "| length, words | n/a | 2.0, n 1 |",
    ]


def test_the_runtime_check_is_asked_sentence_by_sentence_and_of_the_whole() -> None:
    assert keeps(row(), "Restatement", [])
    assert not keeps(row(reply="You left. You should call them."), "Restatement", [])
    assert not keeps(row(), "Open question", [])


def test_the_runtime_check_is_set_beside_a_judge_arm_by_arm() -> None:
    rows = [row(turn=1), row(arm="alone", turn=1, plan="", reply="You should call them.")]
    places = [
        {"arm": arm, "conversation": "made", "turn": 1, "target": "Restatement"}
        for arm in ("full", "alone")
    ]
    lines = {
        str(i): {"places": [place], "given": {"follows": True}} for i, place in enumerate(places)
    }
    labels = {"kind": "adherence", "sheet": "s", "judge": "J", "lines": lines}
    found = {a.what: (a.accuracy, a.n) for a in check_agreement(rows, labels)}
    assert found == {"all arms": (0.5, 2), "full": (1.0, 1), "alone": (0.0, 1)}
