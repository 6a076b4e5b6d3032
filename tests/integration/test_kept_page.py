"""Keeping, in a browser: `pytest -m browser`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_page import Server, expect, say, shows
from tests.made_archive import KEY
from tests.made_chromium import IN_CHROMIUM, PATIENCE, PHONE

pytestmark = IN_CHROMIUM

SAID = "<img src=x onerror=window.broken=1> hello there"


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the page with a store."""
    folder = tmp_path_factory.mktemp("keeper")
    (folder / "store").mkdir()
    server = Server(Path("support"), folder, ATTUNE_STORE=str(folder / "store"), ATTUNE_KEY=KEY)
    try:
        yield server
    finally:
        server.end()


@pytest.fixture
def person(keeper: Server, browser: Any) -> Iterator[Any]:
    """Be one person, who may open several tabs."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def tab(person: Any, keeper: Server) -> Any:
    page = person.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(keeper.address())
    page.wait_for_selector("#help-button[aria-expanded]")
    return page


def keep(page: Any) -> None:
    page.click("#data-button")
    page.check("#keep input")
    page.wait_for_selector("#keep-state >> text=is kept, encrypted")
    page.keyboard.press("Escape")


def reopen(page: Any) -> None:
    page.click("#data-button")
    page.click("#kept-choice label >> nth=0")
    page.click("#kept-open")
    page.wait_for_selector("#chat .bot-row")


def test_r15_what_is_kept_is_found_again_in_another_tab_and_both_show_the_same(
    person: Any, keeper: Server
) -> None:
    one = tab(person, keeper)
    keep(one)
    say(one, SAID)
    other = tab(person, keeper)
    reopen(other)
    shows(other, "#chat", SAID)
    shows(other, "#kept-choice", SAID[:20])
    assert other.evaluate("window.broken") is None, "a title was taken for markup"
    other.keyboard.press("Escape")
    say(other, "From the other tab.")
    one.wait_for_selector("#chat >> text=From the other tab.")
    one.wait_for_function("document.querySelectorAll('#chat .bot-row').length == 2")


def test_a_choice_to_keep_stands_though_the_panel_is_told_late_how_things_stood(
    person: Any, keeper: Server
) -> None:
    page = tab(person, keeper)
    late: list[Any] = []

    def answer(route: Any) -> None:
        if late:
            route.continue_()
        else:
            late.extend([route, route.fetch()])

    page.route("**/gradio_api/run/predict*", answer)
    with page.expect_request("**/gradio_api/run/predict*"):
        page.click("#data-button")
    while not late:
        page.wait_for_timeout(20)
    page.check("#keep input")
    page.wait_for_selector("#keep-state >> text=is kept, encrypted")
    route, told = late
    with page.expect_response("**/gradio_api/run/predict*"):
        route.fulfill(response=told)
    page.wait_for_timeout(500)
    expect(page.locator("#keep input")).to_be_checked()


def test_r19_a_person_saves_their_conversation_and_deletes_everything(
    person: Any, keeper: Server
) -> None:
    page = tab(person, keeper)
    keep(page)
    say(page, "My sister moved to Leeds.")
    page.click("#data-button")
    with page.expect_download() as saved:
        page.click("#export-json")
    content = json.loads(Path(saved.value.path()).read_text("utf-8"))
    assert "Leeds" in content["conversations"][0]["messages"][0]["text"]
    page.click("#erase")
    page.wait_for_function("document.activeElement.id == 'erase-no'")
    page.click("#erase-yes")
    page.wait_for_selector("#data-erased >> text=Everything is deleted")
    page.wait_for_function("document.activeElement.id == 'data-erased'")
    page.wait_for_function("!document.documentElement.outerHTML.includes('Leeds')")
    page.reload()
    page.wait_for_selector("#help-button[aria-expanded]")
    page.click("#data-button")
    page.wait_for_timeout(500)
    assert not page.locator("#kept-choice label").count()


def test_a_quick_exit_deletes_what_is_kept_and_the_cookie(person: Any, keeper: Server) -> None:
    page = tab(person, keeper)
    keep(page)
    say(page, "My sister moved to Leeds.")
    before = person.cookies()
    asked: list[str] = []
    person.on("request", lambda request: asked.append(request.url))
    page.click("#leave")
    page.wait_for_url("about:blank")
    page.wait_for_timeout(500)
    assert before and not person.cookies(), asked
    person.add_cookies(before)  # even by that, nothing is found
    again = tab(person, keeper)
    again.click("#data-button")
    again.wait_for_timeout(500)
    assert not again.locator("#kept-choice label").count()


def test_the_panel_fits_a_phone_and_the_keyboard(person: Any, keeper: Server) -> None:
    page = tab(person, keeper)
    page.set_viewport_size(PHONE)
    button = page.locator("#help-button").bounding_box()
    assert button and button["y"] + button["height"] < 64, "the bar is one line"
    page.focus("#data-button")
    page.keyboard.press("Enter")
    expect(page.locator("#keep")).to_be_visible()
    page.wait_for_function("document.activeElement.id == 'data'")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.keyboard.press("Escape")
    expect(page.locator("#keep")).to_be_hidden()
    page.wait_for_function("document.activeElement.id == 'data-button'")


def test_closing_the_tab_in_mid_answer_keeps_the_answer(person: Any, keeper: Server) -> None:
    page = tab(person, keeper)
    keep(page)
    say(page, "Hello.")
    page.fill("#box textarea", "And what now?")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('#chat .user-row').length == 2")
    page.close()
    again = tab(person, keeper)
    reopen(again)
    again.wait_for_function("document.querySelectorAll('#chat .bot-row').length == 2")
    shows(again, "#chat", "And what now?")


def test_no_trouble_was_logged(keeper: Server) -> None:
    assert "Traceback" not in keeper.printed
