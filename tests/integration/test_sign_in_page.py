"""Signing in with a browser: `pytest -m browser`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made_chromium import IN_CHROMIUM, PATIENCE
from tests.made_program import running
from ui.gate.accounts import Accounts

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = IN_CHROMIUM
WORDS = "four plain old words"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    Accounts(tmp_path / "users.yaml", new=True).put("ada", WORDS)
    options = ("--profile", "stub", "--port", "0", "--store", "off")
    users = str(tmp_path / "users.yaml")
    with running(tmp_path, "-m", "ui", *options, "--users", users) as program:
        yield program.address()


def test_a_link_from_elsewhere_leads_over_the_sign_in_to_the_page(
    home: str, browser: "sync_api.Browser"
) -> None:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"data:text/html,<a id=away href='{home}/'>away</a>")
    page.click("#away")
    page.wait_for_selector("#name")
    assert page.locator("aside .services").count()
    page.fill("#name", "Ada")
    for word in ("not these words", WORDS):
        page.fill("#password", word)
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]" if word != WORDS else "#box textarea")
    assert page.evaluate("document.cookie") == ""
    page.close()
