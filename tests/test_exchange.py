"""One way from a dialogue to what is learnt and what is scored."""

from pathlib import Path

import pytest

from graphs.evaluation.items import read_items
from tests.made_corpora import made_esconv, made_mesc
from tools.corpora.dialogue import Dialogue, MediaFile, Turn
from tools.corpora.exchange import UNITS, Unit, exchanges
from tools.corpora.library import CORPORA
from tools.training.context_rows import rows_of

MESC = CORPORA["mesc"]
MADE = Dialogue(
    "a",
    (
        Turn("person", "It rained.", "depression"),
        Turn("person", "All day.", "depression"),
        Turn("supporter", "And then?", "neutral", "Open question"),
        Turn("person", "", "joy", media=MediaFile(Path("clip.wav"))),
        Turn("supporter", "So it did.", "neutral", "Restatement"),
        Turn("person", "Bye.", "neutral"),
    ),
)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", ["mesc", "esconv"])
def test_what_is_learnt_and_what_is_scored_are_the_same(
    tmp_path: Path, name: str, unit: Unit
) -> None:
    corpus = CORPORA[name]
    folder = (made_mesc if name == "mesc" else made_esconv)(tmp_path)
    items = read_items(corpus, folder, corpus.validation, unit, part=True)
    rows = rows_of(corpus, corpus.read(folder, corpus.validation), unit)
    assert [(row.dialogue, row.situation.said, row.situation.before) for row in rows] == [
        (item.dialogue, item.said, item.before[-8:]) for item in items
    ]
    assert [row.gold.get("user_emotion", "") for row in rows] == [
        corpus.emotions.get(item.gold.get("user_emotion", ""), "") for item in items
    ]
    assert [bool(row.gold.get("strategy")) for row in rows] == [
        "strategy" in item.gold for item in items
    ]


def test_a_turn_is_what_is_said_until_the_answer_and_an_unanswered_one_is_none() -> None:
    first, second = exchanges(MESC, [MADE])
    assert first.turn.text == "It rained. All day."
    assert [exchange.answer.text for exchange in (first, second) if exchange.answer] == [
        "And then?", "So it did.",
    ]  # fmt: skip


def test_a_turn_that_another_person_follows_is_not_answered() -> None:
    turns = (
        Turn("person", "It rained.", who="one"),
        Turn("person", "It did.", who="other"),
        Turn("supporter", "All day?"),
    )
    [found] = exchanges(MESC, [Dialogue("a", turns)])
    assert found.turn.text == "It did."


def test_a_line_has_no_answer_and_so_no_strategy() -> None:
    found = list(exchanges(MESC, [MADE], "utterances"))
    assert [exchange.turn.text for exchange in found] == ["It rained.", "All day.", "", "Bye."]
    assert all(set(exchange.gold) == {"user_emotion"} for exchange in found)


def test_the_past_has_the_labels_of_those_who_spoke() -> None:
    _, second = exchanges(MESC, [MADE])
    assert (second.felt, second.tried, second.number) == (("depression",), ("Open question",), 1)


def test_a_clip_without_words_is_a_turn_and_leaves_nothing_to_read_before_the_next() -> None:
    *_, last = exchanges(MESC, [MADE], "utterances")
    assert [turn["text"] for turn in last.before] == [
        "It rained.", "All day.", "And then?", "So it did.",
    ]  # fmt: skip


def test_a_label_is_learnt_under_attunes_name_and_kept_under_the_corpus_own() -> None:
    corpus = CORPORA["esconv"]
    turns = (Turn("person", "Hi."), Turn("supporter", "What is it?", strategy="Question"))
    [found] = exchanges(corpus, [Dialogue("a", turns)])
    assert found.gold["strategy"] == "Question"
    assert found.labels == {"strategy": "Open question"}


def test_a_corpus_without_a_supporter_gives_its_lines() -> None:
    turns = (Turn("person", "Wow.", "joy"), Turn("person", "Well.", "neutral"))
    found = exchanges(CORPORA["meld"], [Dialogue("a", turns)], "turns")
    assert [exchange.turn.text for exchange in found] == ["Wow.", "Well."]
