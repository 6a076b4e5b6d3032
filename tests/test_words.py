import pytest

from tools.errors import InputError
from tools.words import LONGEST, abridged, accept, clean


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  hello \n", "hello"),
        ("he\x00llo\x07", "hello"),
        ("cafe\u0301", "café"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("👩‍👧 ok 🏳️‍🌈", "👩‍👧 ok 🏳️‍🌈"),
        ("\u202eabc\u202c", "abc"),
        ("שלום עולם", "שלום עולם"),
        ("\x00\u200b ", ""),
    ],
)
def test_a_message_is_cleaned_and_keeps_its_words(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


def test_a_message_of_the_longest_length_is_accepted() -> None:
    assert len(accept("a" * LONGEST)) == LONGEST


def test_a_longer_message_is_refused_with_both_numbers() -> None:
    with pytest.raises(InputError, match="8,001 characters and I can take 8,000"):
        accept("a" * (LONGEST + 1))


def test_of_a_text_that_is_too_long_both_ends_are_left() -> None:
    short = abridged("first " + "x" * 500_000 + " last")
    assert short.startswith("first ") and short.endswith(" last") and len(short) <= LONGEST + 1


def test_a_text_that_is_short_enough_stays_as_it_is() -> None:
    assert abridged("a" * LONGEST) == "a" * LONGEST
