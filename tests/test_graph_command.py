"""The terminal: `python -m graphs check|draw|chat`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graphs.__main__ import app
from graphs.draw import mermaid
from graphs.spec import find_graph, read_graph
from tests.made_media import still
from tools.command import run

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


def test_mermaid_labels_routes_with_their_condition() -> None:
    assert "screen -. crisis .-> crisis" in mermaid(read_graph(find_graph("support")))


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


def test_a_file_that_is_no_media_is_one_sentence_and_exit_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    junk = tmp_path / "junk.webm"
    junk.write_bytes(b"no media at all")
    monkeypatch.setattr(
        "sys.argv", ["graphs", "chat", "--say", "Hi", "--audio", str(junk), "--profile", "stub"]
    )
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
    result = CliRunner().invoke(app, ["chat", "--profile", "stub"], input="I keep waiting.\n\n")
    assert "AI" in result.stdout and result.exit_code == 0
    assert result.stdout.count("you:") == 2
