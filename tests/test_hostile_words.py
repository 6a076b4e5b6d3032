"""Hostile words in whatever the page shows as HTML: text stays text."""

from html.parser import HTMLParser

import pytest

from agents.context import Context
from graphs.run import Finished
from tests.made_services import example, stub_services
from tests.made_turn import conversation
from tools.phrases import load_phrases
from ui.bubbles import Bubbles
from ui.panels import panel, refusal
from ui.session import Bubble

WORDS = {
    "script": "<script>window.marker=1</script>",
    "image": '<img src=x onerror="window.marker=1">',
    "svg": "<svg/onload=window.marker=1>",
    "broken-out": "\"'></p></div></details><script>window.marker=1</script>",
    "link": '<a href="javascript:window.marker=1">press</a>',
    "markdown": "[press](javascript:alert(1)) ![x](http://192.0.2.1/x.png)",
    "unfinished": '<img src="x" onerror="window.marker=1" ',
    "null": "<scr\0ipt>window.marker=1</scr\0ipt>",
    "comment": "<!--><script>window.marker=1</script>-->",
    "turned": "\u202e<script>\u202c\u200b",
    "style": "<style>body{display:none}</style>",
    "entity": "&#60;script&#62;window.marker=1",
}
PLAIN = {
    *("p", "div", "span", "strong", "em", "code", "pre", "ul", "ol", "li", "dl", "dt", "dd", "h2"),
    *("h3", "h4", "details", "summary", "table", "tbody", "thead", "tr", "th", "td", "i", "br"),
    *("section", "a", "b", "small"),
}


class Tags(HTMLParser):
    """Notes every tag and attribute that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "srcdoc", "action", "formaction"):
                self.found.append(f"{tag} {name}")
            if name == "href" and not (value or "").startswith(("tel:", "sms:", "https://")):
                self.found.append(f"{tag} {value}")

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")


def strange(html: str) -> list[str]:
    """Return what stands in HTML beside plain tags."""
    return [tag for tag in Tags(html).found if tag not in PLAIN]


def test_the_reader_of_these_tests_sees_what_runs() -> None:
    assert strange('<img src=x onerror="x"><script>1</script><a href="javascript:1">x</a>')
    assert strange("<p>fine <a href='tel:988'>988</a></p>") == []


@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize("kind", WORDS)
def test_a_message_is_text(kind: str, role: str) -> None:
    bubble: Bubble = {"role": role, "content": WORDS[kind]}
    [shown] = Bubbles(load_phrases().for_locale("en")).html([bubble])
    assert Tags(str(shown["content"])).found == []


@pytest.mark.parametrize("kind", WORDS)
def test_why_a_graph_was_refused_is_text(kind: str) -> None:
    html = refusal(f"the graph {WORDS[kind]!r} cannot be used: {WORDS[kind]}")
    assert strange(html) == []


@pytest.mark.parametrize("kind", WORDS)
async def test_the_designers_view_of_a_turn_is_text(kind: str) -> None:
    words = WORDS[kind]
    services = stub_services(
        example(id=words, situation=words, said=words, reply=words, strategy=words, why=words),
        ears={"text": words},
    )
    talk = conversation(services)
    settings = Context(disclosed=True, country=words, locale="en")
    async for event in talk.send(f"I feel worried. {words}", context=settings):
        if isinstance(event, Finished):
            report = event.report
    report["notes"].append({"node": words, "text": words})
    report["strategy"]["why"] = report["strategy"]["label"] = words
    report["user_emotion"]["disagreement"] = report["user_emotion"]["label"] = words
    report["version"] = words
    assert strange(panel(report)) == []
