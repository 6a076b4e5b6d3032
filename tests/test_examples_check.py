from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.made_examples import REPLY, row, write
from tools.__main__ import app
from tools.examples.card import fill, is_current
from tools.examples.check import check, check_contrasts
from tools.examples.coverage import spreads
from tools.examples.questions import is_open, questions
from tools.examples.repeats import near_copies
from tools.examples.rows import ExampleRow, parse_rows
from tools.safety.policy import load_policy
from tools.wording import advice, cliche, unquoted


def listening(reply: str, **changes: Any) -> dict[str, Any]:
    return row(strategy="Communication Skills", reply=reply, **changes)


def wrong(folder: Path, *rows: dict[str, Any]) -> list[str]:
    return [str(trouble) for trouble in check(write(folder / "e.jsonl", *rows), load_policy())]


def test_a_good_example_has_nothing_wrong(tmp_path: Path) -> None:
    assert wrong(tmp_path, row()) == []


BEFORE = [
    {"speaker": "person", "text": "A letter came."},
    {"speaker": "supporter", "text": "It has been a heavy day already. Say more if you like."},
]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"licence": "unknown"}, "licence: 'unknown' is not one of"),
        ({"problem": "Money"}, "problem"),
        ({"problem": ""}, "problem: missing"),
        ({"intensity": 0}, "intensity: missing"),
        ({"emotion": "unknown"}, "emotion: 'unknown'"),
        ({"system_emotion": "anger"}, "system_emotion: 'anger'"),
        ({"strategy": "Self-disclosure"}, "is never used on a person"),
        ({"why": ""}, "why: one line is wanted"),
        ({"source": "elsewhere"}, "only examples written for the project ship"),
        ({"said": "Write to me at baker@example.org about the flat."}, "contact data"),
        ({"said": "Ring 0170 555 01 99 and ask about the flat."}, "contact data"),
        ({"before": BEFORE[:1]}, "the turns must alternate"),
        ({"before": BEFORE * 13}, "before: 26 turns, at most"),
        ({"before": BEFORE}, "begins like an earlier one, 'it has been'"),
    ],
)
def test_what_is_wrong_with_a_row_is_told(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    assert any(said in line for line in wrong(tmp_path, row(**changes)))


PLAIN = "That envelope has had the whole evening. Take your time with it here, there is no hurry."


def test_a_listening_reply_without_advice_passes(tmp_path: Path) -> None:
    assert wrong(tmp_path, listening(PLAIN)) == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (f"{PLAIN} You could ask a friend to read it.", "advice under 'Communication Skills'"),
        (f"{PLAIN} Your feelings are valid.", "stock phrase"),
        (f"{PLAIN} This may be an anxiety disorder.", "clinical word"),
        (f"{PLAIN} My own mother was the same.", "speaks of itself"),
        (f"{PLAIN} What is in it? Who sent it?", "2 questions"),
        ("That envelope, all evening.", "4 words"),
        (PLAIN.replace(". ", ", "), "1 sentences"),
        (f"{PLAIN}\n- open it", "a list"),
        (f"{PLAIN} What a day!", "an exclamation mark outside joy"),
        (PLAIN.replace(", there", "; there"), "a semicolon"),
        (f"So I have carried it round all evening unopened. {PLAIN}", "takes 8 words in a row"),
    ],
)
def test_what_is_wrong_with_a_reply_is_told(tmp_path: Path, reply: str, said: str) -> None:
    assert any(said in line for line in wrong(tmp_path, listening(reply)))


def test_advice_is_free_where_it_is_the_plan(tmp_path: Path) -> None:
    reply = f"{PLAIN} If you like, you could ask a friend to read it."
    assert wrong(tmp_path, row(strategy="Advisement", reply=reply)) == []


def test_approval_asks_nothing(tmp_path: Path) -> None:
    found = wrong(tmp_path, row(strategy="Approval"))
    assert any("approval asks nothing" in line for line in found)


def test_an_open_question_that_ends_in_a_statement_is_told(tmp_path: Path) -> None:
    found = wrong(tmp_path, row(reply=f"{REPLY} No hurry."))
    assert any("ends with exactly one question" in line for line in found)


def test_a_reply_that_repeats_an_earlier_one_is_told(tmp_path: Path) -> None:
    before = [BEFORE[0], {"speaker": "supporter", "text": f"Well. {REPLY}"}]
    assert any("repeats the earlier" in line for line in wrong(tmp_path, row(before=before)))


def test_the_first_rows_may_have_one_sentence(tmp_path: Path) -> None:
    reply = PLAIN.replace(". ", ", ")
    assert wrong(tmp_path, listening(reply, id="ex-130")) == []
    assert wrong(tmp_path, listening(reply, id="ex-131"))


@pytest.mark.parametrize(
    "question",
    [
        "What was that like?",
        "And how did the rest of the day go?",
        "In what way has it changed?",
        "When she said that, what went through you?",
        "If it could be otherwise, how would it look?",
        "Of all of that, which part stays with you?",
        "What draws you to it, do you think?",
        "Who, if anybody, would you like there?",
    ],
)
def test_a_question_is_open(question: str) -> None:
    assert is_open(question)


@pytest.mark.parametrize(
    "question",
    [
        "Did it hurt?",
        "When she said that, did you leave?",
        "Would you tell me what it was like?",
        "And is there anything that helps?",
        "Why did you stay?",
        "You stayed?",
    ],
)
def test_a_question_is_not_open(question: str) -> None:
    assert not is_open(question)


def test_what_is_quoted_is_no_question_of_the_reply() -> None:
    assert questions("He asked 'are you done?' and left. What don't you want to lose?") == [
        "What don't you want to lose?"
    ]


def test_a_quotation_may_hold_an_apostrophe() -> None:
    assert unquoted("She said 'don’t go' twice.") == "She said _ twice."


@pytest.mark.parametrize(
    "sentence",
    [
        "You should call her.",
        "Perhaps you could write it down.",
        "Have you thought about asking him?",
        "Try to rest.",
        "It might help to walk.",
        "One small step would be to open it.",
        "I'd suggest a list.",
        "If you like, ask her what she meant.",
    ],
)
def test_a_sentence_advises(sentence: str) -> None:
    assert advice(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Part of you thinks you should be over it.",
        "You could hear the neighbours through the wall.",
        "Take whatever time you need with it.",
        "You tried to call her twice.",
        "What would help you most?",
        "He told you that you ought to smile.",
    ],
)
def test_a_sentence_does_not_advise(sentence: str) -> None:
    assert not advice(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["I know exactly how you feel.", "That must be hard.", "Time heals.", "You’re not alone."],
)
def test_a_stock_phrase_is_found(sentence: str) -> None:
    assert cliche(sentence)


def numbered(*replies: str) -> list[dict[str, Any]]:
    """Return rows that differ in everything but the replies that are given."""
    said = [
        "The boiler broke on the coldest day.", "My niece moved to Lima.", "Exams are over!",
        "They cut the bus line to our village.", "A stranger paid for my coffee.",
    ]  # fmt: skip
    return [
        listening(reply, id=f"ex-90{i}", said=text)
        for i, (reply, text) in enumerate(zip(replies, said, strict=False))
    ]


def test_the_fifth_reply_with_one_opening_is_told(tmp_path: Path) -> None:
    replies = [
        "Here it is cold indoors, on the worst of days. Sit down for a moment.",
        "Here it is Lima now, an ocean further than before. Missing her has begun early.",
        "Here it is, the end of revision and of all those alarms. Enjoy an idle hour.",
        "Here it is quiet at the stop where twelve people used to stand. That leaves you out.",
        "Here it is again, kindness from nowhere with milk and sugar. It stays with you.",
    ]
    found = wrong(tmp_path, *numbered(*replies))
    assert [line for line in found if "the opening 'here it is' for the 5th time" in line]
    assert len([line for line in found if "the opening" in line]) == 1


def test_near_copies_are_told_with_what_they_copy(tmp_path: Path) -> None:
    first, second = numbered(PLAIN, PLAIN.replace("evening", "night"))
    found = wrong(tmp_path, first, second)
    assert [line for line in found if "e.jsonl:2" in line and "nearly that of 'ex-900'" in line]


def test_short_messages_may_be_the_same(tmp_path: Path) -> None:
    rows = numbered(
        "Here it is cold indoors, on the worst of days. Sit down for a moment.",
        "Lima is an ocean further than before, and you said so. Missing her has begun early.",
    )
    assert wrong(tmp_path, *({**each, "said": "Yes, I guess."} for each in rows)) == []


def test_near_copies_are_found_once_and_not_with_themselves() -> None:
    texts = ["the bus never came today", "the bus never came, today", "my aunt sings in a choir"]
    assert [pair[:2] for pair in near_copies(texts, 0.8)] == [(0, 1)]


def test_an_id_that_stands_there_twice_is_told(tmp_path: Path) -> None:
    assert any("'ex-900' stands there twice" in line for line in wrong(tmp_path, row(), row()))


def test_all_that_is_wrong_is_listed_in_the_order_of_the_lines(tmp_path: Path) -> None:
    file = write(tmp_path / "e.jsonl", row(licence="?"), row(id="ex-901", intensity=9))
    file.write_text(file.read_text() + "{\n")
    lines = [trouble.line for trouble in check(file, load_policy())]
    assert lines == [1, 2, 3]


def test_the_command_ends_with_one_when_something_is_wrong(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["examples", "check", str(write(tmp_path / "e.jsonl", row(why="")))]
    )
    assert result.exit_code == 1
    assert "e.jsonl:1: ex-900: why" in result.output


def test_the_command_ends_with_zero_when_nothing_is_wrong(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["examples", "check", str(write(tmp_path / "e.jsonl", row()))])
    assert result.exit_code == 0, result.output


def pair(**changes: Any) -> dict[str, Any]:
    made = {
        "id": "co-1",
        "example": "ex-900",
        "poor": "You should open it now.",
        "mistake": "advice",
        "why": "Nobody asked what to do.",
    }
    return {**made, **changes}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"example": "ex-1"}, "there is none named 'ex-1'"),
        ({"mistake": "rude"}, "mistake"),
        ({"mistake": "many_questions"}, "nothing of 'many_questions'"),
        ({"poor": REPLY, "mistake": "no_question"}, "it is the good reply"),
        ({"why": ""}, "why"),
    ],
)
def test_what_is_wrong_with_a_contrast_is_told(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    file = write(tmp_path / "c.jsonl", pair(**changes))
    found = check_contrasts(file, [ExampleRow.model_validate(row())])
    assert any(said in str(trouble) for trouble in found)
    assert {trouble.line for trouble in found} == {1}


def test_a_good_contrast_has_nothing_wrong(tmp_path: Path) -> None:
    file = write(tmp_path / "c.jsonl", pair())
    assert check_contrasts(file, [ExampleRow.model_validate(row())]) == []


def test_cells_without_an_example_are_named() -> None:
    by_emotion = spreads([ExampleRow.model_validate(row())])[0]
    assert "Open question x fear" not in by_emotion.empty
    assert "Open question x joy" in by_emotion.empty
    assert sum(by_emotion.row("fear")) == 1


def test_coverage_prints_the_empty_cells(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["examples", "coverage", str(write(tmp_path / "e.jsonl", row()))]
    )
    assert result.exit_code == 0, result.output
    assert "Approval x Bereavement" in result.output.replace("\n", " ")


def test_a_card_is_current_until_the_examples_change(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text("Words.\n<!-- figures: begin -->\n<!-- figures: end -->\nMore.\n")
    rows = [each for _, each in parse_rows(write(tmp_path / "e.jsonl", row()))]
    fill(card, rows)
    assert is_current(card, rows)
    assert not is_current(card, rows * 2)
    assert card.read_text().startswith("Words.") and card.read_text().endswith("More.\n")
