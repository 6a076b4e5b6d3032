"""What a run came from: models and their parts, packages, code, and the command."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from graphs import provenance
from graphs.__main__ import app
from graphs.evaluation.asking import Asking, command
from graphs.evaluation.further import Further
from graphs.judging.run import Settings
from graphs.judging.run import _command as judge_command
from graphs.provenance import differing, model_record
from graphs.simulation.manifest import Asked
from tools.errors import ConfigError
from tools.judging.independence import require_independent
from tools.models import ModelSet, load_models


class Seen(Exception):
    """What a command came to ask for."""


def told(*given: Any, **named: Any) -> None:
    raise Seen(*given, *named.values())


def asked_by(line: str) -> tuple[Any, ...]:
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "graphs"]
    error = CliRunner().invoke(app, words[3:]).exception
    assert isinstance(error, Seen), error
    return error.args


def models(tmp_path: Path, **entries: Any) -> ModelSet:
    file = tmp_path / "models.yaml"
    profiles = {"stub": {"respond": "talker"}} if "talker" in entries else {}
    file.write_text(json.dumps({"models": entries, "profiles": profiles}))
    return load_models("stub", file)


TALKER = {"task": "respond", "backend": "stub-chat"}
PLANNER = {"task": "strategy", "backend": "chat-strategy"}


# Models and their parts


def test_a_planner_uses_the_model_that_the_profile_binds_to_respond(tmp_path: Path) -> None:
    found = models(tmp_path, talker=TALKER, planner=PLANNER)
    assert found.parts("planner") == ("talker",)
    assert list(model_record(found, "planner")["uses"]) == ["talker"]


def test_a_planner_that_names_its_model_uses_no_other(tmp_path: Path) -> None:
    named = {**PLANNER, "options": {"chat": "other"}}
    found = models(tmp_path, talker=TALKER, other=TALKER, planner=named)
    assert found.parts("planner") == ("other",)


def test_a_blend_uses_its_parts_and_what_these_use() -> None:
    found = load_models("embedded")
    parts = found.parts("planner")
    assert {"knn-strategy", "strategy-head", "minilm"} <= set(parts)
    assert model_record(found, "planner")["uses"]["minilm"]


def test_a_model_that_uses_itself_ends(tmp_path: Path) -> None:
    loop = {**PLANNER, "options": {"chat": "planner"}}
    assert models(tmp_path, planner=loop).parts("planner") == ()


def test_a_backend_of_ones_own_declares_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_backend.py").write_text(
        "def parts(options, models):\n    return (options['asks'][::-1],)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    own = {"task": "strategy", "backend": "own_backend:load", "options": {"asks": "reklat"}}
    assert models(tmp_path, talker=TALKER, own=own).parts("own") == ("talker",)


def test_weights_in_a_folder_are_hashed_of_a_part_too(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "model.safetensors").write_bytes(b"weights")
    talker = {**TALKER, "options": {"model": str(tmp_path / "mine")}}
    found = models(tmp_path, talker=talker, planner=PLANNER)
    talker_weights = model_record(found, "talker")["weights"]
    assert len(talker_weights["model.safetensors"]) == 64
    assert model_record(found, "planner")["uses"]["talker"] == talker_weights


def test_a_judge_that_only_a_planner_asked_took_part(tmp_path: Path) -> None:
    found = models(tmp_path, talker=TALKER, planner=PLANNER)
    run = {"models": {"strategy": model_record(found, "planner")}}
    with pytest.raises(ConfigError, match="took part"):
        require_independent(model_record(found, "talker"), "run", run)


# What decides


def test_packages_that_score_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = provenance.decided_by()
    assert set(before) == {"versions", "code_sha256"} and len(before["code_sha256"]) == 64
    read = provenance.version
    monkeypatch.setattr(
        provenance, "version", lambda p: "0" if p in ("nltk", "sacrebleu") else read(p)
    )
    assert provenance.decided_by() == before
    monkeypatch.setattr(provenance, "version", lambda p: "0" if p == "langgraph" else read(p))
    assert differing(before, provenance.decided_by()) == ["versions"]


def test_the_code_decides_whatever_file_of_it_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = provenance.code_sha256.__wrapped__
    for name in ("agents", "graphs", "tools"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "one.py").write_text("x = 1\n")
        package = SimpleNamespace(__file__=str(tmp_path / name / "__init__.py"))
        monkeypatch.setattr(provenance, name, package)
    seen = {hashed()}
    for name in ("agents", "graphs", "tools"):
        (tmp_path / name / "deep" / "one.py").write_text("x = 2\n")
        seen.add(hashed())
    (tmp_path / "tools" / "deep" / "one.py").rename(tmp_path / "tools" / "deep" / "two.py")
    seen.add(hashed())
    (tmp_path / "tools" / "deep" / "card.md").write_text("no code")
    assert len(seen) == 5 and hashed() in seen


def test_the_place_decides_nothing_and_what_a_file_gives_back_is_the_same() -> None:
    old = {"parts": ["a"], **provenance.about_the_place("python -m graphs one")}
    new = {"parts": ("a",), **provenance.about_the_place("python -m graphs other"), "machine": "?"}
    assert differing(old, new) == []
    assert differing(old, {**new, "code_sha256": "0"}) == ["code_sha256"]


# Commands


ASKING = Asking(graph="smes", data="mesc:made")


@pytest.mark.parametrize(
    "asking",
    [
        ASKING,
        replace(ASKING, data="mesc:a folder's", models=Path("my models.yaml"), reply=False),
        replace(ASKING, swap={"strategy": "knn-strategy", "respond": "m"}, drop=("face", "clue")),
        replace(ASKING, split="test", unit="utterances", mode="gold", history="none"),
        replace(ASKING, profile="stub", limit=7, seed=3, at_once=2, part=True, perplexity=True),
        replace(ASKING, further=Further("all-minilm-l6-v2:5", Path("wordnet"))),
    ],
)
def test_a_command_of_evaluate_asks_for_the_very_run(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphs.evaluation.evaluating.evaluate", told)
    found, out, *_ = asked_by(command(asking, Path("runs/one & two")))
    assert (found, out) == (asking, Path("runs/one & two"))


def test_a_command_names_what_was_asked_for_and_no_more() -> None:
    assert command(replace(ASKING, limit=7), Path("o")) == (
        "python -m graphs evaluate --graph smes --data mesc:made --limit 7 --out o"
    )


@pytest.mark.parametrize(
    "asked",
    [
        Asked(out=Path("a b"), profile="stub"),
        Asked(
            out=Path("a"), graph="direct", count=2, turns=4, profile="stub", seeker="stub-chat",
            seed=1, at_once=1, format="mesc",
        ),
    ],
)  # fmt: skip
def test_a_command_of_simulate_asks_for_the_very_run(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphs.simulation.command.manifest_of", told)
    assert asked_by(asked.command())[1] == asked


@pytest.mark.parametrize(
    "settings",
    [
        Settings(runs=[Path("one run")], rubric="epitome", judge="j"),
        Settings(
            runs=[Path("a"), Path("b")], rubric="own.yaml", judge="j", profile="stub", limit=3,
            models=Path("m.yaml"), seed=1, human=Path("p.jsonl"), out=Path("to"),
        ),
    ],
)  # fmt: skip
def test_a_command_of_judge_asks_for_the_very_judging(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphs.judging.run.carry_out", told)
    assert asked_by(judge_command(settings))[0] == settings
