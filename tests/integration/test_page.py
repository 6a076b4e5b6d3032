"""The page in a browser: `pytest -m browser`. Chromium brings a made microphone and camera."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.made_chromium import IN_CHROMIUM, PATIENCE, PHONE
from tests.made_media import recording
from tests.made_program import ROOT, Program, in_reach
from ui.uploads import LIMITS

sync_api = pytest.importorskip("playwright.sync_api")

VERSION = re.compile(r"mine@\w+")
BROKEN = b"\x1aE\xdf\xa3 begins as a video does"

pytestmark = IN_CHROMIUM

Page = sync_api.Page
Locator = sync_api.Locator
expect = sync_api.expect
Open = Callable[..., Page]


class Server(Program):
    """The page on made models."""

    def __init__(self, graph: Path, folder: Path, **settings: str) -> None:
        self.graph = graph
        env = in_reach(GRADIO_HEARTBEAT_INTERVAL="1", **settings)
        super().__init__(folder, "-m", "tests.made_page", str(graph), env=env)

    def uploads(self) -> list[Path]:
        """Return the uploads that lie there; Gradio leaves empty files, too."""
        return [path for path in super().uploads() if path.stat().st_size]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("page")
    graph = folder / "mine.yaml"
    support = (ROOT / "graphs" / "support.yaml").read_text("utf-8")
    graph.write_text(support.replace("name: support", "name: mine"), "utf-8")
    server = Server(graph, folder)
    try:
        yield server
    finally:
        server.end()


@pytest.fixture
def visit(server: Server, browser: "sync_api.Browser") -> Iterator[Open]:
    """Open the page in a browser profile of its own; what it asks of other hosts is noted."""
    contexts = []
    outside: list[str] = []
    address = server.address()

    def visit(**options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        own = (address, "data:", "blob:")
        page.on("request", lambda r: r.url.startswith(own) or outside.append(r.url))
        page.goto(address)
        page.wait_for_selector("#help-button[aria-expanded]")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not outside, "the page asked another host for something"


def say(page: Page, words: str) -> None:
    replies = page.locator("#chat .bot-row")
    before = replies.count()
    page.fill("#box textarea", words)
    page.keyboard.press("Enter")
    replies.nth(before).wait_for()
    settle(page)


def settle(page: Page) -> None:
    page.wait_for_selector("#stop", state="detached")


def shows(page: Page, part: str, *texts: str | re.Pattern[str]) -> None:
    """Wait until each of the texts stands there; Gradio draws one part after the other."""
    for text in texts:
        expect(page.locator(part)).to_contain_text(text, use_inner_text=True)


def box(page: Page) -> Locator:
    return page.locator("#box textarea")


def design(page: Page, *texts: str | re.Pattern[str]) -> None:
    page.check("#designing input")
    shows(page, "#designer", *texts)


def refuse(page: Page, part: str, times: int) -> None:
    """Refuse so many requests with `part` in them, all of them when the last has come."""
    asked: list[sync_api.Route] = []

    def look(route: "sync_api.Route") -> None:
        if len(asked) == times or part not in (route.request.post_data or ""):
            route.continue_()
            return
        asked.append(route)
        if len(asked) == times:
            for each in asked:
                each.fulfill(status=503)

    page.route("**/queue/join*", look)


def record(page: Page) -> None:
    page.click("#senses button")
    page.check("#use-microphone input")
    page.click("#audio .record-button")
    page.wait_for_selector("#sign-audio", state="visible")
    page.wait_for_timeout(1500)
    with page.expect_response("**/gradio_api/upload*"):
        page.click("#audio .stop-button")
    page.wait_for_selector("#sign-audio", state="hidden")
    page.wait_for_selector("#audio [data-testid='waveform-controls']")


def version(page: Page) -> str:
    design(page, VERSION)
    found = VERSION.search(page.inner_text("#designer"))
    assert found
    return found[0]


def test_what_it_is_stands_before_the_first_message(visit: Open) -> None:
    said = ("I am an AI", "not been clinically evaluated", "not therapy", "emergencies")
    shows(visit(), "#welcome", *said, "you close this tab, the conversation is gone")


def test_a_reply_comes_sentence_by_sentence(visit: Open) -> None:
    page = visit()
    page.fill("#box textarea", "Hello.")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chat .bot-row")
    first = page.inner_text("#chat .bot-row")
    settle(page)
    whole = page.inner_text("#chat .bot-row")
    assert whole.startswith(first) and len(whole) > len(first)
    expect(box(page)).to_have_value("")


def test_the_keyboard_alone_is_enough(visit: Open) -> None:
    page = visit()
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "help-button":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#help .services").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    while page.evaluate("document.activeElement.tagName") != "TEXTAREA":
        page.keyboard.press("Tab")
    page.keyboard.type("One line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and another.")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chat .bot-row")
    shows(page, "#chat", re.compile(r"One line\nand another\."))


def test_two_people_share_nothing(visit: Open) -> None:
    one, other = visit(), visit()
    one.fill("#box textarea", "My sister moved to Leeds.")
    other.fill("#box textarea", "My brother moved to Cork.")
    one.keyboard.press("Enter")
    other.keyboard.press("Enter")
    for page in (one, other):
        page.wait_for_selector("#chat .bot-row")
        settle(page)
    for page, own, others in ((one, "Leeds", "Cork"), (other, "Cork", "Leeds")):
        shows(page, "#chat", own)
        assert others not in page.content()


def test_without_consent_there_is_no_recorder_and_no_reading(visit: Open) -> None:
    page = visit()
    page.click("#senses button")
    page.wait_for_selector("#use-microphone")
    assert not page.locator("#audio").count() and not page.locator("#webcam").count()
    say(page, "Hello there.")
    design(page, re.compile(r"Voice\s+missing: not given"))


def test_a_voice_message_is_heard_and_its_file_deleted(visit: Open, server: Server) -> None:
    page = visit()
    record(page)
    page.click("#send")
    page.wait_for_selector("#chat .bot-row")
    settle(page)
    shows(page, "#chat", "I am a little tired today.")
    design(page, "experimental")
    assert not server.uploads()


def test_the_camera_is_read_while_it_is_allowed_and_let_go_at_once(
    visit: Open, server: Server
) -> None:
    page = visit()
    page.click("#senses button")
    page.check("#use-camera input")
    page.click("#webcam button:has-text('Webcam')")
    page.wait_for_selector("#sign-video", state="visible")
    page.click("#webcam .capture-button")
    for _ in range(4):
        with page.expect_request_finished(lambda request: request.method == "POST"):
            pass
    page.wait_for_timeout(500)
    assert not server.uploads(), "a frame lies in a file"
    say(page, "Hello there.")
    design(page, re.compile(r"Face\s+face · weight"))
    page.uncheck("#use-camera input")
    page.wait_for_selector("#sign-video", state="hidden")
    say(page, "Hello once more.")
    design(page, re.compile(r"Face\s+missing: not given"))


def test_a_chosen_video_is_read_for_face_and_voice(visit: Open, server: Server) -> None:
    page = visit()
    page.click("#senses button")
    page.check("#use-camera input")
    with page.expect_response("**/gradio_api/upload*"):
        page.set_input_files(
            "#file input[type=file]",
            {"name": "me.webm", "mimeType": "video/webm", "buffer": recording(seconds=1.0)},
        )
    page.wait_for_selector("#file .file-preview")
    say(page, "Hello there.")
    # The sound of a video is a voice.
    seen, unheard = r"Face\s+face · weight", r"Voice\s+missing: no consent"
    design(page, re.compile(seen), re.compile(unheard))
    assert not server.uploads()


def test_words_beside_a_broken_recording_are_answered(visit: Open) -> None:
    page = visit()
    page.click("#senses button")
    page.check("#use-camera input")
    with page.expect_response("**/gradio_api/upload*"):
        page.set_input_files(
            "#file input[type=file]",
            {"name": "me.webm", "mimeType": "video/webm", "buffer": BROKEN},
        )
    page.wait_for_selector("#file .file-preview")
    page.fill("#box textarea", "These words.")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=could be read from it")
    page.wait_for_function("document.querySelectorAll('#chat .bot-row').length == 2")
    settle(page)
    shows(page, "#chat", "These words.")
    expect(box(page)).to_have_value("")


def test_a_guess_is_tentative_and_a_correction_is_taken(visit: Open) -> None:
    page = visit()
    say(page, "I feel worried about it.")
    shows(page, "#noticed", "might be feeling afraid")
    page.click("#other input")
    page.click("#other [role='option']:has-text('sad')")
    page.wait_for_selector("text=I will go by “sad”")
    say(page, "That is all.")
    design(page, "person 0.90")


def test_a_guess_can_be_removed(visit: Open) -> None:
    page = visit()
    say(page, "I feel worried about it.")
    design(page, "fear")
    page.click("#remove")
    page.wait_for_selector("text=It plays no part in what comes next")
    expect(page.locator("#designer")).not_to_contain_text("fear")


def test_designers_see_how_the_reply_came_about(visit: Open) -> None:
    page = visit()
    say(page, "I feel worried about it.")
    design(page, "mine@", "Milliseconds by node", "respond", "Strategy", "whole turn", "fear")


def test_people_to_talk_to_are_one_tap_away_on_a_phone(visit: Open) -> None:
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    say(page, "A long message. " * 40)
    button = page.locator("#help-button").bounding_box()
    assert button and button["y"] >= 0 and button["y"] + button["height"] <= PHONE["height"]
    assert button["height"] >= 44
    page.tap("#help-button")
    page.wait_for_selector("#help a[href='https://findahelpline.com']")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], "the page scrolls sideways"


def test_a_country_brings_its_own_numbers(visit: Open) -> None:
    page = visit()
    page.click("#help-button")
    page.click("#country input")
    page.click("#country [role='option']:has-text('Ireland')")
    page.wait_for_selector("#help a[href^='tel:']")
    shows(page, "#help", "Last checked on")


def test_danger_brings_people_and_no_guess(visit: Open) -> None:
    page = visit()
    say(page, "lighthouse, and I feel worried")
    page.wait_for_selector("#card .services")
    assert not page.locator("#noticed").count()


@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, PHONE])
def test_a_crisis_reply_is_read_from_its_beginning_and_its_services_can_be_tapped(
    visit: Open, size: dict[str, int]
) -> None:
    page = visit(viewport=size)
    say(page, "lighthouse")
    page.wait_for_selector("#card .services")
    page.wait_for_selector("#chat .bot-row .services a[href^='https://findahelpline']")
    page.wait_for_function(
        "() => { const top = (part) => document.querySelector(part).getBoundingClientRect();"
        " const row = top('#chat .bot-row').top;"
        " return top('#bar').bottom <= row && row <= innerHeight / 2; }"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    expect(page.locator("#chat [aria-label*='<']")).to_have_count(0)


@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, PHONE])
def test_the_help_below_a_crisis_reply_is_reached_by_keyboard(
    visit: Open, size: dict[str, int]
) -> None:
    page = visit(viewport=size)
    say(page, "lighthouse")
    page.wait_for_selector("#card .services")
    page.focus("#box textarea")
    for _ in range(6):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("!!document.activeElement.closest('#card .services a')"):
            break
    else:
        raise AssertionError("the card cannot be reached")
    while not page.evaluate("document.activeElement.matches('[data-country]')"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#country input")).to_be_visible()
    page.wait_for_function("document.activeElement.closest('#country')")
    page.click("#country [role='option']:has-text('Ireland')")
    page.wait_for_selector("#card a[href^='tel:']")
    expect(page.locator("#card [data-country]")).to_have_count(0)


@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, PHONE])
def test_a_quick_exit_leaves_nothing_to_see_and_no_way_back(
    visit: Open, size: dict[str, int]
) -> None:
    page = visit(viewport=size)
    say(page, "My sister moved to Leeds.")
    button = page.locator("#leave").bounding_box()
    assert button and button["height"] >= 44 and button["y"] >= 0
    page.click("#leave")
    assert not page.is_visible("#chat")
    page.wait_for_url("about:blank")
    page.go_back()
    assert "Leeds" not in page.content()


def test_a_reload_loses_neither_the_conversation_nor_unsent_words(visit: Open) -> None:
    page = visit()
    say(page, "My sister moved to Leeds.")
    page.fill("#box textarea", "not sent yet")
    page.reload()
    shows(page, "#chat", "Leeds")
    expect(box(page)).to_have_value("not sent yet")
    rows = page.locator("#chat .message-row")
    for row, name in enumerate(("You", "Attune")):
        expect(rows.nth(row)).to_have_attribute("aria-label", name)
    page.click("#leave")
    page.wait_for_url("about:blank")


def test_while_the_connection_is_away_help_is_there_and_words_stay(visit: Open) -> None:
    page = visit(viewport=PHONE)
    say(page, "My sister moved to Leeds.")
    page.context.set_offline(True)
    page.fill("#box textarea", "not sent yet")
    page.click("#send")
    page.wait_for_selector("#away >> text=I keep trying")
    expect(box(page)).to_have_value("not sent yet")
    for name in ("help-button", "leave", "data-button"):
        middle = "e => { const r = e.getBoundingClientRect(); return document.elementFromPoint("
        middle += "r.x + r.width / 2, r.y + r.height / 2).closest('button')?.id }"
        assert page.locator(f"#{name}").evaluate(middle) == name, "something covers it"
    page.click("#help-button")
    page.wait_for_selector("#help a[href='https://findahelpline.com']")
    page.click("#help-close")
    page.context.set_offline(False)
    page.wait_for_selector("#status >> text=everything is still here")
    shows(page, "#chat", "Leeds")
    expect(box(page)).to_have_value("not sent yet")


def test_r9_who_asks_is_told_before_the_reply(visit: Open) -> None:
    page = visit()
    say(page, "Are you human?")
    shows(page, "#chat .bot-row", re.compile(r"an AI[\s\S]*writes[\s\S]*\n\n\S"))


def test_r23_for_somebody_young_the_camera_goes_and_young_services_come_first(
    visit: Open,
) -> None:
    page = visit()
    page.click("#senses button")
    page.check("#use-camera input")
    page.wait_for_selector("#webcam")
    say(page, "treehouse")
    page.wait_for_selector("#use-camera", state="detached")
    page.wait_for_selector("#webcam", state="detached")
    shows(page, "#senses", "only for adults")
    page.click("#help-button")
    page.click("#country input")
    page.click("#country [role='option']:has-text('United Kingdom')")
    page.wait_for_selector("#help a[href='tel:999']")
    expect(page.locator("#help h3").first).to_have_text("For children and young people")


def test_r18_at_work_the_page_has_no_camera_and_says_why(
    browser: "sync_api.Browser", tmp_path: Path
) -> None:
    server = Server(Path("support"), tmp_path, ATTUNE_DEPLOYMENT="workplace")
    try:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(server.address())
        page.wait_for_selector("#help-button[aria-expanded]")
        shows(page, "#welcome", "from your words alone")
        page.click("#senses button")
        page.wait_for_selector("#senses >> text=no camera here")
        page.wait_for_selector("#use-microphone")
        assert not page.locator("#use-camera").count()
        say(page, "I feel worried about it.")
        design(page, "Milliseconds by node")
        assert not re.search(r"(?m)^(Face|Voice)$", page.inner_text("#designer"))
        page.close()
    finally:
        server.end()


def test_markup_is_shown_as_text(visit: Open) -> None:
    page = visit()
    said = '<img src=x onerror="window.broken=1"> **bold** <script>window.broken=1</script>'
    say(page, said)
    shows(page, "#chat", said)
    design(page)
    page.click("#designer summary:has-text('Examples')")
    shows(page, "#designer", "<b>boldly</b>")
    assert page.evaluate("window.broken") is None


def test_stop_ends_a_reply_and_gives_the_words_back_before_what_was_typed_since(
    visit: Open,
) -> None:
    page = visit()
    page.fill("#box textarea", "It was a long week.")
    page.keyboard.press("Enter")
    page.keyboard.type("And")
    page.click("#stop")
    settle(page)
    shows(page, "#status", "Stopped.")
    expect(box(page)).to_have_value("It was a long week.\nAnd")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chat .bot-row")
    settle(page)


def test_what_is_typed_right_behind_a_message_stays_and_can_be_sent_in_mid_reply(
    visit: Open,
) -> None:
    page = visit()
    page.click("#box textarea")
    page.keyboard.type("It was a long week.")
    page.keyboard.press("Enter")
    page.keyboard.type("It rained.")
    page.keyboard.press("Enter")
    page.keyboard.type("And")
    expect(page.locator("#chat .bot-row")).to_have_count(2)
    settle(page)
    rows = page.locator("#chat .message-row")
    said = re.compile(r"^It was a long week\.$"), re.compile(r"^It rained\.$")
    for row, words in zip((0, 2), said, strict=True):
        expect(rows.nth(row)).to_have_text(words, use_inner_text=True)
    expect(box(page)).to_have_value("And")


def test_words_that_the_server_refuses_come_back_in_their_order_and_but_once(visit: Open) -> None:
    page = visit()
    refuse(page, "It ", times=2)
    for words in ("It was a long week.", "It rained."):
        page.fill("#box textarea", words)
        page.keyboard.press("Enter")
    page.keyboard.type("And")
    expect(box(page)).to_have_value("It was a long week.\nIt rained.\nAnd")
    assert not page.locator("#chat .user-row").count()
    page.reload()
    expect(box(page)).to_have_value("It was a long week.\nIt rained.\nAnd")
    page.wait_for_timeout(500)
    assert page.input_value("#box textarea") == "It was a long week.\nIt rained.\nAnd"


def test_a_recording_is_sent_once_however_often_send_is_pressed_and_anew_where_it_was_refused(
    visit: Open,
) -> None:
    page = visit()
    record(page)
    refuse(page, "audio.wav", times=1)
    with page.expect_response(lambda answer: answer.status == 503):
        page.click("#send")
    page.wait_for_timeout(300)
    page.dblclick("#send")
    page.wait_for_selector("#chat .bot-row")
    settle(page)
    page.wait_for_timeout(500)
    assert page.locator("#chat .message-row").count() == 2
    shows(page, "#chat", "I am a little tired today.")
    assert not page.inner_text("#status")


def test_words_that_nothing_was_done_with_come_back(visit: Open) -> None:
    page = visit()
    box(page).evaluate(
        "box => box.addEventListener('keypress', (event) => {"
        " event.preventDefault(); event.stopImmediatePropagation(); }, true)"
    )
    page.fill("#box textarea", "It was a long week.")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("")
    expect(box(page)).to_have_value("It was a long week.")


def test_a_message_that_is_too_long_is_not_lost(visit: Open) -> None:
    page = visit()
    words = "word " * 2000
    page.fill("#box textarea", words)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=please send it in parts")
    settle(page)
    expect(box(page)).to_have_value(re.compile(rf"^\s*{words.strip()}\s*$"))


def test_a_refused_edit_is_explained_and_the_talk_goes_on(visit: Open, server: Server) -> None:
    page = visit()
    say(page, "Hello there.")
    design(page)
    good = server.graph.read_text("utf-8")
    try:
        server.graph.write_text(
            good.replace("respond, crisis -> check", "crisis -> check"), "utf-8"
        )
        page.click("#new")
        page.click("#yes")
        page.wait_for_selector("#trouble .refused")
        shows(page, "#trouble", "mine")
        expect(page.locator("#welcome")).to_be_visible()
        expect(page.locator("#chat .bot-row")).to_have_count(0)
        say(page, "Hello again.")
        assert "Hello there." not in page.inner_text("#chat")
    finally:
        server.graph.write_text(good, "utf-8")


def test_a_new_conversation_takes_the_edited_graph(visit: Open, server: Server) -> None:
    page = visit()
    say(page, "Hello there.")
    before = version(page)
    good = server.graph.read_text("utf-8")
    try:
        server.graph.write_text(
            good.replace("  recall:\n", "  recall: {options: {k: 1}}\n"), "utf-8"
        )
        say(page, "Still here.")
        assert version(page) == before
        page.click("#new")
        page.click("#yes")
        page.wait_for_selector("#welcome")
        expect(page.locator("#chat .bot-row")).to_have_count(0)
        say(page, "Hello again.")
        expect(page.locator("#designer")).not_to_contain_text(before)
        assert version(page) != before
    finally:
        server.graph.write_text(good, "utf-8")


def test_nothing_moves_for_those_who_asked_for_that(visit: Open) -> None:
    page = visit(reduced_motion="reduce")
    say(page, "Hello there.")
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_program_answers_this_machine_alone_and_publishes_nothing(server: Server) -> None:
    address = server.address()
    stranger = Request(address, headers={"Host": "attune.example"})
    with pytest.raises(HTTPError, match="400"):
        urlopen(stranger)
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{address}/gradio_api/info")
    with pytest.raises(HTTPError, match="40[134]"):
        urlopen(f"{address}/gradio_api/file={ROOT / 'pyproject.toml'}")


def test_a_file_that_is_too_large_is_turned_away(server: Server) -> None:
    data = b"x" * (LIMITS.max_bytes + 1024)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n'
        + data
        + b"\r\n--b--\r\n"
    )
    upload = Request(
        f"{server.address()}/gradio_api/upload",
        body,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    with pytest.raises((HTTPError, ConnectionError, URLError)):
        urlopen(upload)


def test_ending_the_program_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    other = Server(server.graph, tmp_path)
    try:
        other.address()
        folder = other.folder()
        assert folder.is_dir()
        other.process.terminate()
        assert other.process.wait(20) == 0
        assert not folder.exists()
    finally:
        other.process.kill()


def test_no_trouble_was_logged(server: Server) -> None:
    assert "Traceback" not in server.printed
