"""Where people meet this program: no emotion is read from bodies at work and in education (R18)."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agents.library import NODES
from graphs.__main__ import app
from graphs.build import build
from graphs.check import problems
from graphs.deployment import BODILY, DEPLOYMENTS, PERSONAL, SETTING, deploy, find_deployment
from graphs.keeping.saver import Saver
from graphs.services import assemble
from graphs.shelf import Shelf
from graphs.spec import FOLDER, GraphSpec, find_graph, read_graph
from graphs.support_twin import by_hand
from tests.made_media import recording
from tests.made_services import stub_models, stub_services
from tests.made_turn import conversation, face, say, voice
from tools.errors import ConfigError

WATCHED = [place for place in DEPLOYMENTS if place != PERSONAL]
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.yaml"))

watched = pytest.mark.parametrize("place", WATCHED)


def bodily(spec: GraphSpec) -> set[str]:
    return {name for name in spec.nodes if NODES[spec.used(name)].model in BODILY}


def written(folder: Path, text: str) -> GraphSpec:
    path = folder / "mine.yaml"
    path.write_text(text, "utf-8")
    return read_graph(path)


def edited(folder: Path, *changes: tuple[str, str]) -> GraphSpec:
    text = find_graph("support").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return written(folder, text)


@watched
@pytest.mark.parametrize("name", SHIPPED)
def test_r18_every_shipped_graph_runs_without_reading_bodies(place: str, name: str) -> None:
    spec = deploy(read_graph(find_graph(name)), place)
    assert not bodily(spec) and problems(spec, stub_models()) == []


def test_r18_the_personal_deployment_is_the_default_and_changes_nothing() -> None:
    spec = read_graph(find_graph("support"))
    assert find_deployment("", {}) == PERSONAL and deploy(spec, PERSONAL) is spec
    assert bodily(spec) == {"face_emotion", "voice_emotion"}


def test_r18_speech_is_still_written_down_and_screened() -> None:
    spec = deploy(read_graph(find_graph("support")), "workplace")
    assert spec.targets("screen") == ["crisis", "listen"]
    assert spec.targets("listen") == ["screen_heard"]


@watched
def test_r18_a_graph_file_cannot_bring_them_back_under_another_name(
    tmp_path: Path, place: str
) -> None:
    spec = edited(
        tmp_path,
        ("  face_emotion:\n", "  look: {use: face_emotion}\n"),
        ("face_emotion, voice", "look, voice"),
    )
    left = Shelf(stub_services(deployment=place), Saver()).compile(spec)
    assert not bodily(left.spec) and "look" not in left.graph.nodes


@watched
def test_r18_a_graph_built_without_the_shelf_has_none_either(place: str) -> None:
    builder = build(read_graph(find_graph("support")), stub_services(deployment=place))
    assert not {"face_emotion", "voice_emotion"} & set(builder.nodes)


@watched
def test_r18_the_twin_in_python_leaves_them_out_too(place: str) -> None:
    services = stub_services(deployment=place)
    yaml = build(read_graph(find_graph("support")), services)
    assert set(by_hand(services).nodes) == set(yaml.nodes)
    by_hand(services).compile()


def test_r18_a_branch_of_nothing_else_leads_to_what_comes_after_it(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        ("[listen, face_emotion, voice_emotion]", "[face_emotion, voice_emotion]"),
        ("  - listen, face_emotion, voice", "  - face_emotion, voice"),
        ("  listen:\n", ""),
        ("-> screen_heard", "-> text_emotion"),
        ("  text_emotion:\n", "  text_emotion: {join: true}\n"),
        ("  screen_heard:\n    use: screen\n    options: {of: heard}\n    join: true\n", ""),
        ("  screen_heard:\n    on: route\n    crisis: crisis\n    support: text_emotion\n", ""),
    )
    assert problems(spec) == []
    left = deploy(spec, "education")
    assert left.targets("screen") == ["crisis", "text_emotion"] and problems(left) == []


def test_r18_a_node_in_a_row_is_passed_over(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        ("[listen, face_emotion, voice_emotion]", "[listen, voice_emotion]"),
        ("  - listen, face_emotion, voice", "  - listen, voice"),
        ("text_emotion -> fusion", "text_emotion -> face_emotion -> fusion"),
    )
    left = deploy(spec, "workplace")
    assert left.targets("text_emotion") == ["fusion"] and problems(left) == []


def test_r18_a_choice_behind_a_node_goes_as_when_nothing_was_read(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        ("[listen, face_emotion, voice_emotion]", "[listen, voice_emotion]"),
        ("  - listen, face_emotion, voice", "  - listen, voice"),
        ("text_emotion -> fusion", "text_emotion -> face_emotion\n  - fusion"),
        (
            "routes:\n",
            "routes:\n  face_emotion:\n"
            "    - {when: {readings.face.label: {eq: joy}}, to: respond}\n    - {to: fusion}\n",
        ),
    )
    left = deploy(spec, "workplace")
    assert left.targets("text_emotion") == ["fusion"] and problems(left) == []


def test_r18_a_graph_that_lives_from_faces_alone_is_refused_with_the_reason(
    tmp_path: Path,
) -> None:
    spec = edited(
        tmp_path,
        ("[listen, face_emotion, voice_emotion]", "[listen, voice_emotion]"),
        ("  - listen, face_emotion, voice", "  - listen, voice"),
        ("text_emotion -> fusion", "face_emotion -> fusion"),
        ("support: text_emotion", "support: face_emotion"),
        ("  text_emotion:\n", ""),
    )
    assert problems(spec) == []
    [problem] = problems(deploy(spec, "workplace"))
    assert "'fusion' reads 'readings'" in problem


@watched
async def test_r18_a_turn_with_voice_and_face_reads_words_alone(place: str) -> None:
    services = stub_services(
        deployment=place, face={"fail": "asked"}, voice={"fail": "asked"}, ears={"text": "Long."}
    )
    report = await say(
        conversation(services), "Well.", [voice(), face()], microphone=True, camera=True
    )
    assert set(report["readings"]) == {"text"} and report["heard"]["text"] == "Long."
    assert not {"face_emotion", "voice_emotion"} & set(report["models"])


def test_r18_an_unknown_place_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="did you mean 'workplace'"):
        assemble("stub", deployment="work place")
    monkeypatch.setenv(SETTING, "educaton")
    with pytest.raises(ConfigError, match="did you mean 'education'"):
        assemble("stub")


def test_r18_langgraph_dev_serves_what_the_environment_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATTUNE_PROFILE", "stub")
    monkeypatch.setenv(SETTING, "workplace")
    monkeypatch.delitem(sys.modules, "graphs.main", raising=False)
    graph: Any = importlib.import_module("graphs.main").graph
    monkeypatch.delitem(sys.modules, "graphs.main")
    assert "listen" in graph.nodes and not {"face_emotion", "voice_emotion"} & set(graph.nodes)


def test_r18_the_terminal_checks_and_draws_what_will_run() -> None:
    drawn = CliRunner().invoke(app, ["draw", "support", "--deployment", "workplace"]).stdout
    assert "listen" in drawn and "face_emotion" not in drawn
    options = ["--profile", "stub", "--deployment", "education"]
    assert CliRunner().invoke(app, ["check", "support", *options]).exit_code == 0


def test_r18_the_terminal_says_that_pictures_are_not_used(tmp_path: Path) -> None:
    video = tmp_path / "me.webm"
    video.write_bytes(recording(seconds=1.0))
    done = CliRunner().invoke(
        app,
        ["chat", "--say", "Look.", "--video", str(video), "--profile", "stub"],
        env={SETTING: "workplace", "ATTUNE_CACHE": str(tmp_path)},
    )
    assert done.exit_code == 0 and "pictures are not used" in " ".join(done.stderr.split())
