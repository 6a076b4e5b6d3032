"""What `docs/deploy.md` tells whoever runs a server is what the program takes."""

import configparser
import re
import shlex
import subprocess
from pathlib import Path
from typing import get_args

import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner

from benchmarks.__main__ import app as benchmarks
from graphs.health import Overall
from tools.__main__ import app as tools
from tools.words import LONGEST
from ui.__main__ import app as ui
from ui.gate.limits import PER_ADDRESS, PER_PERSON
from ui.gate.oidc import OidcFile
from ui.uploads import LIMITS

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "deploy.md").read_text("utf-8")
APPS = {"tools": tools, "ui": ui, "benchmarks": benchmarks}
SETTING = re.compile(r"\bATTUNE_[A-Z]+(?:_[A-Z]+)*\b")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def settings(*places: str) -> set[str]:
    """Return every setting that the files named by patterns speak of."""
    files = [file for place in places for file in ROOT.glob(place)]
    return {name for file in files for name in SETTING.findall(file.read_text("utf-8"))}


def commands() -> list[tuple[str, list[str]]]:
    """Return the commands of this project on the page: which program, and what it is given."""
    found = re.findall(r"python -m (\w+) ([^`|\n#>)&]*)", PAGE)
    return [(app, shlex.split(words)) for app, words in found if app in APPS]


def test_every_setting_of_the_code_is_on_the_page() -> None:
    code = settings(*(f"{layer}/**/*.py" for layer in ("agents", "graphs", "tools", "ui")))
    table = set(SETTING.findall(PAGE.split("## Settings")[1]))
    assert code <= table


def test_every_setting_of_the_docs_is_read_somewhere() -> None:
    told = settings("docs/*.md", "README.md", "CONTRIBUTING.md")
    layers = ("agents", "graphs", "tools", "ui", "tests")
    assert told and told <= settings(*(f"{layer}/**/*.py" for layer in layers))


@pytest.mark.parametrize(("app", "words"), commands(), ids=lambda part: str(part)[:60])
def test_every_command_of_the_page_is_taken(app: str, words: list[str]) -> None:
    program: Typer = APPS[app]
    result = CliRunner().invoke(program, [*words, "--help"])
    assert result.exit_code == 0, result.output


def test_the_page_shows_the_commands_that_matter() -> None:
    shown = {" ".join([app, *words]) for app, words in commands()}
    for wanted in ("tools key new", "tools key rotate", "tools store repair --store FILE"):
        assert wanted in shown


def test_every_shell_block_can_be_read_by_a_shell() -> None:
    for block in blocks("sh"):
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)


def test_the_unit_leaves_compiled_code_alone_and_memory_off_the_disk() -> None:
    [text] = blocks("ini")
    unit = configparser.ConfigParser(interpolation=None)
    unit.read_string(text)
    service = unit["Service"]
    assert "MemoryDenyWriteExecute" not in service
    assert service["LimitCORE"] == "0" and service["MemorySwapMax"] == "0"
    program, *words = shlex.split(service["ExecStart"])[2:]
    assert CliRunner().invoke(APPS[program], [*words, "--help"]).exit_code == 0


def test_the_proxy_keeps_a_person_at_one_process() -> None:
    [text] = blocks("nginx")
    assert text.count("{") == text.count("}")
    assert "hash $cookie___Host-attune_visitor" in text and "proxy_buffering off" in text


def test_the_sign_in_file_of_the_page_is_taken() -> None:
    [text] = blocks("yaml")
    assert OidcFile.model_validate(yaml.safe_load(text)).client_id == "attune"


def test_the_words_of_health_are_those_of_the_program() -> None:
    section = PAGE.split("## Health")[1].split("\n## ")[0]
    assert all(f"`{word}`" in section for word in get_args(Overall))


def test_the_limits_of_the_page_are_those_of_the_program() -> None:
    assert f"| {LONGEST:,} characters" in PAGE
    assert f"{LIMITS.max_bytes // 2**20} MiB" in PAGE
    assert LIMITS.max_seconds == 120 and "two minutes" in PAGE
    assert PER_PERSON["message"] == "30/minute; 600/hour" and "30 a minute, 600 an hour" in PAGE
    assert PER_PERSON["upload"] == "40/10 minutes" and "40 in ten minutes" in PAGE
    assert PER_PERSON["sign-in"] == "10/15 minutes" and "10 in 15 minutes a name" in PAGE
    assert PER_ADDRESS["sign-in"] == "60/hour" and "60 an hour an address" in PAGE


def test_what_the_page_says_that_the_store_says_is_said_by_it() -> None:
    folder = ROOT / "tools" / "storage"
    said = "".join(file.read_text("utf-8") for file in folder.glob("*.py"))
    said = re.sub(r'"\s*\n\s*f?"', "", said)
    table = PAGE.split("## When the database is not well")[1].split("\n## ")[0]
    quoted = re.findall(r"\| \*(.+?)\*", table)
    assert len(quoted) >= 5
    for sentence in quoted:
        assert all(part in said for part in sentence.split(" … ")), sentence
