"""docs/security.md names tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]


@cache
def functions_in(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, kinds))


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda part: part.rpartition("/")[2])
def test_a_test_that_the_page_names_exists(file: str, name: str) -> None:
    assert name in functions_in(file)


def test_every_threat_has_a_test() -> None:
    threats = [row for row in ROWS if not row.startswith("| Threat |")]
    assert len(threats) > 30
    assert [row for row in threats if "::test_" not in row.split("|")[3]] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert "test_nothing_of_the_kind" not in functions_in("tests/test_security_page.py")
    assert not functions_in("tests/test_nowhere.py")


@pytest.mark.parametrize("link", re.findall(r"\]\((\w+\.md)\)", PAGE))
def test_the_pages_that_it_links_to_exist(link: str) -> None:
    assert (ROOT / "docs" / link).is_file()


def test_it_says_what_is_not_defended() -> None:
    rest = PAGE.partition("## What is not defended")[2]
    for part in ("root", "swap", "browser", "dump", "backups"):
        assert part in rest
