"""What a message is taken for by its words, and above all what it is not."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.context import Context
from agents.guide import guide
from agents.moment import MomentOptions, _moment, moment
from agents.prompt import read_prompt
from agents.turn import FRESH
from graphs.spec import FOLDER as GRAPHS
from tools.errors import ConfigError
from tools.language import unread_language
from tools.moments import FILE, MomentFile, Moments, load_moments, moment_names, read_moments
from tools.phrases import FOLDER as PHRASES
from tools.phrases import MOMENTS
from tools.safety.course import untroubled

ENGLISH = frozenset({"en"})


def found(text: str, turn: int = 3, *needs: str) -> str:
    """Return the moment that a message is taken for."""
    every = load_moments().found(text, turn)
    return next((name for name, need in every if not need or need in needs), "")


@pytest.mark.parametrize(
    ("text", "turn", "name"),
    [
        ("Hi", 1, "opening"),
        ("hello there :)", 1, "opening"),
        ("Good evening, how are you?", 1, "opening"),
        ("Hola, ¿qué tal?", 1, "opening"),
        ("Bonjour !", 1, "opening"),
        ("Guten Abend", 1, "opening"),
        ("I don't know where to start", 1, "no_start"),
        ("Hi. Um, not sure how to begin…", 1, "no_start"),
        ("No sé por dónde empezar.", 1, "no_start"),
        ("Ich weiß gar nicht, wo ich anfangen soll.", 2, "no_start"),
        ("That's not what I meant.", 3, "misunderstood"),
        ("no, you got me wrong", 3, "misunderstood"),
        ("Das habe ich nicht gemeint.", 3, "misunderstood"),
        ("That's not what I meant, it was about the money.", 3, "correction"),
        ("No, I meant my sister's flat.", 3, "correction"),
        ("Can we change the subject?", 3, "other_topic"),
        ("I'd rather not talk about that anymore", 3, "other_topic"),
        ("¿Podemos hablar de otra cosa?", 3, "other_topic"),
        ("Anyway, something else: the exam.", 3, "topic_change"),
        ("On another note, my cat is back", 3, "topic_change"),
        ("Bye, and thank you", 3, "closing"),
        ("ok thanks, I have to go now", 3, "closing"),
        ("That's all for today. Good night!", 3, "closing"),
        ("Gracias por todo, hasta luego", 3, "closing"),
        ("Merci beaucoup, au revoir", 3, "closing"),
        ("Danke fürs Zuhören, tschüss", 3, "closing"),
        ("Can I talk to a human please?", 1, "handoff_asked"),
        ("I want to speak with a real person", 3, "handoff_asked"),
        ("connect me to a counsellor", 3, "handoff_asked"),
        ("I don't want to talk to a machine", 3, "handoff_asked"),
        ("Puedo hablar con una persona real?", 3, "handoff_asked"),
        ("Kann ich bitte mit einem Menschen reden?", 3, "handoff_asked"),
        ("I called the helpline and nobody answered", 3, "unanswered"),
        ("there was no reply to my letter", 3, "unanswered"),
    ],
)
def test_a_moment_is_told_by_the_words(text: str, turn: int, name: str) -> None:
    assert found(text, turn) == name


EVERYDAY = [
    "I said goodbye to my mother at the airport.",
    "We said good night and he just walked off.",
    "He never says bye when he leaves the house.",
    "I have to go to work tomorrow and I dread it.",
    "I have to go to the dentist.",
    "I should go.",
    "My dog has to be put to sleep tonight.",
    "Take care of yourself, she said, and hung up.",
    "Thanks.",
    "Thank you for asking.",
    "Thanks for listening to me about my sister.",
    "That's all he ever says to me.",
    "See you tomorrow was the last thing she wrote.",
    "Anyway, he left.",
    "anyway he left and that was that",
    "Anyway, I told her the truth in the end.",
    "Something else happened on Monday.",
    "Something else, maybe.",
    "There is something else I have to tell you.",
    "He wants to talk about something else all the time.",
    "We can never talk about it at home.",
    "My husband keeps changing the subject.",
    "She changed the topic when I mentioned the baby.",
    "No, I said yes to him.",
    "No, I said nothing to her.",
    "I said no.",
    "That's not what I said to him at the party.",
    "My boss misunderstood me in front of everyone.",
    "He got me wrong and now he is angry.",
    "You don't understand how hard this is.",
    "Nobody understands what I meant by it.",
    "I meant to call her back.",
    "I don't know where to go tonight.",
    "I don't know what to say to my father when he calls.",
    "I don't know where to start looking for a flat.",
    "She didn't even say hello.",
    "Hello Kitty was her favourite.",
    "Hi, my father died yesterday.",
    "Hello, I feel terrible today.",
    "Hey, can you help me write to my landlord?",
    "Good morning, I could not sleep again.",
    "I want to talk to a person at the bank about this.",
    "I need to talk to a doctor about my knee.",
    "Is there a person you would call a friend?",
    "I talked to a therapist last year.",
    "My son only talks to the computer.",
    "I'd like to be a real person to them.",
    "Nobody answered when I rang at the door.",
    "No answer from the landlord.",
    "He never answered my text.",
    "They called back about the job.",
    "I'm fine with the divorce, it is the house that hurts.",
    "She says she is fine but she isn't.",
    "It's nothing like the last time.",
    "I was fine until Tuesday.",
    "My letter to the court is finished.",
]


@pytest.mark.parametrize("text", EVERYDAY)
@pytest.mark.parametrize("turn", [1, 4])
def test_an_everyday_sentence_is_not_hijacked(text: str, turn: int) -> None:
    assert found(text, turn, "contrary") == ""


def test_the_answer_that_nobody_gave_counts_only_after_something_was_offered() -> None:
    assert found("Nobody answered so far.") == ""
    assert found("Nobody answered so far.", 3, "offered") == "unanswered"


@pytest.mark.parametrize("text", ["I'm fine", "yeah I'm ok really", "Estoy bien", "Mir geht's gut"])
def test_being_fine_counts_only_against_a_contrary_reading(text: str) -> None:
    assert found(text) == "" and found(text, 3, "contrary") == "fine"


def test_a_greeting_opens_only_the_first_turn() -> None:
    assert found("Hi", 1) == "opening" and found("Hi", 2) == ""


@pytest.mark.parametrize("text", ["Bye", "That's not what I meant.", "Let's change the topic."])
def test_nothing_can_be_closed_or_corrected_in_the_first_turn(text: str) -> None:
    assert found(text, 1) == ""


def test_a_long_message_is_told_in_time() -> None:
    assert found("bye thanks " * 200) == "" and found("a" * 9_000) == ""


def test_a_rule_without_patterns_is_refused() -> None:
    with pytest.raises(ConfigError, match="a rule of the moment 'x' has no patterns"):
        Moments(MomentFile.model_validate({"words": {}, "rules": [{"moment": "x"}]}))


def test_an_unknown_key_of_a_rule_is_refused(tmp_path: Path) -> None:
    text = FILE.read_text("utf-8").replace("    until: 1\n", "    untill: 1\n", 1)
    (tmp_path / "moments.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="is wrong at .*untill"):
        read_moments(tmp_path / "moments.yaml")


def test_every_moment_of_the_rules_is_a_route_of_the_node() -> None:
    assert set(moment_names()) < set(moment.routes)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Estoy muy cansada y no sé qué hacer con mi trabajo", "es"),
        ("Je me sens très seule depuis que mon frère est parti", "fr"),
        ("Ich fühle mich so allein seit mein Bruder weggezogen ist", "de"),
        ("мне очень грустно сегодня, я не знаю что делать", "ru"),
        ("Hoje estou muito triste e não sei o que fazer da minha vida", "pt"),
    ],
)
def test_a_language_that_is_not_read_is_noticed(text: str, language: str) -> None:
    assert unread_language(text, ENGLISH) == language
    assert unread_language(text, ENGLISH | {language}) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no sé",
        "Hola, ¿qué tal?",
        "ugh srsly cant even rn tbh lol whatever smh fml ngl",
        "im sooo tierd an evrything is jsut to mcuh fro me rihgt nwo",
        "my abuela passed away last night and I miss her tamales",
        "estoy fine pero also kind of tired you know como siempre",
        "Tokyo Osaka Kyoto Nagoya Sapporo Fukuoka trip cancelled",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "https://example.org/some/very/long/path?with=query&and=more",
        "12345 67890 12345 67890 2026-11-22 10:00",
        "mum dad brother sister school homework teacher bus dinner bed",
    ],
)
def test_short_misspelt_and_mixed_texts_are_not_taken_for_another_language(text: str) -> None:
    assert unread_language(text, ENGLISH) == ""


def examples() -> list[str]:
    lines = (FILE.parent / "examples.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["said"] for line in lines]


def test_no_counselling_example_is_taken_for_another_language() -> None:
    assert [said for said in examples() if unread_language(said, ENGLISH)] == []


def test_hardly_a_counselling_example_is_taken_for_a_moment() -> None:
    told = [said for said in examples() if found(said, 1) or found(said, 5)]
    assert len(told) <= len(examples()) / 100


WATCHING = re.compile(
    r"\bwatch(?:es|ing|ed)?\b|monitor|supervis|keep(?:ing)? an eye"
    r"|look(?:ing)? (?:after|out for) you"
    r"|(?:some(?:one|body)|a person|people|a human|staff|team|counsell?ors?|we) "
    r"(?:(?:is|are|will|can|may|might) )?(?:be )?"
    r"(?:here|there|read(?:s|ing)?|listen(?:s|ing)?|see(?:s|ing)?|know(?:s)?|stand(?:s|ing) by"
    r"|on duty|on call|(?:join|contact|call|check on|get back to|reach) you)"
    r"|you are (?:not alone here|being (?:read|seen|heard))|i (?:can|could) see you|i see your face"
    r"|i(?:'m| am) (?:always )?(?:here|there) (?:for|when|if|with|all)|always (?:here|there)"
    r"|vigil|supervis|(?:alguien|una persona) (?:lee|está leyendo|te ve|te mira|vendrá|te llamará)"
    r"|te (?:veo|vemos|cuidamos)|siempre (?:aquí|estoy)"
    r"|surveill|(?:quelqu'un|une personne) (?:lit|vous lit|vous voit|vous regarde|vous appellera)"
    r"|je vous vois|veille sur vous|toujours là"
    r"|überwach|beobacht|(?:jemand|ein mensch) (?:liest|sieht|wacht|hört|meldet|ruft)|ich lese mit"
    r"|liest mit|immer (?:da|hier)|ich sehe sie",
    re.IGNORECASE,
)


def written() -> Iterator[tuple[str, str]]:
    """Give every text that reaches a person at a moment, or in place of a model."""
    for file in sorted(PHRASES.glob("*.yaml")):
        data = yaml.safe_load(file.read_text("utf-8"))
        lines = [*data["moments"].values(), *data["fallback"].values(), [data["last_resort"]]]
        yield from ((file.name, line) for each in lines for line in each)
        yield from ((file.name, line) for line in [*data["identity"], *data["pause"]])
    for file in sorted((GRAPHS / "patterns").glob("*.yaml")):
        yield file.name, file.read_text("utf-8")
    yield from read_prompt("respond").entries("moments").items()


def test_nothing_implies_that_somebody_is_watching() -> None:
    assert [(where, m[0]) for where, text in written() for m in WATCHING.finditer(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "I am always here for you.",
        "Somebody is reading this.",
        "A person will call you.",
        "We are watching over you.",
        "Our team is here.",
        "I can see you are sad.",
        "Ich lese mit.",
        "Siempre estoy aquí.",
        "Je vous vois.",
    ],
)
def test_what_implies_a_watcher_is_known_as_such(text: str) -> None:
    assert WATCHING.search(text)


def test_after_a_letter_nothing_promises_an_answer() -> None:
    promise = re.compile(
        r"(?:will|they'll|going to) (?:answer|reply|call|write|read)|soon|pronto|bientôt|bald"
        r"|responderán|répondront|werden (?:Ihnen|sich)",
        re.IGNORECASE,
    )
    lines = [
        line
        for file in PHRASES.glob("*.yaml")
        for name in ("letter_sent", "letter_kept", "letter_offer", "unanswered", "handoff_asked")
        for line in yaml.safe_load(file.read_text("utf-8"))["moments"][name]
    ]
    assert len(lines) > 15 and [line for line in lines if promise.search(line)] == []


def test_no_line_for_a_moment_names_a_feeling_of_this_person() -> None:
    english = yaml.safe_load((PHRASES / "en.yaml").read_text("utf-8"))["moments"]
    feeling = re.compile(r"\b(?:sad|angry|afraid|scared|happy|glad|upset|anxious|worried)\b", re.I)
    assert [line for lines in english.values() for line in lines if feeling.search(line)] == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"strategy": "Open questoin"}, "'strategy' of the node 'guide' is wrong"),
        ({"strategy": "Self-disclosure"}, "no person is met with this strategy"),
        ({"stance": "anger"}, "a stance is one of neutral, joy, sadness"),
        ({"tell": "leter_sent"}, "there are lines for"),
    ],
)
def test_a_guide_refuses_a_plan_that_no_person_may_meet(
    options: dict[str, object], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        guide.parse(options)


def test_every_guided_moment_has_its_section_in_the_prompt() -> None:
    guided = {"opening", "no_start", "correction", "topic_change", "returned"}
    assert set(read_prompt("respond").entries("moments")) == guided
    assert not guided & MOMENTS


def test_the_options_of_the_choice_are_held_to_their_range() -> None:
    assert MomentOptions().reads == ENGLISH
    with pytest.raises(ConfigError, match="'contrary' of the node 'moment'"):
        moment.parse({"contrary": 2})


@pytest.mark.parametrize(("level", "route"), [("", "closing"), ("low", "plain")])
async def test_a_farewell_while_danger_stands_is_no_mere_farewell(level: str, route: str) -> None:
    standing = {"level": level, "quiet": 0, "denied": False, "eased": False}
    state: Any = {
        **FRESH,
        "words": "bye",
        "turn": 3,
        "risk": {**untroubled(), "now": {"suicide": standing} if level else {}},
        "reminded": {"begun": 0.0, "last": 0.0, "told": 0.0, "paused": 0.0},
    }
    assert await _moment(state, Context(), MomentOptions()) == route
