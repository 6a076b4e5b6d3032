"""The walk-through of docs/swap_a_model.md, command by command, in a folder of somebody's own."""

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.made_corpora import made_goemotions

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "swap_a_model.md").read_text("utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.M | re.S)
    for line in block.splitlines()
]


def block(language, begins):
    found = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.M | re.S)
    return next(text for text in found if text.startswith(begins))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the guide's package and models file, from which commands are run."""
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "cache"))
    here = tmp_path / "project"
    (here / "my_package").mkdir(parents=True)
    (here / "my_package" / "words.py").write_text(block("python", '"""A text-emotion'), "utf-8")
    (here / "my_package" / "loud.py").write_text(block("python", "# my_package/loud"), "utf-8")
    (here / "my_models.yaml").write_text(block("yaml", "# my_models.yaml"), "utf-8")
    checkout = tmp_path / "attune" / "tests" / "data"
    checkout.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "data" / "hello.wav", checkout)
    monkeypatch.chdir(here)
    monkeypatch.syspath_prepend(here)
    yield here
    for name in [name for name in sys.modules if name.split(".")[0] == "my_package"]:
        del sys.modules[name]


def run(command):
    """Run a command of the guide, and return its exit status and what it printed."""
    command, _, file = command.split("#")[0].partition(" > ")
    python, _, program, *arguments = shlex.split(command)
    assert python == "python"
    if program == "tools":
        from tools.__main__ import app
    else:
        from graphs.__main__ import app
    result = CliRunner().invoke(app, arguments)
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    if file:
        Path(file.strip()).write_text(result.stdout, "utf-8")
    return result.exit_code, result.stdout


COMMAND_OF = {
    "list": "models list --profile embedded",
    "check": "models check word-count --models my_models.yaml",
    "measure": "--data goemotions:",
    "turn": "graphs chat",
    "json": "--json > checked.json",
    "card": "--measured checked.json",
    "cards": "card --profile embedded",
}


def command(name):
    """Return a command of the guide; `check` is the one without anything behind it."""
    found = [line for line in COMMANDS if COMMAND_OF[name] in line]
    return min(found, key=len)


def test_every_command_of_the_guide_is_run_here():
    assert {command(name) for name in COMMAND_OF} == set(COMMANDS)


def test_the_list_of_the_guide_names_what_a_profile_binds(place):
    status, printed = run(command("list"))
    assert status == 0
    assert "goemotions-head" in printed and "stub-text" not in printed


def test_the_model_of_the_guide_keeps_its_contract(place):
    status, printed = run(command("check"))
    assert status == 0
    assert "word-count (text_emotion, my_package.words:load) keeps its contract" in printed


def test_the_voice_model_of_the_guide_keeps_its_contract(place):
    status, printed = run(command("check").replace("word-count", "loud"))
    assert status == 0, printed


def test_a_wrong_model_of_ones_own_makes_the_exit_status_1(place):
    text = (place / "my_models.yaml").read_text("utf-8").replace("even: neutral", "flat: neutral")
    (place / "my_models.yaml").write_text(text, "utf-8")
    status, printed = run(command("check"))
    assert status == 1
    assert "'even'" in printed and "does not keep its contract" in printed


def test_the_model_of_the_guide_is_measured_on_a_corpus(place):
    made_goemotions(place.parent / "goemotions")
    status, printed = run(command("measure"))
    assert status == 0
    assert '"corpus": "GoEmotions"' in printed and '"uar"' in printed
    assert '"skill": {' in printed


def test_the_model_of_the_guide_reads_a_turn_of_the_graph(place):
    status, printed = run(command("turn"))
    assert status == 0
    report = json.loads(printed)
    assert report["readings"]["text"]["model"] == "word-count"
    assert report["readings"]["text"]["label"] == "sadness"
    assert report["readings"]["text"]["experimental"]
    assert report["readings"]["voice"]["model"] == "loud"
    assert report["readings"]["voice"]["missing"] == ""
    assert report["reply"]


def test_the_card_of_the_guide_shows_what_was_measured(place):
    assert run(command("json"))[0] == 0
    status, printed = run(command("card"))
    assert status == 0
    assert "| bright | joy |" in printed
    assert "| contract | kept |" in printed
    assert "| licence | Apache-2.0 |" in printed


def test_a_card_is_printed_of_every_bound_model(place):
    status, printed = run(command("cards"))
    assert status == 0
    assert printed.count("# Model card: ") == 9


def test_a_model_of_the_house_is_one_file_one_line_and_one_entry():
    assert all(
        part in GUIDE for part in ("`tools/backends`", "one line in `BACKENDS`", "one entry in")
    )
