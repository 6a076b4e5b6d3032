"""The published safety protocol: generated from what runs, and the shipped page is its output."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest
import yaml
from typer.testing import CliRunner

from graphs.__main__ import app
from graphs.protocol import words
from graphs.protocol.markdown import span
from graphs.protocol.page import find_setting, protocol
from tools.labels import RISK_ORDER, Danger
from tools.phrases import load_phrases
from tools.safety.answers import QUESTIONS
from tools.safety.audit import FOLDER
from tools.safety.handoff import SETTINGS
from tools.safety.patterns import read_rules
from tools.safety.protocol import BLOCK
from tools.safety.resources import load_resources
from tools.safety.scripts import SCRIPTS, Part
from tools.safety.speech import FILE

PAGE = Path(__file__).resolve().parents[1] / "docs" / "safety_protocol.md"
WRITE = "run `python -m graphs protocol > docs/safety_protocol.md`, read the difference, keep it"


@pytest.fixture(autouse=True)
def defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (FOLDER, SETTINGS, "ATTUNE_DEPLOYMENT", "ATTUNE_WEIGHTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "cache"))


def page(
    graph: str = "support", profile: str = "stub", *, models: Path | None = None,
    deployment: str = "", environment: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    return protocol(
        find_setting(
            graph, profile, models=models, deployment=deployment, environment=environment or {}
        )
    )


def row(text: str, name: str) -> str:
    [found] = [line for line in text.splitlines() if line.startswith(f"| {name} |")]
    return found


def test_r26_the_published_protocol_is_what_the_default_configuration_prints() -> None:
    result = CliRunner().invoke(app, ["protocol"])
    assert result.exit_code == 0
    assert result.stdout == PAGE.read_text("utf-8"), WRITE


def test_r26_the_command_takes_a_place_and_a_profile() -> None:
    result = CliRunner().invoke(app, ["protocol", "--profile", "stub", "--deployment", "education"])
    assert "`education`" in row(result.stdout, "place")
    assert "`stub`" in row(result.stdout, "profile")


def test_r26_every_name_has_plain_words_and_no_other() -> None:
    from tools.backends.risk_head import Thresholds

    parts = {name for literal in get_args(Part) for name in get_args(literal) or (literal,)}
    asked = {f"ask_{name}" for name in QUESTIONS}
    assert set(words.LEVELS) == set(RISK_ORDER)
    assert set(words.DANGERS) == {danger.value for danger in Danger}
    assert set(words.QUESTIONS) == set(QUESTIONS)
    assert set(words.PARTS) == (parts - asked) | {BLOCK}
    assert set(words.THRESHOLDS) == set(Thresholds.model_fields)


def test_r26_every_script_rule_and_service_stands_on_the_page() -> None:
    text = page()
    file = load_resources()
    services = [*file.international, *(s for c in file.countries.values() for s in c.services)]
    assert text.count("\n### ") == len(SCRIPTS)
    assert all(f"`{name}`" in text for name in read_rules().rules)
    assert all(f"`{name}`" in text for name in yaml.safe_load(FILE.read_text("utf-8"))["rules"])
    for service in services:
        reached = [*(channel.value for channel in service.channels), *filter(None, [service.url])]
        assert service.name in text and all(way in text for way in reached)
        assert all(f"]({source})" in text for source in service.sources)


def test_r26_what_grave_danger_is_answered_with_is_planned_by_the_protocol_itself() -> None:
    section = page().split(f"### {words.DANGERS['suicide']}")[1].split("###")[0]
    [urgent] = [line for line in section.splitlines() if line.startswith("- first, at `imminent`")]
    steps = [words.PARTS["emergency"], words.PARTS[BLOCK], words.PARTS["ask_call"]]
    assert sorted(steps, key=urgent.index) == steps


def test_r26_no_pattern_and_no_line_of_the_crisis_reply_stands_on_the_page() -> None:
    text = page()
    patterns = [p for rule in read_rules().rules.values() for p in rule.patterns]
    scripts = [script for phrases in load_phrases() for script in phrases.crisis.values()]
    lines = [line for script in scripts for variants in script.values() for line in variants]
    assert not [told for told in [*patterns, *lines] if told in text]


def test_r26_a_detector_without_its_card_is_said_to_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.weights.Store.places", lambda self, name: [tmp_path])
    assert "It has no card here" in page(profile="embedded")


def test_r26_the_thresholds_are_those_of_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "risk-head"
    folder.mkdir()
    card = {"thresholds": {"danger": 0.61, "almost": 0.27, "minor": 0.83}}
    (folder / "card.yaml").write_text(yaml.safe_dump(card), "utf-8")
    monkeypatch.setenv("ATTUNE_WEIGHTS", str(tmp_path))
    text = page(profile="embedded")
    for name, value in card["thresholds"].items():
        assert f"From a probability of {value} on, {words.THRESHOLDS[name]} (`{name}`)." in text


def test_r26_a_profile_without_a_detector_is_said_to_have_none(tmp_path: Path) -> None:
    models = tmp_path / "models.yaml"
    models.write_text("profiles: {bare: {respond: stub-chat, embed: stub-embed}}", "utf-8")
    assert "None is bound to `screen`, `screen_heard`." in page("support", "bare", models=models)


def test_r26_a_guard_is_named_where_one_is_bound(tmp_path: Path) -> None:
    models = tmp_path / "models.yaml"
    models.write_text("profiles: {stub: {guard: stub-guard}}", "utf-8")
    assert "**Guard model: none is bound.**" in page()
    assert "**Guard model: `stub-guard`**" in page(models=models)


def test_r26_what_a_place_does_not_allow_is_said_to_be_left_out() -> None:
    assert "nothing" in row(page(), "left out of the graph")
    left_out = row(page(deployment="workplace"), "left out of the graph")
    assert "`face_emotion`, `voice_emotion`" in left_out


def test_r26_an_audit_log_and_a_hand_off_are_told_without_their_places(tmp_path: Path) -> None:
    settings = tmp_path / "handoff.yaml"
    content = {
        "to": "the night desk of Example House",
        "answer": "They answer within an hour.",
        "webhook": {"url": "https://desk.example.org/attune", "key_env": "EXAMPLE_KEY"},
        "folder": "letters",
    }
    settings.write_text(yaml.safe_dump(content), "utf-8")
    folder = tmp_path / "audit"
    text = page(environment={FOLDER: str(folder), SETTINGS: str(settings)})
    assert "on:" in row(text, "audit log") and "off:" in row(page(), "audit log")
    assert "night desk" in row(text, "hand-off to people")
    assert "off:" in row(page(), "hand-off to people")
    assert str(tmp_path) not in text and "desk.example.org" not in text
    assert not folder.exists() and not (tmp_path / "letters").exists()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3600, "1 hour"), (5400, "1.5 hours"), (604800, "7 days"), (5, "5 seconds")],
)
def test_a_time_is_told_in_the_largest_unit(seconds: float, said: str) -> None:
    assert span(seconds) == said
