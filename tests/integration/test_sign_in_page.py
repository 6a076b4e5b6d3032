"""Signing in with a browser: `pytest -m browser`."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.test_page import CHROMIUM, FLAGS, PATIENCE, ROOT
from ui.gate.accounts import Accounts

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists(), reason="no Chromium; install it or set CHROMIUM to its path"
    ),
]
WORDS = "four plain old words"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    Accounts(tmp_path / "users.yaml", new=True).put("ada", WORDS)
    options = ("--profile", "stub", "--port", "0", "--store", "off")
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ui", *options, "--users", str(tmp_path / "users.yaml")],
            cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until = time.monotonic() + 90
        while not (ready := re.search(r"ready: (\S+)", (tmp_path / "log").read_text("utf-8"))):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.1)
        yield ready[1]
    finally:
        process.terminate()
        process.wait(20)


def test_a_link_from_elsewhere_leads_over_the_sign_in_to_the_page(home: str) -> None:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = chromium.new_page()
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
        chromium.close()
