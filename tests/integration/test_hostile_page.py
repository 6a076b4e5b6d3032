"""Hostile words on the page: whatever is written, nothing runs and nothing is fetched."""

from collections.abc import Iterator

import pytest

from tests.integration.test_page import expect, settle, shows
from tests.made_chromium import IN_CHROMIUM, PATIENCE, PHONE
from tests.made_media import still
from tests.made_program import in_reach, running

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = IN_CHROMIUM

Page = sync_api.Page

PROGRAM = """
import sys
import tests.made_page as page
from tests.made_services import example
hostile = sys.argv[2]
page.example = lambda **_: example(id=hostile, situation=hostile, said=hostile, reply=hostile)
page.main(sys.argv[1])
"""

IMAGE = '<img src=x onerror="window.marker=1">'
WORDS = {
    "script": "<script>window.marker=1</script>",
    "image": IMAGE,
    "svg": '<svg onload="window.marker=1"><script>window.marker=1</script></svg>',
    "frame": '<iframe srcdoc="<script>parent.marker=1</script>"></iframe>',
    "markdown-link": "[press me](javascript:window.marker=1)",
    "markdown-image": "![x](http://192.0.2.1/seen.png)",
    "html-image": '<img src="http://192.0.2.1/seen.png">',
    "style": "<style>body{display:none}</style>",
    "import": "<link rel=stylesheet href=http://192.0.2.1/a.css>",
    "form": "<form action=http://192.0.2.1><input name=x autofocus onfocus=window.marker=1></form>",
    "entity": "&lt;img src=x onerror=window.marker=1&gt;",
    "broken-out": "\"'></textarea></p></div><script>window.marker=1</script>",
    "template": "{{constructor.constructor('window.marker=1')()}} ${window.marker=1}",
    "formula": "$\\href{javascript:window.marker=1}{x}$ $$\\unicode{x}$$",
    "details": "<details open ontoggle=window.marker=1>",
}
TURNED = "\u202egniht emos\u202c and \u2066a\u2069\u200b\u200d\ufeff b"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the page on a graph and an example with hostile names."""
    folder = tmp_path_factory.mktemp("hostile")
    graph = folder / "<img src=x onerror=window.marker=1>.yaml"
    graph.write_text(f"name: '{IMAGE}'\ninclude: support\n", "utf-8")
    env = in_reach(ATTUNE_STORE="off")
    with running(folder, "-c", PROGRAM, str(graph), IMAGE, env=env) as program:
        yield program.address()


@pytest.fixture
def page(address: str, browser: "sync_api.Browser") -> Iterator[Page]:
    """Open the page; at the end nothing may have run, and nothing been asked of other hosts."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    outside: list[str] = []
    own = (address, "data:", "blob:")
    page.on("request", lambda r: r.url.startswith(own) or outside.append(r.url))
    page.on("dialog", lambda dialog: outside.append(dialog.message))
    page.goto(address)
    page.wait_for_selector("#help-button[aria-expanded]")
    yield page
    page.wait_for_timeout(200)
    assert page.evaluate("window.marker") is None, "code has run"
    assert not outside
    context.close()


def say(page: Page, words: str) -> None:
    page.fill("#box textarea", words)
    page.click("#send")
    page.wait_for_selector("#chat .bot-row")
    settle(page)


def test_markup_in_a_message_is_text(page: Page) -> None:
    said = "\n".join(WORDS.values())
    say(page, said)
    shows(page, "#chat .user-row", *WORDS.values())
    live = "script, img[src='x'], img[src^='http'], iframe, form, style, link, a, svg[onload]"
    assert not page.locator(f"#chat .user-row :is({live})").count()
    expect(page.locator("#box textarea")).to_be_visible()


def test_words_without_end_and_turned_words_leave_the_page_as_it_was(page: Page) -> None:
    say(page, f"{'W' * 3000} {TURNED}")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    button = page.locator("#help-button").bounding_box()
    assert button and button["y"] >= 0 and button["x"] + button["width"] <= PHONE["width"]
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"


def test_the_name_of_a_file_is_text(page: Page) -> None:
    page.click("#senses button")
    page.check("#use-camera input")
    name = "<img src=x onerror=window.marker=1>.png"
    picture = {"name": name, "mimeType": "image/png", "buffer": still("PNG")}
    page.set_input_files("#file input[type=file]", picture)
    page.wait_for_selector("#file .file-preview")
    assert not page.locator("#file img[src='x']").count()
    say(page, "Hello there.")


def test_names_in_a_graph_file_and_in_an_example_are_text(page: Page) -> None:
    say(page, "I feel worried about it.")
    page.check("#designing input")
    page.wait_for_selector("#designer")
    page.click("#designer summary:has-text('Examples')")
    shows(page, "#designer", IMAGE)
    assert not page.locator("#designer img").count()


def test_the_marker_of_these_tests_would_be_seen(address: str, browser: "sync_api.Browser") -> None:
    page = browser.new_page()
    page.set_content(f"<body>{IMAGE}</body>")
    page.wait_for_function("window.marker === 1")
    page.close()


def test_a_script_that_got_into_the_page_would_not_run(page: Page) -> None:
    page.evaluate(
        "() => { const s = document.createElement('div');"
        " s.innerHTML = '<img src=x onerror=\"window.marker=1\">'; document.body.append(s); }"
    )
    page.wait_for_timeout(500)
    assert page.evaluate("window.marker") is None
