"""The terminal: `python -m graphs check|draw|chat`."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from graphs.__main__ import app
from graphs.draw import _layout, mermaid
from graphs.spec import find_graph, read_graph
from tests.made_media import recording, still
from tests.made_risk import grade
from tools.command import run
from tools.errors import ConfigError, GraphError, MediaError
from tools.safety.policy import SafetyPolicy

KEYS = {
    "reply", "user_emotion", "readings", "strategy", "system_emotion", "risk", "examples",
    "timings", "missing", "models",
}  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path))


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def chat(folder: Path, *options: str) -> dict[str, Any]:
    """Run one turn with a talking video, given under each of the `options`."""
    video = folder / "me.webm"
    video.write_bytes(recording(seconds=1.0))
    given = [part for option in options for part in (option, str(video))]
    code, printed = call("chat", "--say", "Look.", *given, "--profile", "stub", "--json")
    assert code == 0
    report: dict[str, Any] = json.loads(printed)
    return report


def test_check_accepts_the_shipped_graphs() -> None:
    code, printed = call("check", "support", "multimood", "--profile", "stub")
    assert (code, printed) == (0, "support: ok\nmultimood: ok\n")


def test_check_names_what_is_wrong_and_exits_with_one(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: broken\ninclude: support\ndrop: [check]\n", "utf-8")
    code, printed = call("check", str(broken), "support", "--profile", "stub")
    assert code == 1 and "cannot be used" in printed and "support: ok" in printed


def test_draw_prints_mermaid() -> None:
    code, printed = call("draw", "support")
    assert code == 0 and printed.startswith("flowchart TD") and "respond --> check" in printed


@pytest.mark.parametrize(("name", "magic"), [("g.svg", b"<?xml"), ("g.png", b"\x89PNG")])
def test_draw_makes_a_picture_without_a_web_service(
    tmp_path: Path, name: str, magic: bytes
) -> None:
    code, _ = call("draw", "support", "-o", str(tmp_path / name))
    assert code == 0 and (tmp_path / name).read_bytes().startswith(magic)


def test_a_graph_with_unknown_names_is_not_drawn_but_explained(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: broken\ninclude: support\nnodes: {crises: }\n", "utf-8")
    for output in ([], ["-o", str(tmp_path / "g.svg")]):
        with pytest.raises(GraphError, match="did you mean 'crisis'"):
            call("draw", str(broken), *output)


def test_a_picture_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write 'g.svg'"):
        call("draw", "support", "-o", str(tmp_path / "none" / "g.svg"))


def test_the_crisis_lane_reaches_to_the_check_whatever_its_name(tmp_path: Path) -> None:
    support = find_graph("support").read_text("utf-8")
    renamed = tmp_path / "renamed.yaml"
    text = support.replace("crisis -> check", "crisis -> guard").replace(
        "  check:\n    on", "  guard:\n    on"
    )
    renamed.write_text(text.replace("  check:\n", "  guard: {use: check}\n"), "utf-8")
    places = [_layout(read_graph(path)) for path in (find_graph("support"), renamed)]
    assert places[0]["crisis"] == places[1]["crisis"]


@pytest.mark.parametrize("module", ["graphs.__main__", "benchmarks.__main__", "ui.__main__"])
def test_no_traceback_shows_the_values_of_variables(module: str) -> None:
    assert not importlib.import_module(module).app.pretty_exceptions_enable


def test_mermaid_labels_routes_with_their_condition() -> None:
    assert "screen -. crisis .-> crisis" in mermaid(read_graph(find_graph("support")))


def test_a_picture_shows_every_pattern_as_a_named_cluster(tmp_path: Path) -> None:
    spec = read_graph(find_graph("support"))
    call("draw", "support", "-o", str(tmp_path / "g.svg"))
    drawn, text = (tmp_path / "g.svg").read_text("utf-8"), mermaid(spec)
    for name, nodes in spec.patterns.items():
        assert f"subgraph pattern_{name} [{name}]" in text
        assert f"<!-- {name} -->" in drawn
        assert all(f"<!-- {node} → " in drawn for node in nodes)


def test_one_turn_prints_one_json_object() -> None:
    code, printed = call("chat", "--say", "I keep waiting.", "--profile", "stub", "--json")
    report = json.loads(printed)
    assert code == 0 and report.keys() >= KEYS and report["reply"]


def test_giving_a_file_is_consent_to_it(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(still())
    code, printed = call(
        "chat", "--say", "Look.", "--video", str(photo), "--profile", "stub", "--json"
    )
    report = json.loads(printed)
    assert code == 0 and "face" not in report["missing"]


def test_a_video_given_as_audio_is_no_consent_to_the_face(tmp_path: Path) -> None:
    readings = chat(tmp_path, "--audio")["readings"]
    assert readings["face"]["missing"] == "not given" and not readings["voice"]["missing"]


def test_a_video_given_as_video_is_no_consent_to_the_voice(tmp_path: Path) -> None:
    report = chat(tmp_path, "--video")
    assert report["readings"]["voice"]["missing"] == "not given" == report["heard"]["missing"]
    assert not report["readings"]["face"]["missing"]


def test_a_video_given_as_both_is_read_for_both(tmp_path: Path) -> None:
    readings = chat(tmp_path, "--audio", "--video")["readings"]
    assert not readings["face"]["missing"] and not readings["voice"]["missing"]


def test_a_photo_given_as_audio_says_so(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(still())
    with pytest.raises(MediaError, match="holds no sound"):
        call("chat", "--audio", str(photo), "--profile", "stub")


@pytest.mark.parametrize("option", ["--audio", "--video"])
def test_a_file_that_is_not_there_is_told_before_anything_is_said(option: str) -> None:
    result = CliRunner().invoke(app, ["chat", "--say", "Hi.", option, "nothing.wav"])
    assert result.exit_code == 2 and "does not exist" in result.output


def test_words_beside_a_file_that_is_no_media_are_answered(tmp_path: Path) -> None:
    junk = tmp_path / "junk.webm"
    junk.write_bytes(b"no media at all")
    arguments = ["chat", "--say", "Hi.", "--audio", str(junk), "--profile", "stub", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0 and json.loads(result.stdout)["reply"]
    assert "could not be read" in result.stderr


def test_danger_beside_a_file_that_is_no_media_takes_the_crisis_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SafetyPolicy, "grade", lambda self, text, **_: grade())
    junk = tmp_path / "junk.webm"
    junk.write_bytes(b"no media at all")
    _, printed = call("chat", "--say", "Hi.", "--audio", str(junk), "--profile", "stub", "--json")
    assert json.loads(printed)["route"] == "crisis"


def test_words_are_answered_whatever_a_decoder_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("graphs.terminal.decode", broken)
    result = CliRunner().invoke(
        app, ["chat", "--say", "Hi.", "--audio", str(tmp_path), "--profile", "stub"]
    )
    assert result.exit_code == 0 and result.stdout.strip()
    assert "RuntimeError" in result.stderr and "secret" not in result.stderr


def test_a_file_that_is_no_media_alone_is_one_sentence_and_exit_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    junk = tmp_path / "junk.webm"
    junk.write_bytes(b"no media at all")
    monkeypatch.setattr("sys.argv", ["graphs", "chat", "--audio", str(junk), "--profile", "stub"])
    with pytest.raises(SystemExit) as stopped:
        run(app)
    printed = capsys.readouterr()
    assert stopped.value.code == 2 and printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1 and "Traceback" not in printed.err


def test_an_unknown_profile_names_the_nearest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["graphs", "chat", "--say", "Hi", "--profile", "stubb"])
    with pytest.raises(SystemExit):
        run(app)
    assert "did you mean 'stub'" in capsys.readouterr().err


def test_talking_shows_the_disclosure_and_answers_until_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = CliRunner().invoke(app, ["chat", "--profile", "stub"], input="I keep waiting.\n")
    assert "AI" in result.stdout and result.exit_code == 0
    assert result.stdout.count("you:") == 2


def test_r7_an_empty_line_does_not_end_the_talk() -> None:
    typed = "\n   \nI keep waiting.\n"
    result = CliRunner().invoke(app, ["chat", "--profile", "stub"], input=typed)
    assert result.stdout.count("Write when you are ready") == 2
    asked = [part for part in result.stdout.split("you:") if part.strip()]
    assert len(asked) == 5 and "Write when" not in asked[3]  # the third line was answered


@pytest.mark.parametrize("typed", ["", "/end\nNever answered.\n"], ids=["Ctrl-D", "/end"])
def test_r7_a_talk_that_the_person_ends_has_a_closing_line(typed: str) -> None:
    result = CliRunner().invoke(app, ["chat", "--profile", "stub"], input=typed)
    assert result.stdout.count("you:") == 1 and result.exit_code == 0
    closing = result.stdout.partition("you:")[2]
    assert "You can begin another one whenever you want" in closing
