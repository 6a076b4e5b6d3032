"""The rating page in a browser: `pytest -m browser`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.test_hostile_page import WORDS
from tests.made_chromium import IN_CHROMIUM, PATIENCE, PHONE
from tests.made_program import in_reach, running
from tests.made_rating import ONE, OTHER, items
from tests.made_runs import write_run
from tools.judging.ratings import read_ratings

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = IN_CHROMIUM

Page = sync_api.Page
Open = Callable[..., Page]

HOSTILE = "\n".join(WORDS.values())
SETTLED_MS = 450
"""Milliseconds after which a new question takes a key."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ratings") / "r.jsonl"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, file: Path) -> Iterator[str]:
    """Serve two runs whose texts are as hostile as can be."""
    folder = tmp_path_factory.mktemp("rating")
    asked = items(4, said=f"My kite flew away.\n{HOSTILE}")
    runs = [
        write_run(folder / name, {i["id"]: f"{words}\n{HOSTILE}" for i in asked}, asked)
        for name, words in ((ONE, "A kite!"), (OTHER, f"Oh dear. {'W' * 3000}"))
    ]
    options = ("--out", str(file), "--port", "0")
    with running(folder, "-m", "ui", "rate", *map(str, runs), *options, env=in_reach()) as program:
        yield program.address()


@pytest.fixture
def visit(address: str, browser: "sync_api.Browser") -> Iterator[Open]:
    """Open the page; in the end nothing may have run, left this host, or named a run."""
    contexts, outside, leaks = [], [], []

    def look(answer: "sync_api.Response") -> None:
        if answer.status < 300:
            seen = f"{answer.url} {answer.headers} {answer.text()}"
            leaks.extend(name for name in (ONE, OTHER) if name in seen)

    def visit(rater: str, **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda r: r.url.startswith((address, "data:")) or outside.append(r.url))
        page.on("dialog", lambda dialog: outside.append(dialog.message))
        page.on("requestfinished", lambda request: look(request.response()))
        page.goto(address)
        page.fill("#rater", rater)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/rate/{rater}/*")
        return page

    yield visit
    for context in contexts:
        for page in context.pages:
            assert page.evaluate("window.marker") is None, "code has run"
        context.close()
    assert not outside
    assert not leaks, "the browser got to know a run"


def press(page: Page, key: str) -> None:
    page.wait_for_timeout(SETTLED_MS)
    page.keyboard.press(key)


def test_keys_answer_one_question_after_the_other(visit: Open, file: Path) -> None:
    page = visit("keys")
    for number, key in enumerate("123", 1):
        page.wait_for_url(f"**/{number}")
        press(page, key)
    page.wait_for_url("**/4")
    mine = [rating for rating in read_ratings(file) if rating.rater == "keys"]
    assert [rating.choice for rating in mine] == ["left", "tie", "right"]


def test_a_key_pressed_twice_answers_one_question(visit: Open) -> None:
    page = visit("twice")
    press(page, "1")
    page.wait_for_url("**/2")
    page.keyboard.press("1")
    page.wait_for_timeout(SETTLED_MS)
    assert page.url.endswith("/2")


def test_keys_can_be_turned_off_and_stay_so(visit: Open) -> None:
    page = visit("silent")
    page.click("#keys")
    page.reload()
    press(page, "1")
    page.wait_for_timeout(300)
    assert page.url.endswith("/1") and "Turn them on" in page.inner_text("#keys")
    page.click("#keys")
    press(page, "1")
    page.wait_for_url("**/2")


def test_the_keyboard_alone_goes_forth_and_back(visit: Open) -> None:
    page = visit("tabs")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "jump"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "left"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px", "nobody sees where they are"
    page.keyboard.press("Enter")
    page.wait_for_url("**/2")
    page.focus("text=Back one step")
    page.keyboard.press("Enter")
    page.wait_for_url("**/1")
    assert page.locator("[aria-pressed=true]").inner_text().startswith("A is better")


def test_a_reload_and_a_second_tab_lose_nothing(visit: Open, address: str) -> None:
    page = visit("tabbed")
    page.click("button[value=tie]")
    page.wait_for_url("**/2")
    other = page.context.new_page()
    other.goto(f"{address}/rate/tabbed")
    assert other.url.endswith("/2")
    other.click("button[value=left]")
    other.wait_for_url("**/3")
    page.reload()
    assert page.locator("[aria-pressed=true]").get_attribute("value") == "left"
    page.go_back()
    assert page.locator("[aria-pressed=true]").get_attribute("value") == "tie"


def test_markup_in_a_reply_is_text(visit: Open) -> None:
    page = visit("hostile")
    shown = page.inner_text("main")
    assert all(shown.count(line) >= 3 for line in WORDS.values())
    live = "script, img, iframe, style, link, svg, form:not(#answers), details[ontoggle]"
    assert not page.locator(f"main :is({live})").count()
    assert not page.locator(".text *").count()


def test_a_script_that_got_into_the_page_would_not_run(visit: Open) -> None:
    page = visit("injected")
    page.evaluate(
        "() => { const s = document.createElement('div');"
        " s.innerHTML = '<img src=x onerror=\"window.marker=1\">'; document.body.append(s); }"
    )
    page.wait_for_timeout(300)


def test_without_a_script_the_page_works(visit: Open) -> None:
    page = visit("plain", java_script_enabled=False)
    page.click("button[value=right]")
    page.wait_for_url("**/2")


@pytest.mark.parametrize("size", [PHONE, {"width": 320, "height": 568}])
def test_a_phone_shows_everything_within_its_width(visit: Open, size: dict[str, int]) -> None:
    page = visit(f"phone-{size['width']}", viewport=size, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for value in ("left", "tie", "right"):
        box = page.locator(f"button[value={value}]").bounding_box()
        assert box and box["height"] >= 44 and box["x"] + box["width"] <= size["width"]
    page.tap("button[value=tie]")
    page.wait_for_url("**/2")
