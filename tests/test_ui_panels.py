"""What designers, and people who look for help, are shown."""

import re
from html import escape
from pathlib import Path

import pytest

from graphs.run import TurnReport
from tests.made_services import example, stub_services
from tests.made_turn import conversation, face, say, voice
from tools.labels import EKMAN, Danger
from tools.phrases import load_phrases
from tools.records import Reading, UserEmotion
from tools.safety.resources import load_resources
from ui import texts
from ui.help import NAMES, countries, help_html
from ui.panels import panel, refusal
from ui.session import Session
from ui.talk import dangers

ENGLISH = load_phrases().for_locale("en")


async def report(words: str = "Hello.", **options: object) -> TurnReport:
    services = stub_services(
        example(situation="<b>bold</b>", reply="<script>1</script>"),
        **options,  # type: ignore[arg-type]
    )
    return await say(conversation(services), words, [voice(), face()], microphone=True)


async def test_every_part_of_a_turn_is_shown() -> None:
    shown = panel(await report())
    for part in ("Words", "Voice", "Face", "Transcript", "Fused emotion", "Strategy", "Examples",
                 "Milliseconds by node", "Models", "Notes", "support@"):  # fmt: skip
        assert part in shown


async def test_a_missing_modality_says_why() -> None:
    assert re.search(r"Face</h3><p>missing: no consent", panel(await report()))


async def test_a_reading_without_weight_is_marked_experimental() -> None:
    shown = panel(await report())
    voice_part = shown[shown.index("Voice</h3>") : shown.index("Face</h3>")]
    assert "experimental" in voice_part
    assert "experimental" not in shown[: shown.index("Voice</h3>")]


async def test_what_was_said_and_retrieved_is_escaped() -> None:
    shown = panel(await report(ears={"text": "<i>hello</i>"}))
    for raw in ("<b>bold", "<script>", "<i>hello"):
        assert raw not in shown
    assert "&lt;i&gt;hello" in shown


async def test_notes_are_shown() -> None:
    assert "refused for a test" in panel(await report(chat={"fail": "refused for a test"}))


async def test_a_refused_edit_is_shown_at_the_next_turn(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\ninclude: support\n", "utf-8")
    talk = conversation(stub_services(), str(file))
    file.write_text("name: mine\ninclude: support\ndrop: [check]\n", "utf-8")
    shown = panel(await say(talk, "Hello."))
    assert "<li>the edited graph &#x27;mine&#x27; is refused" in shown


def test_a_refused_edit_shows_its_reasons_escaped() -> None:
    assert refusal("") == ""
    shown = refusal("the graph 'a' cannot be used:\n  - <b>")
    assert "- &lt;b&gt;" in shown and 'role="alert"' in shown


def test_every_country_of_the_file_can_be_chosen_by_name() -> None:
    assert set(load_resources().countries) <= set(NAMES)
    assert countries()[0][1] == ""


@pytest.mark.parametrize("country", ["", *load_resources().countries])
def test_every_country_gives_somebody_to_reach_and_a_date(country: str) -> None:
    shown = help_html(country, ENGLISH)
    assert 'href="' in shown and "Last checked on" in shown
    if country:
        number = load_resources().countries[country].emergency.number
        assert f'href="tel:{number}"' in shown


def test_without_a_country_the_international_directory_is_shown() -> None:
    assert 'href="https://findahelpline.com"' in help_html("", ENGLISH)


def test_without_a_country_it_is_asked_for_and_may_be_left_out() -> None:
    assert "If you like" in help_html("", ENGLISH) and "data-country" in help_html("", ENGLISH)
    assert "data-country" not in help_html("IE", ENGLISH)


def test_without_a_country_the_emergency_numbers_can_be_tapped() -> None:
    assert 'href="tel:112"' in help_html("", ENGLISH)


@pytest.mark.parametrize("country", load_resources().countries)
def test_every_service_of_a_country_is_shown_once_with_what_it_is_for(country: str) -> None:
    shown = help_html(country, ENGLISH)
    for service in load_resources().countries[country].services:
        assert shown.count(f"<strong>{escape(service.name)}</strong>") == 1
        before = shown[: shown.index(f"<strong>{escape(service.name)}</strong>")]
        title = re.findall("<h3>(.*?)</h3>", before)[-1]
        fitting = [texts.FOR[danger] for danger in service.dangers] or [texts.FOR_ANYONE]
        assert title in fitting


def test_every_danger_has_a_name_on_the_page() -> None:
    assert set(texts.FOR) == set(Danger)


def test_services_for_what_was_said_come_first() -> None:
    shown = help_html("US", ENGLISH, ["violence_at_home"])
    assert re.findall("<h3>(.*?)</h3>", shown)[0] == texts.FOR["violence_at_home"]


def test_r23_services_for_the_young_come_first_where_somebody_young_is_here() -> None:
    services = stub_services()
    session = Session(conversation(services))
    session.minor = True
    shown = help_html("GB", ENGLISH, dangers(None, session))
    assert re.findall("<h3>(.*?)</h3>", shown)[0] == texts.FOR["minor"]


def test_r24_a_reading_and_a_fused_emotion_must_have_a_confidence() -> None:
    assert "confidence" in Reading.__required_keys__
    assert "confidence" in UserEmotion.__required_keys__


async def test_r24_every_reading_is_shown_with_its_confidence() -> None:
    found = await report()
    shown = panel(found)
    for reading in (found["readings"]["text"], found["readings"]["voice"]):
        assert f"perhaps {reading['label']}, confidence {reading['confidence']:.0%}" in shown
    felt = found["user_emotion"]
    assert f"{felt['label']}</strong>, confidence {felt['confidence']:.0%}" in shown


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de"])
def test_r24_a_guess_is_a_question_in_every_language(locale: str) -> None:
    phrases = load_phrases().for_locale(locale)
    for emotion in EKMAN:
        assert phrases.noticed(emotion).rstrip().endswith("?")
