"""Model cards, and the list of models."""

import json
from typing import get_args

import pytest
import yaml
from typer.testing import CliRunner

from tests.made_models import LABELS, Right, models
from tools.catalogue import Task
from tools.checking.card import _uses, card, read_measured
from tools.checking.shelf import shelf
from tools.errors import ConfigError, DataError, UnknownName
from tools.models import load_models
from tools.models_command import app

SCORES = {
    "corpus": "MESC", "split": "val", "n": 300, "accuracy": 0.19, "uar": 0.15, "macro_f1": 0.12,
    "ece": 0.4, "floor": {"label": "neutral", "accuracy": 0.4}, "sayable": 0.7,
    "groups": {"problem": {"work": {"n": 33, "error": 0.85, "confidence": 0.57}}},
}  # fmt: skip
REPORT = {
    "model": "made",
    "passed": True,
    "measured": {"load_s": 0.1, "load_mb": 3.0, "first_ms": 2.5, "latency": []},
    "scores": [SCORES],
}


def section(text, title):
    return text.split(f"## {title}\n\n")[1].split("\n## ")[0]


def test_a_card_has_every_section_also_of_a_model_of_which_nothing_is_known():
    text = card(models(Right), "made")
    for title in ("Labels", "Training data", "Protocol", "Scores", "Not for", "Limits"):
        assert section(text, title).strip()
    assert section(text, "Training data").strip() == "Not stated."


def test_what_was_not_measured_is_said():
    text = card(models(Right), "made")
    assert section(text, "Scores").strip() == "Not measured."
    assert "Nobody knows" in section(text, "Errors by group")
    assert section(text, "On this machine").strip() == "Not measured."
    assert "weighs 0" in section(text, "Limits")


def test_a_card_shows_what_a_check_has_measured():
    text = card(models(Right), "made", REPORT)
    assert "MESC, split val, n = 300: accuracy 0.190" in section(text, "Scores")
    assert "always 'neutral': 0.400" in section(text, "Scores")
    assert "| work | 33 | 0.850 | 0.570 |" in section(text, "Errors by group")
    assert "| first call | 2.5 ms |" in section(text, "On this machine")


def test_a_card_maps_every_label():
    table = section(card(models(Right), "made"), "Labels")
    assert all(f"| {label} | {emotion} |" in table for label, emotion in LABELS.items())


def test_a_card_tells_the_skill_with_its_chance():
    skill = {"uar": 0.5, "classes": 4, "n": 90, "corpus": "made talk"}
    text = card(models(Right, skill=skill), "made")
    assert "0.5 over 4 classes (chance 0.25), n = 90, on made talk" in section(text, "Scores")


def test_a_card_takes_up_the_card_that_ships_with_the_weights():
    text = card(load_models("embedded"), "emodb-ecapa")
    assert "recipe › " in section(text, "Protocol")
    assert "scores › accuracy | 0.8421" in section(text, "Scores")
    assert "sha256 of `model.safetensors`" in section(text, "Model")
    assert "`card.md` in `voice_emotion`" in section(text, "Limits")


def test_a_card_takes_up_the_card_of_a_folder_that_was_trained(tmp_path):
    told = {"data": {"corpus": "made"}, "recipe": {"rate": 0.1}, "scores": {"n": 9}}
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(told), "utf-8")
    options = {"made": "Right", "folder": str(tmp_path)}
    text = card(models(Right, options=options), "made")
    assert "| data › corpus | made |" in section(text, "Training data")
    assert "| scores › n | 9 |" in section(text, "Scores")


def test_the_card_of_one_of_several_heads_leaves_the_others_out(tmp_path):
    told = {"scores": {"strategy": {"n": 9}, "user_emotion": {"n": 8}}}
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(told), "utf-8")
    options = {"made": "Right", "folder": str(tmp_path)}
    text = section(card(models(Right, "strategy", options=options), "made"), "Scores")
    assert "| scores › strategy › n | 9 |" in text
    assert "user_emotion" not in text


def test_a_card_that_is_no_yaml_is_named(tmp_path):
    (tmp_path / "card.yaml").write_text("a: [", "utf-8")
    options = {"made": "Right", "folder": str(tmp_path)}
    with pytest.raises(ConfigError, match=tmp_path.name):
        card(models(Right, options=options), "made")


def test_every_model_that_ships_has_a_card():
    found = load_models("stub")
    for name in found.configs:
        assert card(found, name).startswith(f"# Model card: {name}\n")


def test_every_task_says_what_it_must_not_be_used_for():
    assert set(_uses()) == set(get_args(Task))
    assert all(use.not_for for use in _uses().values())


def test_a_report_that_is_none_is_refused(tmp_path):
    (tmp_path / "other.json").write_text('{"a": 1}', "utf-8")
    with pytest.raises(DataError, match=r"other\.json"):
        read_measured(tmp_path / "other.json")


def test_the_list_says_what_a_model_weighs_and_whether_it_is_here():
    rows = {row["model"]: row for row in shelf(load_models("embedded"), bound=True)}
    assert rows["emodb-ecapa"]["weight"] == "0 (not measured)"
    assert rows["emodb-ecapa"]["weights"] == "ready"
    assert float(rows["goemotions-head"]["weight"]) > 0
    assert rows["minilm"]["weight"] == ""


def test_without_a_profile_the_list_has_every_model():
    found = load_models("stub")
    assert {row["model"] for row in shelf(found, bound=False)} == set(found.configs)


def test_the_list_is_printed_as_json():
    result = CliRunner().invoke(app, ["list", "--profile", "stub", "--json"])
    assert "stub-text" in [row["model"] for row in json.loads(result.stdout)]


def test_a_check_is_printed_as_json():
    result = CliRunner().invoke(app, ["check", "stub-risk", "--profile", "stub", "--json"])
    [report] = json.loads(result.stdout)
    assert report["passed"] and report["measured"]["first_ms"] > 0


def test_a_model_that_nobody_knows_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="'stub-text'"):
        CliRunner().invoke(app, ["check", "stub-txt"], catch_exceptions=False)


def test_a_card_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="--profile"):
        CliRunner().invoke(app, ["card"], catch_exceptions=False)
