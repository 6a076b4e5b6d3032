"""The stream of events of the page: whenever something is sent, it is heard of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made_chromium import IN_CHROMIUM, PATIENCE
from tests.made_program import ROOT, in_reach, running

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = IN_CHROMIUM

Page = sync_api.Page

CLOSES_LATE = """
const fetched = window.fetch.bind(window);
const path = (request) => String(request.url ?? request);
window.closing = 0;
window.answered = 0;
window.streams = 0;
window.ends = "late";
window.fetch = async (request, options) => {
  const answer = await fetched(request, options);
  if (path(request).includes("/queue/join")) window.answered++;
  if (!path(request).includes("/queue/data")) return answer;
  window.streams++;
  const late = new TransformStream({
    async transform(chunk, controller) {
      const text = new TextDecoder().decode(chunk);
      const last = text.indexOf('data: {"msg":"close_stream"');
      if (last < 0) return controller.enqueue(chunk);
      controller.enqueue(new TextEncoder().encode(text.slice(0, last)));
      window.closing++;
      while (window.ends === "late") await new Promise((done) => setTimeout(done, 20));
      if (window.ends === "broken") throw new TypeError("network error");
      controller.enqueue(new TextEncoder().encode(text.slice(last)));
    },
  });
  return new Response(answer.body.pipeThrough(late), answer);
};
"""
"""The word that a stream closes arrives when `ends` is no longer `late`: then, or never."""


@pytest.fixture
def page(tmp_path: Path, browser: "sync_api.Browser") -> Iterator[Page]:
    """Open the page, on which that word is always late."""
    graph = str(ROOT / "graphs" / "support.yaml")
    env = in_reach(ATTUNE_STORE="off")
    with running(tmp_path, "-m", "tests.made_page", graph, env=env) as program:
        context = browser.new_context()
        context.add_init_script(CLOSES_LATE)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(program.address())
        yield page
        context.close()


def send(page: Page, words: str) -> None:
    page.fill("#box textarea", words)
    page.keyboard.press("Enter")


def come_to_rest(page: Page) -> None:
    """Wait until the events of loading are done and their streams closed."""
    page.evaluate("window.ends = 'in time'")
    page.wait_for_selector("#help-button[aria-expanded]")
    page.wait_for_function("window.answered >= 2 && window.closing === window.streams")
    page.wait_for_timeout(500)  # a stream is asked for a moment after its event was answered
    page.wait_for_function("window.closing === window.streams")


def test_what_is_sent_while_the_stream_closes_is_answered(page: Page) -> None:
    page.wait_for_function("window.closing === 1")
    handed_in = page.evaluate("window.answered")
    send(page, "Hello there.")
    page.wait_for_function("n => window.answered > n", arg=handed_in)
    page.evaluate("window.ends = 'in time'")
    page.wait_for_selector("#chat .bot-row")
    page.wait_for_selector("#stop", state="detached")
    assert page.locator("#chat .user-row").count() == 1


def test_a_stream_with_nothing_left_to_tell_is_closed(page: Page) -> None:
    come_to_rest(page)
    before = page.evaluate("window.streams")
    send(page, "Hello there.")
    page.wait_for_selector("#chat .bot-row")
    assert page.evaluate("window.streams") == before + 1


def test_what_is_sent_after_a_stream_with_nothing_to_tell_broke_off_is_answered(page: Page) -> None:
    come_to_rest(page)
    before = page.evaluate("window.ends = 'late', window.closing")
    send(page, "Hello there.")
    page.wait_for_function("n => window.closing > n", arg=before)
    page.evaluate("window.ends = 'broken'")
    page.wait_for_timeout(300)
    page.evaluate("window.ends = 'in time'")
    send(page, "And then it rained.")
    page.wait_for_function("document.querySelectorAll('#chat .bot-row').length === 2")
    assert not page.locator(".toast-body").count()


def test_a_stream_that_is_not_gone_on_with_is_an_error_and_loses_no_words(page: Page) -> None:
    page.wait_for_function("window.closing === 1")
    page.route("**/queue/data*", lambda route: route.fulfill(status=502), times=1)
    send(page, "Hello there.")
    page.wait_for_function("window.answered > 1")
    with page.expect_event("framenavigated"):
        page.evaluate("window.ends = 'in time'")
    page.wait_for_function(
        "document.body.innerText.includes('Hello there.') || "
        "document.querySelector('#box textarea')?.value.includes('Hello there.')"
    )
