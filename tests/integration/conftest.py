"""Programs and browsers that several files of these tests share."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.made_chromium import CHROMIUM, FLAGS, PATIENCE
from tests.made_probe import SENTINEL, Browser
from tests.made_program import Program, in_reach, running


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Chromium, without a page."""
    sync_api = pytest.importorskip("playwright.sync_api")
    sync_api.expect.set_options(timeout=PATIENCE)
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The page's program with nothing but stubs, in a folder with files that are nobody's."""
    folder = tmp_path_factory.mktemp("probe")
    for name in (".env", "notes.txt"):
        (folder / name).write_bytes(SENTINEL)
    options = ("--profile", "stub", "--port", "0", "--store", "off")
    env = in_reach(ATTUNE_CACHE=str(folder / "cache"))
    with running(folder, "-m", "ui", *options, cwd=folder, env=env) as made:
        yield made


@pytest.fixture
def one(program: Program) -> Iterator[Browser]:
    """A browser that has opened the page."""
    with closing(Browser(program.address())) as browser:
        yield browser


@pytest.fixture
def other(program: Program) -> Iterator[Browser]:
    """Another browser that has opened the page."""
    with closing(Browser(program.address())) as browser:
        yield browser
