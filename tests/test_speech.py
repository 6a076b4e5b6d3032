import json
import time
from pathlib import Path
from string import Template

import pytest
import yaml

from tools.errors import ConfigError, UnknownName
from tools.examples.rows import SOURCE, read_examples
from tools.safety.policy import ECHO, SafetyPolicy, load_policy
from tools.safety.resources import numbers
from tools.safety.speech import FILE, FOREIGN, SpeechFile, SpeechReader, read_speech
from tools.yaml_file import read_yaml

Case = dict[str, str]

CASES: list[Case] = [
    json.loads(line)
    for line in Path(__file__)
    .with_name("data")
    .joinpath("speech_cases.jsonl")
    .read_text("utf-8")
    .splitlines()
]
REFUSED = [case for case in CASES if case["rule"]]
SAID = [case for case in CASES if not case["rule"]]
NUMBERS = ("unlisted number", "unlisted address")
FORBIDDEN = ("method", "lethality", "dose", "medication", "drug_advice", "diagnosis", "promise")
CLAIMED = ("claims_human", "closeness", "exclusive", "secrecy")
LEFT_ALONE = ("turns_away", "ends_talk")
PHRASES = FILE.parent / "phrases"


def of(*rules: str) -> list[Case]:
    return [case for case in REFUSED if case["rule"].startswith(rules)]


def name(case: Case) -> str:
    return f"{case['rule'] or 'said'}-{CASES.index(case)}"


@pytest.fixture(scope="module")
def policy() -> SafetyPolicy:
    return load_policy()


def read(policy: SafetyPolicy, case: Case) -> str:
    return policy.read(case["text"], heard=case.get("heard", ""))


def test_three_hundred_sentences_stand_on_either_side() -> None:
    assert len(REFUSED) >= 300
    assert len(SAID) >= 300
    assert len({case["text"] + case.get("heard", "") for case in CASES}) == len(CASES)


def test_every_rule_has_a_sentence_that_breaks_it() -> None:
    rules = set(read_yaml(FILE, SpeechFile, "speech file").rules)
    assert rules | {*NUMBERS, FOREIGN, ECHO} == {case["rule"] for case in REFUSED}


@pytest.mark.parametrize("rule", ["promise", "claims_human", "exclusive", "shaming", "hopeless"])
def test_the_core_rules_read_four_languages(rule: str) -> None:
    assert {case["language"] for case in of(rule)} == {"en", "es", "fr", "de"}


@pytest.mark.parametrize("case", SAID, ids=name)
def test_a_kind_sentence_may_be_said(policy: SafetyPolicy, case: Case) -> None:
    assert read(policy, case) == ""


@pytest.mark.parametrize("case", of(*NUMBERS), ids=name)
def test_r4_no_number_or_address_of_a_model_is_shown(policy: SafetyPolicy, case: Case) -> None:
    assert read(policy, case) == case["rule"]


@pytest.mark.parametrize("case", of(*LEFT_ALONE), ids=name)
def test_r7_the_talk_is_neither_refused_nor_ended(policy: SafetyPolicy, case: Case) -> None:
    assert read(policy, case) == case["rule"]


@pytest.mark.parametrize("case", of(*FORBIDDEN), ids=name)
def test_r10_no_diagnosis_dose_method_or_cure(policy: SafetyPolicy, case: Case) -> None:
    assert read(policy, case) == case["rule"]


@pytest.mark.parametrize("case", of(*CLAIMED), ids=name)
def test_r11_no_feelings_are_claimed_and_nobody_is_kept(policy: SafetyPolicy, case: Case) -> None:
    assert read(policy, case) == case["rule"]


@pytest.mark.parametrize(
    "case",
    [c for c in REFUSED if c not in of(*NUMBERS, *LEFT_ALONE, *FORBIDDEN, *CLAIMED)],
    ids=name,
)
def test_a_sentence_breaks_the_rule_it_should(policy: SafetyPolicy, case: Case) -> None:
    assert read(policy, case) == case["rule"]


@pytest.mark.parametrize(
    "line",
    [
        "Would you feel able to call 988?",
        "You can call 116 123, or text SHOUT to 85258.",
        "You can call 116-123 when you like.",
        "You can read more at https://findahelpline.com.",
        "Puedes llamar al 024.",
        "Vous pouvez appeler le 3114.",
        "Sie können die 0800 1110111 anrufen.",
    ],
)
def test_r4_a_fixed_sentence_may_hold_what_is_listed(policy: SafetyPolicy, line: str) -> None:
    assert policy.read(line, fixed=True) == ""
    assert policy.read(line) in NUMBERS


@pytest.mark.parametrize(
    "line",
    [
        "Call 555 0100 now.",
        "Call 116 124, 9-17 h.",
        "Read more at https://example.com.",
        "Call 988 or 116 999.",
    ],
)
def test_r4_a_fixed_sentence_may_hold_nothing_else(policy: SafetyPolicy, line: str) -> None:
    assert policy.read(line, fixed=True) in NUMBERS


@pytest.mark.parametrize(
    "hours",
    [
        ", 9-17 h",
        " (9-17 h)",
        " 9:00–17:00",
        ", 9am to 5pm",
        ", 14 bis 20 Uhr",
        ", de 9h à 17h",
        ", 24/7",
    ],
)
def test_r4_opening_hours_do_not_join_the_number_before_them(
    policy: SafetyPolicy, hours: str
) -> None:
    assert policy.read(f"Samaritans: call 116 123{hours}", fixed=True) == ""


def test_r4_a_short_number_counts_only_where_somebody_is_called(policy: SafetyPolicy) -> None:
    assert policy.read("You could call 123 now.") == "unlisted number"
    assert policy.read("You walked 123 steps, and then you rested.") == ""


def test_years_and_times_are_no_telephone_numbers(policy: SafetyPolicy) -> None:
    assert policy.read("Since 1999 the mornings begin at 6:30, and that is early.") == ""


def test_eight_words_of_a_private_text_are_refused(policy: SafetyPolicy) -> None:
    prompt = (
        "Answer in one or two short sentences. Follow what the person says, closely and kindly."
    )
    leaked = "Well: follow what the person says, closely and kindly, as ever."
    assert policy.read(leaked, private=[prompt]) == "private text"


def test_seven_words_of_a_private_text_are_nobodys(policy: SafetyPolicy) -> None:
    prompt = "Follow what the person says, closely and kindly."
    assert policy.read("What the person says, closely and kindly.", private=[prompt]) == ""


def test_what_is_too_long_for_a_sentence_is_refused(policy: SafetyPolicy) -> None:
    assert policy.read("word " * 500) == "too long"


def test_r10_a_disorder_may_be_named_after_the_person_named_it(policy: SafetyPolicy) -> None:
    question = "How has your OCD been this week?"
    assert policy.read(question, heard="I have been so tired.") == "diagnosis_unsaid"
    assert policy.read(question, heard="My OCD came back.") == ""
    assert policy.read("You have OCD.", heard="Do I have OCD?") == "diagnosis"


def test_r7_a_goodbye_answers_a_goodbye(policy: SafetyPolicy) -> None:
    assert policy.read("Goodbye for now.", heard="I feel awful.") == "ends_talk"
    assert policy.read("Goodbye for now.", heard="I have to go, bye!") == ""


def test_a_quoted_word_of_the_person_hides_nothing_after_it(policy: SafetyPolicy) -> None:
    assert policy.read('You said "I am a burden", and that hurts.') == ""
    assert policy.read('You said "I am sad", and you are a burden.') == "hopeless"


def test_a_quotation_never_holds_a_method(policy: SafetyPolicy) -> None:
    assert policy.read('They wrote "tie a noose" to you.') == "method"


def test_an_opinion_is_no_reflection(policy: SafetyPolicy) -> None:
    assert policy.read("You feel that you are a burden.") == ""
    assert policy.read("I feel that you are a burden.") == "hopeless"


def test_the_reply_keeps_to_the_language_of_the_person(policy: SafetyPolicy) -> None:
    spanish = "Siento que las noches sean tan largas para ti."
    assert policy.read(spanish, heard="Todo me pesa y no puedo dormir por las noches.") == ""
    assert policy.read(spanish, heard="I had a long day and I am so tired of it all.") == FOREIGN
    assert policy.read(spanish, heard="ok") == ""


def test_a_fixed_sentence_keeps_its_language(policy: SafetyPolicy) -> None:
    line = "Siento que las noches sean tan largas para ti."
    heard = "I had a long day and I am so tired of it all."
    assert policy.read(line, heard=heard, fixed=True) == ""


def test_no_reply_of_the_examples_is_refused(policy: SafetyPolicy) -> None:
    refused = {e["id"]: rule for e in read_examples(SOURCE) if (rule := policy.read(e["reply"]))}
    assert refused == {}


@pytest.mark.parametrize("language", ["en", "es", "fr", "de"])
def test_r4_every_fixed_phrase_may_be_said(policy: SafetyPolicy, language: str) -> None:
    phrases = yaml.safe_load((PHRASES / f"{language}.yaml").read_text("utf-8"))
    phrases.pop("lines")
    given = {"emergency": "112.", "emotion": "x", "to": "a counsellor"}
    lines = [Template(text).safe_substitute(given) for text in texts(phrases)]
    assert len(lines) > 50
    assert {line: rule for line in lines if (rule := policy.read(line, fixed=True))} == {}


def texts(node: object) -> list[str]:
    """Return every text in a tree of lists and tables."""
    if isinstance(node, str):
        return [node]
    nodes = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return [text for each in nodes for text in texts(each)]


def test_a_sentence_is_read_in_milliseconds(policy: SafetyPolicy) -> None:
    times = []
    for case in SAID:
        begun = time.thread_time()
        policy.read(case["text"], heard="I had a long day, and nobody asked. " * 20)
        times.append(time.thread_time() - begun)
    assert sorted(times)[len(times) * 95 // 100] < 0.01  # under 3 ms where nothing else runs


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "1 ",
        "1-",
        "one ",
        "you are ",
        "i feel ",
        "a.",
        "a@",
        '"a ',
        "* ",
        "(a ",
        "if you ",
        "ж",
        "$",
    ],
)
def test_a_hostile_sentence_takes_linear_time(policy: SafetyPolicy, unit: str) -> None:
    begun = time.thread_time()
    policy.read((unit * 2000)[:2000], heard=unit * 4000)
    assert time.thread_time() - begun < 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"reads": ["xx"]}, UnknownName),
        ({"rules": {"one": {"raw": ["("]}}}, ConfigError),
        ({"rules": {"one": {"patterns": ["("]}}}, ConfigError),
        ({"rules": {"one": {"patterns": ["a"], "unless": ["gone"]}}}, UnknownName),
    ],
)
def test_a_wrong_rule_file_is_named(change: dict[str, object], error: type[ConfigError]) -> None:
    whole = read_yaml(FILE, SpeechFile, "speech file").model_dump()
    with pytest.raises(error):
        SpeechReader(SpeechFile.model_validate({**whole, **change}), numbers())


def test_a_missing_rule_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="speech"):
        read_speech(numbers(), tmp_path / "speech.yaml")
