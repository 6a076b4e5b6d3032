import pytest

from tools.errors import ConfigError, UnknownName
from tools.safety.folding import fold
from tools.safety.signs import Excuse, Sign, SignMaker

WORDS = {"fruit": "apples?|<soft>", "soft": "pears?|plums?"}
EXCUSES = {
    "negation": Excuse(before=[r"(?:not|never) (?:\w+ ){0,2}$"], but=["not only"]),
    "cooking": Excuse(around=["recipe|oven"]),
    "others": Excuse(before=[r"(?:he|she) (?:\w+ ){0,2}$"], about_others=True),
}


def sign(pattern: str, *unless: str) -> Sign:
    return SignMaker(WORDS, EXCUSES).make("eats", [pattern], unless)


def test_words_are_filled_in_within_words() -> None:
    assert sign("eat <fruit>").shows(fold("I eat plums."))


def test_a_pattern_matches_whole_words_only() -> None:
    assert not sign("eat").shows(fold("We meet on the heath."))


def test_an_excuse_before_holds_within_the_clause() -> None:
    wanted = sign("eat <fruit>", "negation")
    assert not wanted.shows(fold("I do not eat apples"))
    assert wanted.shows(fold("I do not, I eat apples"))


def test_an_excuse_around_holds_within_the_sentence() -> None:
    wanted = sign("eat <fruit>", "cooking")
    assert not wanted.shows(fold("I eat apples after this recipe."))
    assert wanted.shows(fold("I eat apples. Here is a recipe."))


def test_an_exception_undoes_an_excuse() -> None:
    assert sign("eat <fruit>", "negation").shows(fold("I not only eat apples"))


def test_one_match_without_an_excuse_is_enough() -> None:
    assert sign("eat <fruit>", "negation").shows(fold("I never eat apples but I eat pears"))


def test_an_excuse_about_others_spares_no_first_person() -> None:
    assert not sign("eat <fruit>", "others").shows(fold("she would eat apples"))
    assert sign("i eat <fruit>", "others").shows(fold("she left i eat apples"))


def about_others() -> Sign:
    frame = Excuse(around=["film"], about_others=True)
    return SignMaker(WORDS, {"film": frame}).make("eats", ["want to eat"], ["film"])


@pytest.mark.parametrize(
    "text",
    [
        "after the film i want to eat",
        "want to eat, said the film",
        "lol want to eat after that film",
        "she saw the film and now i really want to eat",
    ],
)
def test_an_excuse_about_others_spares_nothing_that_the_speaker_says_of_themself(
    text: str,
) -> None:
    assert about_others().shows(fold(text))


@pytest.mark.parametrize("text", ["in the film they want to eat", "the film where we want to eat"])
def test_an_excuse_about_others_holds_for_others(text: str) -> None:
    assert not about_others().shows(fold(text))


def test_what_is_said_right_before_a_match_may_undo_an_excuse() -> None:
    past = Excuse(around=["years ago"], never=["now i"])
    wanted = SignMaker(WORDS, {"past": past}).make("eats", ["eat apples"], ["past"])
    assert not wanted.shows(fold("years ago i would eat apples"))
    assert wanted.shows(fold("years ago i starved and now i eat apples"))


def test_an_unknown_word_is_named() -> None:
    with pytest.raises(UnknownName, match="'friut'; did you mean 'fruit'"):
        sign("eat <friut>")


def test_an_unknown_excuse_is_named() -> None:
    with pytest.raises(UnknownName, match="'negatoin'; did you mean 'negation'"):
        sign("eat", "negatoin")


def test_a_broken_pattern_is_named() -> None:
    with pytest.raises(ConfigError, match="'eats' is no regular expression"):
        sign("(eat")


def test_a_rule_without_patterns_is_refused() -> None:
    with pytest.raises(ConfigError, match="has no patterns"):
        SignMaker({}, {}).make("empty", [], [])
