import re
import tomllib
import wave
from pathlib import Path
from pkgutil import resolve_name

import pytest
import yaml
from rich.console import Console

from graphs.check import problems
from graphs.spec import GraphFile, read_graph
from graphs.terminal import Terminal
from tools.models import load_models

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "AGENTS.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
GUIDE = ROOT / "docs" / "edit_a_graph.md"
SWAP = ROOT / "docs" / "swap_a_model.md"
HAZARDS = ROOT / "docs" / "hazards.md"
LAYERS = ("tools", "agents", "graphs", "ui")
STUBS = {
    "text_emotion": "stub-text",
    "listen": "stub-listen",
    "embed": "stub-embed",
    "risk": "stub-risk",
    "respond": "stub-chat",
}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)


def graphs(page: Path) -> list[str]:
    return [block for block in blocks(page, "yaml") if re.search("^name:", block, re.M)]


def tree() -> dict[str, set[str]]:
    """Return the files that the README names, by layer."""
    [drawn] = [block for block in blocks(README, "") if block.startswith("tools/")]
    parts = re.split(r"^(\w+)/", drawn, flags=re.M)[1:]
    return {
        layer: set(re.findall(r"\w+\.py\b", text))
        for layer, text in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.mark.parametrize("page", [README, GUIDE], ids=lambda page: page.name)
def test_every_graph_on_a_page_can_be_used(page: Path, tmp_path: Path) -> None:
    samples = graphs(page)
    assert samples
    for sample in samples:
        file = tmp_path / "sample.yaml"
        file.write_text(sample, "utf-8")
        assert problems(read_graph(file), load_models("stub")) == []


def test_the_guide_shows_all_that_a_graph_file_can_say() -> None:
    [sample] = graphs(GUIDE)
    said = yaml.load(sample, yaml.BaseLoader)
    entries = {key for entry in said["nodes"].values() for key in entry}
    assert set(said) == set(GraphFile.model_fields)
    assert entries == {"use", "model", "prompt", "options", "join"}
    assert {type(route) for route in said["routes"].values()} == {dict, list}


async def test_the_model_of_the_guide_runs_a_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    code = next(block for block in blocks(SWAP, "python") if block.startswith("# my_package/"))
    place = tmp_path / code.splitlines()[0].removeprefix("# ")
    place.parent.mkdir()
    place.write_text(code, "utf-8")
    models = yaml.safe_load(blocks(SWAP, "yaml")[0])
    models["profiles"]["mine"] |= STUBS
    file = tmp_path / "my_models.yaml"
    file.write_text(yaml.safe_dump(models), "utf-8")
    terminal = Terminal(
        graph="support", profile="mine", models=file, locale="en", country="",
        console=Console(quiet=True), errors=Console(quiet=True),
    )  # fmt: skip
    clip = ROOT / "tests" / "data" / "hello.wav"
    report = await terminal.once("I got the letter today.", clip, None, show=False)
    assert report["reply"]
    assert report["readings"]["voice"]["model"] == "loud"
    assert report["readings"]["voice"]["weight"] > 0


def test_the_clip_of_the_guide_is_there() -> None:
    [path] = re.findall(r"--audio (\S+)", SWAP.read_text("utf-8"))
    with wave.open(str(ROOT / path.removeprefix("../attune/"))) as clip:
        assert clip.getnframes() > 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_name_on_a_page_is_there(page: Path) -> None:
    packages = "|".join(LAYERS)
    for name in set(re.findall(rf"`((?:{packages})(?:\.\w+)+)\b", page.read_text("utf-8"))):
        assert resolve_name(name) is not None


@pytest.mark.parametrize("bound", ["opencv-contrib-python-headless<5", "langchain<1.5"])
def test_a_bound_that_contributors_are_told_of_is_set(bound: str) -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert bound in wanted
    assert f"<{bound.split('<')[1]}`" in (ROOT / "docs" / "traps.md").read_text("utf-8")


def test_the_readme_installs_the_pinned_versions() -> None:
    commands = re.findall(r"pip install [^)`\n]*", README.read_text("utf-8"))
    assert commands and all("-c constraints.txt" in command for command in commands)


def hazards() -> list[list[str]]:
    """Return the rows of the hazard log, each as its cells."""
    lines = [line for line in HAZARDS.read_text("utf-8").splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in rows if row[0] != "hazard"]


def test_every_hazard_has_a_cause_a_control_a_test_and_what_is_left() -> None:
    assert len(hazards()) >= 30
    assert not [row[0] for row in hazards() if len(row) != 5 or not all(row)]
    assert "Not clinically reviewed" in HAZARDS.read_text("utf-8")


def test_every_hazard_names_tests_that_are_there() -> None:
    files = (ROOT / "tests").rglob("test_*.py")
    there = {
        name for file in files for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
    }
    named = {row[0]: re.findall(r"`(test_\w+)`", row[3]) for row in hazards()}
    assert not [hazard for hazard, tests in named.items() if not tests]
    assert {test for tests in named.values() for test in tests} <= there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(LAYERS)}|tests)/[\w/.]+)`", page.read_text("utf-8"))
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("layer", LAYERS)
def test_the_tree_names_every_file_and_no_other(layer: str) -> None:
    there = {path.name for path in (ROOT / layer).glob("*.py")} - {"__init__.py"}
    assert tree()[layer] == there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text("utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not broken
