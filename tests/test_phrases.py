import re
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml

from tools.errors import ConfigError
from tools.labels import LISTENING, UNKNOWN, Danger, Emotion, Strategy
from tools.phrases import FOLDER, LocalePhrases, load_phrases
from tools.safety.policy import load_policy
from tools.safety.resources import emergency, load_resources, resources
from tools.safety.scripts import EMERGENCY_PARTS, OTHER, SCRIPTS, parts

LANGUAGES = ("en", "es", "fr", "de")
COUNTRIES = [*load_resources().countries, ""]

every_language = pytest.mark.parametrize("language", LANGUAGES)


LOADED = load_phrases()
RAW = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in FOLDER.glob("*.yaml")}


def phrases(language: str) -> LocalePhrases:
    return LOADED.for_locale(language)


def raw(language: str) -> dict[str, Any]:
    return deepcopy(RAW[language])


def keys(value: object, path: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {path}
    return {key for name, part in value.items() for key in keys(part, f"{path}/{name}")}


def sentences(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from sentences(part)


def spoken(language: str) -> list[str]:
    """Every sentence that stands by itself, filled."""
    whole = raw(language)
    emotions = whole["noticed_as"].pop("emotions")
    del whole["lines"], whole["language"]
    return [
        Template(text).substitute(
            emotion=emotions["fear"], emergency=emergency("US", language), to="the night desk"
        )
        for text in sentences(whole)
    ]


def test_the_languages_are_those_of_the_folder() -> None:
    assert sorted(p.language for p in LOADED) == sorted(LANGUAGES)


@every_language
def test_every_language_has_the_keys_of_english(language: str) -> None:
    assert keys(raw(language)) == keys(raw("en"))


@every_language
def test_every_language_has_as_many_variants_as_english(language: str) -> None:
    assert len(list(sentences(raw(language)))) == len(list(sentences(raw("en"))))


@every_language
def test_the_policy_lets_every_fixed_sentence_pass(language: str) -> None:
    refused = {text: load_policy().read(text, fixed=True) for text in spoken(language)}
    assert {text: rule for text, rule in refused.items() if rule} == {}


@every_language
@pytest.mark.parametrize("country", COUNTRIES)
def test_the_policy_lets_every_resource_line_pass(language: str, country: str) -> None:
    offered = {r.id: r for d in ["", *Danger] for r in resources(country, language, d)}
    lines = [phrases(language).line(r) for r in offered.values()]
    said = [*lines, emergency(country, language)]
    assert [text for text in said if load_policy().read(text, fixed=True)] == []


@every_language
def test_no_fixed_sentence_shouts_or_blames(language: str) -> None:
    forbidden = re.compile(r"!|¡|commit|cometer|begeh|overdos|sobredosis|surdose|überdosis", re.I)
    assert [text for text in sentences(raw(language)) if forbidden.search(text)] == []


def crisis_lines(language: str, script: str = "") -> dict[str, str]:
    """Return the lines of the crisis reply by key; with a script, those that it may say."""
    book = phrases(language)
    if script:
        return {k: v for p in parts(script) for k, v in book.wordings(script, p).items()}
    found = [book.wordings(s, p) for s in book.crisis for p in book.crisis[s]]
    return {k: v for one in found for k, v in one.items()}


def found(pattern: str, lines: dict[str, str]) -> list[str]:
    return [text for text in lines.values() if re.search(pattern, text, re.IGNORECASE)]


@every_language
def test_only_wordings_about_the_emergency_number_hold_it(language: str) -> None:
    held = {key.split("/")[1] for key, text in crisis_lines(language).items() if "$" in text}
    bare = [k for k, v in crisis_lines(language).items() if "$emergency" not in v]
    assert held == EMERGENCY_PARTS
    assert not [key for key in bare if key.split("/")[1] in EMERGENCY_PARTS]


@every_language
def test_r8_no_two_lines_of_the_crisis_reply_are_the_same(language: str) -> None:
    lines = list(crisis_lines(language).values())
    assert len(lines) == len(set(lines))


@every_language
def test_r6_suicide_is_named_where_it_is_asked_about(language: str) -> None:
    word = {"en": "suicide", "es": "suicidio", "fr": "suicide", "de": "Suizid"}[language]
    asked = [v for k, v in crisis_lines(language).items() if "/ask_thoughts/" in k]
    assert len(asked) >= 8 and all(word in text and text.endswith("?") for text in asked)


@every_language
def test_r6_no_line_pulls_for_a_no(language: str) -> None:
    leading = (
        r"n't you\b|, right\?|are you not|not .{0,20}, are you|surely|"
        r"¿verdad\?|¿no\?|n'est-ce pas|non \?|oder\?|nicht wahr|doch nicht"
    )
    assert found(leading, crisis_lines(language)) == []


@every_language
def test_r7_no_line_ends_or_refuses_the_talk_or_asks_for_a_promise(language: str) -> None:
    ending = (
        r"goodbye|end this|cannot talk|can't talk|unable to (?:talk|help)|promise|contract|"
        r"adiós|no puedo hablar|prom[eé]t|au revoir|ne peux pas (?:en )?parler|"
        r"versprech|versprich|auf wiedersehen|nicht (?:darüber )?(?:reden|sprechen) kann"
    )
    assert found(ending, crisis_lines(language)) == []


@every_language
def test_r5_the_first_urgent_line_urges_a_call_a_person_and_distance(language: str) -> None:
    person = r"with (?:you|another|someone)|contigo|con alguien|otra persona|rest\w+ avec|une autre"
    person += r"|avec quelqu'un|demandez-lui de rester|auprès|zu bleiben|bei sich|bei jemandem"
    person += r"|zu einem anderen|quelqu'un de calme"
    away = r"away|aléj|distanc|lejos|éloign|entfern|abstand|fern|behind|nothing more|nada más"
    away += r"|rien de|loin|nichts mehr"
    for script in ("suicide", "self_harm", "overdose", "psychosis", "harm_to_others"):
        text = next(iter(phrases(language).wordings(script, "emergency").values()))
        assert "$emergency" in text
        assert re.search(person, text, re.I) and re.search(away, text, re.I), (script, text)


@every_language
def test_r11_the_reply_says_that_it_is_an_ai(language: str) -> None:
    word = {"en": "an AI", "de": "künstliche Intelligenz", "es": "inteligencia artificial"}
    name = word.get(language, "intelligence artificielle")
    told = [v for k, v in crisis_lines(language).items() if k.split("/")[1] in ("ai", "ai_urgent")]
    assert told and all(name in text for text in told)


@every_language
def test_violence_at_home_is_never_told_to_turn_to_just_anybody(language: str) -> None:
    """Whoever is near may be the danger: only somebody whom the person calls safe is named."""
    anybody = (
        r"family|neighbo|next door|partner|relative|parents|friend|someone near|"
        r"familia|vecin|pareja|amig|padres|alguien que esté cerca|famille|voisin|\bproche|ami\b|"
        r"quelqu'un près|familie|nachbar|nebenan|freund|jemand in Ihrer Nähe"
    )
    safe = r"feel safe|you trust|te sientas a salvo|confías|en sécurité|faire confiance|"
    safe += r"sicher fühlen|vertrauen"
    own = {
        k: v for k, v in crisis_lines(language, "violence_at_home").items() if "general" not in k
    }
    lent = crisis_lines(language, "violence_at_home").keys() - own.keys()
    suggested = r"someone|anyone|alguien|quelqu'un|jemand|another person|a person"
    assert found(anybody, crisis_lines(language, "violence_at_home")) == []
    assert [
        t for t in found(suggested, own) if not re.search(f"{safe}|look|mir|regard|schau", t)
    ] == []
    assert not {key.split("/")[1] for key in lent} & {"people", "place", "emergency", "cannot_call"}


@every_language
def test_nobody_in_danger_is_sent_to_their_family(language: str) -> None:
    """In any class the person may also be hurt at home."""
    family = (
        r"\bfamil|neighbo|vecin|voisin|nachbar|\b(?:mother|father|parents|madre|padre|Eltern)\b"
    )
    assert found(family, crisis_lines(language)) == []


@every_language
def test_psychosis_is_neither_argued_with_nor_confirmed(language: str) -> None:
    verdict = (
        r"not real|isn't real|imagin|halluc|delusion|you are right|"
        r"no es real|alucin|delir|tienes razón|pas réel|délir|vous avez raison|"
        r"nicht (?:echt|wirklich|real)|einbild|halluz|wahn|Sie haben recht"
    )
    own = {k: v for k, v in crisis_lines(language, "psychosis").items() if "psychosis" in k}
    assert own and found(verdict, own) == []


@every_language
def test_r23_a_young_person_is_met_kindly_and_shown_to_a_grown_up(language: str) -> None:
    told = " ".join(phrases(language).wordings("minor", "first").values())
    told += " ".join(phrases(language).wordings("minor", "ai").values())
    adult = {"en": "grown-up", "es": "persona adulta", "fr": "adulte", "de": "erwachsen"}[language]
    nothing_wrong = {"en": "nothing wrong", "es": "nada malo", "fr": "rien fait de mal"}
    assert adult in told and nothing_wrong.get(language, "nichts falsch") in told
    assert not re.search(r"too young|not allowed|demasiado|trop jeune|zu jung|verboten", told)


def test_a_key_means_the_same_in_every_language() -> None:
    keys_of = {language: set(crisis_lines(language)) for language in LANGUAGES}
    assert all(found == keys_of["en"] for found in keys_of.values())


def test_the_general_words_stand_in_where_a_script_has_none() -> None:
    assert set(phrases("en").wordings("suicide", "care")) == {"general/care/0"}


def test_the_general_words_are_lent_after_a_scripts_own_openings() -> None:
    lent = list(phrases("en").wordings("self_harm", "again"))
    assert lent[0] == "self_harm/again/0" and "general/again/0" in lent


@pytest.mark.parametrize("script", [OTHER, "unscreened", "minor"])
def test_nothing_is_lent_to_a_script_that_stands_apart(script: str) -> None:
    assert not [k for k in phrases("en").wordings(script, "again") if k.startswith("general")]


@pytest.mark.parametrize("part", ["emergency", "ask_hurt"])
def test_a_scripts_own_words_replace_the_general_ones_elsewhere(part: str) -> None:
    keys = phrases("en").wordings("self_harm", part)
    assert keys and all(key.startswith("self_harm/") for key in keys)


def test_an_unknown_part_has_no_words() -> None:
    assert phrases("en").wordings("suicide", "nothing") == {}


@every_language
def test_listening_fallbacks_give_no_advice(language: str) -> None:
    advice = re.compile(r"\b(?:should|try|deberías|intenta|devriez|essayez|sollten|versuchen)\b")
    listening = [t for name in LISTENING for t in phrases(language).fallback[name]]
    assert [text for text in listening if advice.search(text)] == []


@every_language
def test_every_strategy_has_at_least_two_fallbacks(language: str) -> None:
    assert {len(phrases(language).fallback[name]) >= 2 for name in Strategy} == {True}


@every_language
def test_the_disclosure_says_what_it_is_and_is_not(language: str) -> None:
    told = " ".join(phrases(language).disclosure)
    wanted = {
        "en": ("an AI", "demonstration", "clinically", "therapy", "emergencies"),
        "es": ("inteligencia artificial", "demostración", "clínicamente", "terapia", "emergencias"),
        "fr": ("intelligence artificielle", "démonstration", "cliniquement", "thérapie", "urgence"),
        "de": ("künstliche Intelligenz", "Vorführung", "klinisch", "Therapie", "Notfälle"),
    }[language]
    assert [word for word in wanted if word not in told] == []


@pytest.mark.parametrize(
    ("locale", "language"),
    [("es-MX", "es"), ("fr_CA", "fr"), ("DE", "de"), ("pt-BR", "en"), ("", "en"), ("en-GB", "en")],
)
def test_a_locale_finds_its_language_or_english(locale: str, language: str) -> None:
    assert phrases(locale).language == language


def test_a_service_is_written_out_with_all_its_channels() -> None:
    lines = [phrases("en").line(r) for r in resources("GB", "en")]
    assert lines == [
        "Samaritans: call 116 123 (day and night)",
        "Shout: text SHOUT to 85258 (day and night)",
    ]


def test_a_directory_is_written_out_with_what_it_is() -> None:
    line = phrases("fr").line(resources("", "fr")[0])
    assert line.startswith("Find A Helpline (ThroughLine) : https://findahelpline.com. Un annuaire")


@every_language
def test_every_emotion_can_be_named_as_a_guess(language: str) -> None:
    said = {phrases(language).noticed(emotion) for emotion in Emotion}
    assert len(said) == len(Emotion)
    assert all(text.rstrip().endswith("?") for text in said)


def test_an_unread_or_contradictory_emotion_is_not_named() -> None:
    english = phrases("en")
    assert english.noticed(UNKNOWN) == english.noticed_as.unknown
    assert english.noticed("joy", disagreeing=True) == english.noticed_as.disagreeing


def test_a_missing_emotion_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "en.yaml").read_text("utf-8").replace('    surprise: "surprised"\n', "")
    (tmp_path / "en.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="'en.yaml' lacks surprise"):
        load_phrases(tmp_path)


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "en.yaml").read_text("utf-8").replace("last_resort:", "last_resrot:")
    (tmp_path / "en.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="'en.yaml' is wrong at 'last_res"):
        load_phrases(tmp_path)


def test_a_folder_without_english_is_refused(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "de.yaml", tmp_path)
    with pytest.raises(ConfigError, match="en.yaml"):
        load_phrases(tmp_path)


def test_a_part_of_the_crisis_reply_that_is_missing_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "en.yaml").read_text("utf-8").replace("    ask_plan:\n", "    ask_means:\n")
    (tmp_path / "en.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="'en.yaml' lacks suicide/ask_plan"):
        load_phrases(tmp_path)


def test_a_part_of_the_crisis_reply_that_is_unknown_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "en.yaml").read_text("utf-8").replace("    ask_plan:\n", "    ask_plam:\n")
    (tmp_path / "en.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="'en.yaml' is wrong at 'crisis.suicide.ask_plam"):
        load_phrases(tmp_path)


def test_a_part_without_a_wording_is_refused(tmp_path: Path) -> None:
    text = (FOLDER / "en.yaml").read_text("utf-8")
    text = re.sub(r"(    ask_plan:)\n      - .*\n", r"\1 []\n", text)
    (tmp_path / "en.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="'en.yaml' is wrong at 'crisis.suicide.ask_plan'"):
        load_phrases(tmp_path)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_has_words_for_all_that_it_may_say(script: str) -> None:
    assert [p for p in parts(script) if not phrases("en").wordings(script, p)] == []
