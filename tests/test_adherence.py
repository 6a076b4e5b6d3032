import pytest

from agents.adherence import departs
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say
from tools.examples.rows import read_examples
from tools.language import is_english
from tools.phrases import load_phrases
from tools.sentences import split


@pytest.mark.parametrize(
    ("sentence", "strategy"),
    [
        ("You should get some rest.", "Open question"),
        ("Remember that it takes time.", "Restatement"),
        ("It is important to talk to him.", "Communication Skills"),
        ("Everyone makes mistakes.", "Advisement"),
        ("Don't worry about it.", ""),
    ],
)
def test_advice_and_platitudes_are_named(sentence: str, strategy: str) -> None:
    assert departs(sentence, strategy)


@pytest.mark.parametrize(
    ("sentence", "strategy"),
    [
        ("You could try writing one line to her.", "Advisement"),
        ("You were told that you should rest.", "Advisement"),
        ("What was that like for you?", "Open question"),
        ("Three people left and it all landed on you.", "Restatement"),
        ("You should rest.", ""),
    ],
)
def test_sentences_that_keep_to_the_plan_pass(sentence: str, strategy: str) -> None:
    assert departs(sentence, strategy) == ""


def test_nearly_all_shipped_examples_keep_to_their_strategy() -> None:
    shipped = read_examples()
    departing = [e["id"] for e in shipped if departs(e["reply"], e["strategy"])]
    assert len(departing) <= len(shipped) * 0.03, departing


def test_no_shipped_example_is_taken_for_another_language() -> None:
    sentences = [sentence for e in read_examples() for sentence in split(e["reply"])]
    assert [sentence for sentence in sentences if not is_english(sentence)] == []


@pytest.mark.parametrize("language", ["es", "fr", "de"])
def test_hardly_a_sentence_in_another_language_is_taken_for_english(language: str) -> None:
    replies = load_phrases().for_locale(language).replies
    sentences = [sentence for reply in replies for sentence in split(reply)]
    assert sum(map(is_english, sentences)) <= 0.03 * len(sentences)


@pytest.mark.parametrize(
    "sentence", ["Stay strong.", "Everyone makes mistakes.", "Why?", "You left the café."]
)
def test_the_shortest_english_is_read_as_such(sentence: str) -> None:
    assert is_english(sentence)


@pytest.mark.parametrize("sentence", ["¿Por qué?", "没事。", "Это тяжело.", "Et maintenant ?"])
def test_other_languages_and_scripts_are_known(sentence: str) -> None:
    assert not is_english(sentence)


async def test_a_sentence_that_departs_from_the_plan_is_not_said() -> None:
    services = stub_services(
        example(strategy="Restatement", similarity=0.9),
        chat={"reply": "You should rest. The waiting weighs on you."},
    )
    report = await say(conversation(services), "I keep waiting.")
    assert report["reply"] == "The waiting weighs on you."


async def test_a_reply_of_nothing_but_advice_gives_way_to_a_fixed_one() -> None:
    services = stub_services(chat={"reply": "You should rest. You must eat."})
    report = await say(conversation(services), "I keep waiting.")
    phrases = services.phrases.for_locale("en")
    assert report["reply"] in phrases.fallback[report["strategy"]["label"]]  # type: ignore[index]


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("That's an awful thing to say about a child.", "It's awful to say about a child."),
        ("It's me who's a mess.", "You seem to be the one who's a mess."),
    ],
)
def test_a_self_reproach_is_not_said_back_as_true(said: str, reply: str) -> None:
    assert departs(reply, "Restatement", person=said) == "says a self-reproach back as true"


def test_a_self_reproach_may_be_denied_or_quoted() -> None:
    said = "I untagged myself. Pathetic."
    assert departs("Untagging yourself isn't pathetic.", "Approval", person=said) == ""
    assert departs("You call it pathetic, and it hurt.", "Restatement", person=said) == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm so sorry about your mother.",
        "Are you safe right now?",
        "You should see a doctor today.",
    ],
)
def test_condolence_and_care_for_safety_are_never_left_out(sentence: str) -> None:
    assert departs(sentence, "Restatement", person="My mother died.") == ""
