"""The stream of events of the page: whenever something is sent, it is heard of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made_chromium import IN_CHROMIUM
from tests.made_program import ROOT, in_reach, running

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = IN_CHROMIUM

Page = sync_api.Page

SOON = 20_000
"""Milliseconds; a reply of the made models comes within one second."""

CLOSES_LATE = """
const fetched = window.fetch.bind(window);
const path = (request) => String(request.url ?? request);
window.closing = 0;
window.answered = 0;
window.streams = 0;
const let_go = new Promise((done) => (window.letGo = done));
window.fetch = async (request, options) => {
  const answer = await fetched(request, options);
  if (path(request).includes("/queue/join")) window.answered++;
  if (!path(request).includes("/queue/data")) return answer;
  window.streams++;
  const late = new TransformStream({
    async transform(chunk, controller) {
      if (new TextDecoder().decode(chunk).includes("close_stream")) {
        window.closing++;
        await let_go;
      }
      controller.enqueue(chunk);
    },
  });
  return new Response(answer.body.pipeThrough(late), answer);
};
"""
"""The word that a stream closes arrives when `letGo` is called, and not before."""


@pytest.fixture
def page(tmp_path: Path, browser: "sync_api.Browser") -> Iterator[Page]:
    """Open the page, on which that word is always late."""
    graph = str(ROOT / "graphs" / "support.yaml")
    env = in_reach(ATTUNE_STORE="off")
    with running(tmp_path, "-m", "tests.made_page", graph, env=env) as program:
        context = browser.new_context()
        context.add_init_script(CLOSES_LATE)
        page = context.new_page()
        page.set_default_timeout(SOON)
        page.goto(program.address())
        yield page
        context.close()


def test_what_is_sent_while_the_stream_closes_is_answered(page: Page) -> None:
    page.wait_for_function("window.closing === 1")
    handed_in = page.evaluate("window.answered")
    page.fill("#box textarea", "Hello there.")
    page.keyboard.press("Enter")
    page.wait_for_function("n => window.answered > n", arg=handed_in)
    page.evaluate("window.letGo()")
    page.wait_for_selector("#chat .bot-row")
    page.wait_for_selector("#stop", state="detached")
    assert page.locator("#chat .user-row").count() == 1


def test_a_stream_with_nothing_left_to_tell_is_closed(page: Page) -> None:
    page.evaluate("window.letGo()")
    page.wait_for_function("window.closing > 0")
    page.wait_for_timeout(300)
    before = page.evaluate("window.streams")
    page.fill("#box textarea", "Hello there.")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chat .bot-row")
    assert page.evaluate("window.streams") == before + 1
