"""The choice of steps in a crisis reply, without a graph: by class, level and language."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from tools.labels import Danger, Risk
from tools.phrases import load_phrases
from tools.safety.answers import QUESTIONS
from tools.safety.protocol import BLOCK, Line, Moment, has_risen, plan
from tools.safety.scripts import OTHER, SCRIPTS, Probe

LANGUAGES = ("en", "es", "fr", "de")
LEVELS = ("low", "moderate", "high", "imminent")
PHRASES = load_phrases()

CALM = "first resources_intro resources ai"
GRAVE = "first resources_intro resources if_worse ai"
URGENT = "first_urgent emergency resources_intro resources ai_urgent ask_call"
FIRST_QUESTION = {
    "suicide": "ask_thoughts",
    "self_harm": "ask_hurt",
    "overdose": "ask_taken",
    "eating_disorder": "ask_hurt",
    "violence_at_home": "ask_safe",
    "psychosis": "ask_safe",
    "harm_to_others": "ask_intent",
    "minor": "ask_safe",
    "unscreened": "ask_safe",
}

wordings = lru_cache(maxsize=None)(lambda lang, s, p: PHRASES.for_locale(lang).wordings(s, p))

every_language = pytest.mark.parametrize("language", LANGUAGES)
every_script = pytest.mark.parametrize("script", SCRIPTS)


def moment(script: str = "suicide", level: str = "moderate", **changes: Any) -> Moment:
    danger = Danger.SUICIDE.value if script == OTHER else script
    urgent = level == Risk.IMMINENT
    made = Moment(script, danger, level, "first", urgent=urgent, show="all")
    return replace(made, **changes)


def lines(at: Moment, language: str = "en", lacking: Sequence[str] = ()) -> list[Line]:
    return plan(at, lambda s, p: [] if p in lacking else list(wordings(language, s, p)))


def part(line: Line) -> str:
    return line.key.split("/")[1] if line.key != BLOCK else BLOCK


def parts(at: Moment, language: str = "en") -> list[str]:
    return [part(line) for line in lines(at, language)]


def after(at: Moment, said: list[Line], **changes: Any) -> Moment:
    """Return the next turn: the person has answered with more of the same."""
    spoken = (*at.said, *(line.key for line in said if line.key != BLOCK))
    asked = at.asked | {line.asks for line in said if line.asks}
    return replace(at, **{"opening": "again", "show": "", "said": spoken, "asked": asked} | changes)


def talk(at: Moment, turns: int = 12, language: str = "en", **changes: Any) -> list[list[Line]]:
    replies = []
    for _ in range(turns):
        replies.append(lines(at, language))
        at = after(at, replies[-1], **changes)
    return replies


def texts(said: list[Line], language: str = "en") -> list[str]:
    keys = [line.key for line in said if line.key != BLOCK]
    return [wordings(language, *key.split("/")[:2])[key] for key in keys]


@every_language
@every_script
@pytest.mark.parametrize("level", LEVELS)
def test_the_first_reply_has_its_structure(script: str, level: str, language: str) -> None:
    wanted = URGENT
    if script == OTHER:
        wanted = "first now resources_intro resources ai worried"
        wanted = URGENT.replace("ask_call", "ask_coming") if level == "imminent" else wanted
    elif level != "imminent":
        question = FIRST_QUESTION[script]
        if script == "suicide" and level != "low":  # said outright, so not asked again
            question = "ask_intent" if level == "high" else "ask_method"
        wanted = f"{GRAVE if level == 'high' else CALM} {question}"
    assert " ".join(parts(moment(script, level), language)) == wanted


@every_language
@every_script
@pytest.mark.parametrize("level", LEVELS)
def test_r8_no_wording_comes_twice_in_twelve_turns(script: str, level: str, language: str) -> None:
    said = [t for r in talk(moment(script, level), language=language) for t in texts(r, language)]
    assert len(said) == len(set(said))


@every_script
@pytest.mark.parametrize("level", LEVELS)
def test_r7_every_turn_has_a_reply_that_asks_however_long_the_talk(script: str, level: str) -> None:
    replies = talk(moment(script, level), 40)
    assert all(replies) and all("?" in texts(reply)[-1] for reply in replies)


@every_script
@pytest.mark.parametrize("level", LEVELS)
def test_no_reply_is_the_same_as_the_one_before(script: str, level: str) -> None:
    replies = [tuple(texts(reply)) for reply in talk(moment(script, level), 40)]
    assert all(one != two for one, two in zip(replies, replies[1:], strict=False))


@every_language
@every_script
@pytest.mark.parametrize("level", LEVELS)
def test_r6_one_question_at_a_time(script: str, level: str, language: str) -> None:
    for reply in talk(moment(script, level), language=language):
        asking = [text for text in texts(reply, language) if "?" in text]
        assert asking == texts(reply, language)[-1:]


@pytest.mark.parametrize("script", sorted(set(SCRIPTS) - {OTHER}))
def test_r6_no_direct_question_is_asked_twice(script: str) -> None:
    asked = [line.asks for reply in talk(moment(script), 30) for line in reply if line.asks]
    assert asked and len(asked) == len(set(asked))


def test_r6_the_screener_is_asked_in_its_order() -> None:
    asked = [line.asks for reply in talk(moment(level="low")) for line in reply if line.asks]
    order = ["thoughts", "method", "intent", "plan", "means"]
    assert asked == [f"suicide:{question}" for question in order]


def test_r6_a_probe_that_was_left_unanswered_is_followed_by_a_step_not_by_a_probe() -> None:
    at = moment()
    at = after(at, lines(at), probing=False)
    assert not [line for line in lines(at) if line.asks]


def test_r6_thoughts_that_were_denied_are_not_probed_further() -> None:
    at = moment()
    at = after(at, lines(at), refuted=frozenset({"suicide:thoughts"}), opening="denial")
    assert not [line for reply in talk(at, refuted=at.refuted) for line in reply if line.asks]


def test_r6_means_are_not_asked_when_plan_and_intent_were_denied() -> None:
    refuted = frozenset({"suicide:intent", "suicide:plan"})
    asked = {n.asks for reply in talk(moment(refuted=refuted), refuted=refuted) for n in reply}
    assert "suicide:method" in asked and "suicide:means" not in asked


def test_every_probe_is_a_question_whose_answer_is_read() -> None:
    probes = [s for steps in SCRIPTS.values() for s in steps if isinstance(s, Probe)]
    assert {probe.question for probe in probes} <= set(QUESTIONS)


def test_a_question_whose_no_denies_a_danger_is_not_asked_about_something_else() -> None:
    """`Is a weapon near?` must not read as `there is no danger` when it is answered no."""
    probes = {(s.danger, s.question) for p in SCRIPTS.values() for s in p if isinstance(s, Probe)}
    about_the_danger = {
        ("suicide", "thoughts"), ("suicide", "safe"), ("overdose", "taken"),
        ("self_harm", "happening"), ("violence_at_home", "safe"), ("psychosis", "safe"),
    }  # fmt: skip
    assert {p for p in probes if QUESTIONS[p[1]].denies} == about_the_danger


@pytest.mark.parametrize("script", sorted(set(SCRIPTS) - {OTHER, "minor", "unscreened"}))
def test_every_class_asks_about_suicide_once(script: str) -> None:
    asked = [line.asks for reply in talk(moment(script, "low")) for line in reply]
    assert asked.count("suicide:thoughts") == 1


@pytest.mark.parametrize("step", ["both", "barrier", "will_use", "care", "surroundings", "people"])
def test_professional_care_people_barriers_and_safety_come_within_ten_turns(step: str) -> None:
    assert step in [part(line) for reply in talk(moment(), 10) for line in reply]


def test_second_wordings_wait_until_every_step_had_its_first() -> None:
    keys = [line.key for reply in talk(moment(), 20) for line in reply]
    assert keys.index("general/body/0") < keys.index("general/will_use/1")


def test_r5_each_of_the_first_urgent_turns_says_something_that_cannot_wait() -> None:
    urgent = {"emergency", "cannot_call", "distance"}
    for script in set(SCRIPTS) - {OTHER}:
        for reply in talk(moment(script, "imminent"), 4):
            assert urgent & set(map(part, reply))


def test_r5_somebody_who_cannot_call_is_asked_what_is_in_the_way() -> None:
    replies = talk(moment(level="imminent"), 2)
    assert [line.key for line in replies[1]][1:] == ["general/cannot_call/0", "general/ask_call/1"]


def test_r5_somebody_who_can_call_is_told_how_to_wait_and_not_asked_again() -> None:
    at = moment(level="imminent")
    at = after(at, lines(at), calling=True, opening="answered")
    replies = talk(at, 6, calling=False)
    assert "waiting" in map(part, replies[0])
    assert not [line.key for reply in replies for line in reply if "ask_call" in line.key]


@pytest.mark.parametrize("opening", ["yes", "unsure", "denial", "seeking", "follow", "answered"])
def test_what_the_person_did_is_what_the_reply_begins_with(opening: str) -> None:
    assert parts(moment(opening=opening))[0] == opening


def test_an_opening_that_is_used_up_is_left_out() -> None:
    replies = talk(moment(), 6, opening="denial")
    assert "denial" not in map(part, replies[5])


def test_a_follow_up_asks_how_safe_they_are() -> None:
    assert lines(moment(level="high", opening="follow", show=""))[-1].asks == "suicide:safe"


def test_seeking_is_asked_about_thoughts_even_where_a_plan_is_assumed() -> None:
    assert lines(moment(level="high", opening="seeking"))[-1].asks == "suicide:thoughts"


def test_seeking_for_somebody_else_asks_about_the_person_too() -> None:
    assert lines(moment(OTHER, opening="seeking"))[-1].asks == "suicide:thoughts"


@pytest.mark.parametrize("danger", ["violence_at_home", "suicide"])
def test_the_worrier_is_told_how_to_ask_and_cared_for(danger: str) -> None:
    at = moment(OTHER, danger=danger)
    said = {part(line) for reply in talk(at) for line in reply}
    violence = danger == "violence_at_home"
    assert ("ask_them_safe" if violence else "ask_them") in said and "yourself" in said
    assert ("share_safe" in said) == violence and ("share" in said) != violence


def test_r1_the_services_stay_whatever_the_phrases_lack() -> None:
    at = moment()
    lacking = (*parts(at), "again", "open")
    assert BLOCK in [line.key for line in lines(at, lacking=lacking)]


def test_notes_are_said_once() -> None:
    replies = talk(moment(notes=("note", "device")), 3)
    keys = [part(line) for reply in replies for line in reply]
    assert keys.count("note") == keys.count("device") == 1


@pytest.mark.parametrize(
    ("level", "before", "due"),
    [
        ("low", [], True), ("low", ["third_party"], True), ("moderate", ["low"], False),
        ("high", ["moderate"], True), ("imminent", ["high"], True), ("high", ["imminent"], False),
    ],
)  # fmt: skip
def test_r8_services_are_due_once_and_when_it_becomes_grave(
    level: str, before: list[str], due: bool
) -> None:
    assert has_risen(level, before) is due


def test_r6_a_question_that_another_class_asked_is_not_asked_again() -> None:
    asked = frozenset({"suicide:thoughts"})
    assert lines(moment(asked=asked))[-1].asks == "suicide:method"


def test_r6_who_has_said_it_outright_is_not_asked_whether_they_think_of_it() -> None:
    assert lines(moment(level="low", stated=True))[-1].asks == "suicide:method"
    assert lines(moment("self_harm", stated=True, asked=frozenset({"self_harm:hurt"})))[
        -1
    ].asks == ("self_harm:happening")


def test_r6_what_was_taken_is_not_asked_of_somebody_who_has_just_said_it() -> None:
    replies = talk(moment("overdose", "imminent"), 20)
    assert "overdose:taken" not in [line.asks for reply in replies for line in reply]


@every_language
def test_r5_an_overdose_hears_of_medical_help_in_each_of_twelve_turns(language: str) -> None:
    for reply in talk(moment("overdose", "imminent"), language=language, opening="follow"):
        assert {"emergency", "cannot_call"} & set(map(part, reply))


@every_language
def test_r5_beside_somebody_in_mortal_danger_only_help_is_asked_about(language: str) -> None:
    replies = talk(moment(OTHER, "imminent"), language=language)
    assert {part(reply[-1]) for reply in replies} == {"ask_coming"}
    assert "now" not in [part(line) for reply in replies for line in reply]


def test_once_help_is_there_the_worrier_is_asked_about_themself() -> None:
    at = moment(OTHER, "imminent", urgent=False, helped=True, opening="follow", show="")
    assert part(lines(at)[-1]) == "yourself"


@pytest.mark.parametrize(
    ("report", "asked"),
    [
        ("help_coming", "ask_with"), ("no_answer", "ask_next"), ("cannot_call", "ask_next"),
        ("with_someone", "ask_shown"), ("with_help", "told_with_help"), ("moved_away", "ask_call"),
    ],
)  # fmt: skip
@every_language
def test_a_report_about_help_has_a_line_and_a_next_step(
    language: str, report: str, asked: str
) -> None:
    helped = report in ("help_coming", "with_help")
    at = moment(level="imminent", opening=f"told_{report}", show="", urgent=not helped)
    said = parts(replace(at, helped=helped), language)
    assert said[0] == f"told_{report}" and said[-1] == asked


def test_poison_help_is_promised_only_where_there_is_some() -> None:
    assert "resources_listen" in parts(moment("overdose", "imminent", listening=True))
    assert "resources_intro" in parts(moment("overdose", "imminent"))


def test_a_denial_of_little_danger_gets_one_line_and_no_further_question() -> None:
    assert parts(moment(level="low", opening="denial", show="")) == ["denial"]


def test_services_that_were_asked_for_are_introduced_as_such() -> None:
    said = parts(moment(level="low", opening="", here=True))
    assert said[:2] == ["resources_here", BLOCK] and said[-1] == "will_use"


def test_r5_nothing_unhurried_is_said_while_medical_help_is_urgent() -> None:
    replies = talk(moment("overdose", "imminent"), 20, opening="follow")
    assert not {"follow", "watch", "no_more"} & {part(n) for reply in replies for n in reply}
