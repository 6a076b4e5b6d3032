"""The hand-off to people: nothing is sent unasked, and nothing that was asked for is lost."""

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import yaml
from typer.testing import CliRunner

from graphs.__main__ import app
from graphs.keeping.saver import Saver
from graphs.shelf import Shelf
from tests.made_risk import finding
from tests.made_services import example, stub_services
from tools.errors import ConfigError, HandoffError, InputError
from tools.records import RiskGrade
from tools.safety.audit import AuditLog
from tools.safety.chain import canonical
from tools.safety.course import grade_of
from tools.safety.handoff import Handoff, open_handoff
from tools.safety.letter import LEVELS, LONGEST, Letter, write_letter
from tools.safety.outbox import Outbox
from tools.safety.policy import SafetyPolicy
from tools.safety.verdict import entries
from tools.safety.webhook import SIGNATURE, Webhook, WebhookSettings, signature
from ui import texts
from ui.house import House
from ui.layout import Layout
from ui.letter import Letters
from ui.readiness import Readiness
from ui.session import Session, Sessions
from ui.talk import Talk
from ui.uploads import UploadFolder

KEY = "a made key of these tests"
REACH = "the made address"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_HANDOFF_KEY", KEY)
    monkeypatch.delenv("ATTUNE_HANDOFF", raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody is there


class Receiver:
    """People's own web service; `answers` are taken one a request, then 204 for ever.

    An answer of 0 kills the service in the middle of the request.
    """

    def __init__(self, *answers: int, port: int = 0, slow: float = 0.0) -> None:
        self.letters: list[tuple[dict[str, str], bytes]] = []
        left, receiver = list(answers), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.letters.append((dict(self.headers), body))
                time.sleep(slow)
                status = left.pop(0) if left else 204
                if status == 0:
                    receiver.kill()
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/letters"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def kill(self) -> None:
        """Take no more connections, from any thread."""
        self._server.socket.close()
        threading.Thread(target=self._server.shutdown).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def keys(self) -> list[str]:
        return [headers["Idempotency-Key"] for headers, _ in self.letters]


@pytest.fixture
def receivers() -> Iterator[list[Receiver]]:
    running: list[Receiver] = []
    yield running
    for receiver in running:
        receiver.close()


async def arrival(receiver: Receiver) -> None:
    async with asyncio.timeout(10):
        while not receiver.letters:
            await asyncio.sleep(0.01)


def outbox(folder: Path, url: str, *, attempts: int = 3, timeout: float = 5.0) -> Outbox:
    desk = Webhook(WebhookSettings(url=url, timeout=timeout))
    return Outbox(desk, folder, attempts=attempts, first_wait=0.01)


def letter(**changes: Any) -> Letter:
    made = {"level": "moderate", "message": "Hello there.", "reach": REACH, **changes}
    return write_letter(**made)


def kept(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def settings(folder: Path, url: str, **changes: Any) -> Path:
    file = folder / "handoff.yaml"
    content = {
        "to": "the made desk", "answer": "They answer within a day", "webhook": {"url": url},
        "folder": "letters", "attempts": 2, "first_wait": 0.01, **changes,
    }  # fmt: skip
    file.write_text(yaml.safe_dump(content), "utf-8")
    return file


# On the way.


async def test_r20_a_letter_is_delivered_once_and_not_kept(
    tmp_path: Path, receivers: list[Receiver]
) -> None:
    receivers.append(receiver := Receiver())
    sent = letter()
    assert await outbox(tmp_path, receiver.url).send(sent)
    [(headers, body)] = receiver.letters
    assert json.loads(body) == sent and headers["Idempotency-Key"] == sent["id"]
    assert kept(tmp_path) == []


async def test_r20_a_letter_is_signed_with_its_moment(
    tmp_path: Path, receivers: list[Receiver]
) -> None:
    receivers.append(receiver := Receiver())
    await outbox(tmp_path, receiver.url).send(letter())
    [(headers, body)] = receiver.letters
    moment, code = (part.partition("=")[2] for part in headers[SIGNATURE].split(","))
    right = hmac.new(KEY.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert code == right and abs(int(moment) - time.time()) < 60
    assert signature(KEY.encode(), int(moment), body + b" ") != headers[SIGNATURE]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_r20_a_trouble_that_may_pass_is_tried_again_with_the_same_key(
    tmp_path: Path, receivers: list[Receiver], status: int
) -> None:
    receivers.append(receiver := Receiver(status, status))
    sent = letter()
    assert await outbox(tmp_path, receiver.url).send(sent)
    assert receiver.keys == [sent["id"]] * 3 and kept(tmp_path) == []


@pytest.mark.parametrize("status", [302, 400, 401, 410])
async def test_r20_a_refusal_is_kept_at_once_and_no_redirect_is_followed(
    tmp_path: Path, receivers: list[Receiver], status: int
) -> None:
    receivers.append(receiver := Receiver(status))
    sent = letter()
    assert not await outbox(tmp_path, receiver.url).send(sent)
    assert len(receiver.letters) == 1 and kept(tmp_path) == [f"dead/{sent['id']}.json"]


async def test_r20_a_receiver_killed_midway_loses_nothing(
    tmp_path: Path, receivers: list[Receiver], caplog: pytest.LogCaptureFixture
) -> None:
    receivers.append(receiver := Receiver(503, 0))
    sent = letter()
    assert not await outbox(tmp_path / "letters", receiver.url).send(sent)
    assert kept(tmp_path / "letters") == [f"dead/{sent['id']}.json"]
    assert "Hello there." not in caplog.text and REACH not in caplog.text
    receivers.append(again := Receiver(port=receiver.port))
    result = await asyncio.to_thread(
        CliRunner().invoke,
        app,
        ["handoff", "retry", "--settings", str(settings(tmp_path, again.url))],
    )
    assert (result.exit_code, result.stdout) == (0, "delivered 1, still kept 0\n")
    assert receiver.keys + again.keys == [sent["id"]] * 3
    assert {body for _, body in receiver.letters + again.letters} == {canonical(sent)}
    assert kept(tmp_path / "letters") == []


async def test_r20_a_letter_is_kept_before_it_is_sent(tmp_path: Path) -> None:
    class Curious:
        found: list[str]

        async def deliver(self, letter: Letter) -> None:
            self.found = kept(tmp_path)

    desk, sent = Curious(), letter()
    await Outbox(desk, tmp_path).send(sent)
    assert desk.found == [f"waiting/{sent['id']}.json"]


async def test_r20_what_a_killed_program_left_behind_is_sent_by_retry(
    tmp_path: Path, receivers: list[Receiver]
) -> None:
    receivers.append(receiver := Receiver(slow=0.3))
    box, sent = outbox(tmp_path, receiver.url), letter()
    task = asyncio.create_task(box._send(sent, lambda _: None))
    await arrival(receiver)
    task.cancel()  # as when the program ends: the letter is there, but nobody knows
    await asyncio.wait([task])
    assert kept(tmp_path) == [f"waiting/{sent['id']}.json"]
    assert await outbox(tmp_path, receiver.url).retry() == (1, 0)
    assert receiver.keys == [sent["id"]] * 2 and kept(tmp_path) == []


async def test_r20_retry_says_what_is_left(tmp_path: Path) -> None:
    box = outbox(tmp_path / "letters", "http://127.0.0.1:9/", attempts=1)
    await box.send(letter())
    (tmp_path / "letters" / "dead" / "broken.json").write_text("{", "utf-8")
    file = settings(tmp_path, "http://127.0.0.1:9/", attempts=1)
    result = await asyncio.to_thread(
        CliRunner().invoke, app, ["handoff", "retry", "--settings", str(file)]
    )
    assert (result.exit_code, result.stdout) == (1, "delivered 0, still kept 2\n")
    assert len(kept(tmp_path / "letters")) == 2


async def test_r20_a_receiver_that_does_not_answer_is_given_up(
    tmp_path: Path, receivers: list[Receiver]
) -> None:
    receivers.append(receiver := Receiver(slow=0.5))
    box = outbox(tmp_path, receiver.url, attempts=1, timeout=0.1)
    assert not await box.send(letter())


async def test_r20_a_letter_goes_on_when_nobody_waits_for_it(
    tmp_path: Path, receivers: list[Receiver]
) -> None:
    receivers.append(receiver := Receiver(slow=0.1))
    box, told, over = outbox(tmp_path, receiver.url), list[bool](), asyncio.Event()

    def done(delivered: bool) -> None:
        told.append(delivered)
        over.set()

    page = asyncio.create_task(box.send(letter(), done))
    await arrival(receiver)
    page.cancel()  # the tab is closed
    await asyncio.wait_for(over.wait(), 5)
    assert told == [True] and kept(tmp_path) == []


async def test_r20_a_letter_that_is_on_its_way_is_not_sent_beside_itself(
    tmp_path: Path, receivers: list[Receiver]
) -> None:
    receivers.append(receiver := Receiver(slow=0.1))
    box, sent = outbox(tmp_path, receiver.url), letter()
    assert await asyncio.gather(box.send(sent), box.send(sent)) == [True, True]
    assert len(receiver.letters) == 1


async def test_r20_a_full_disk_does_not_stop_a_letter(
    tmp_path: Path, receivers: list[Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "made")

    receivers.append(receiver := Receiver())
    box = outbox(tmp_path, receiver.url)
    monkeypatch.setattr("tools.safety.outbox._keep", full)
    assert await box.send(letter())


async def test_r20_a_kept_letter_can_be_taken_back(tmp_path: Path) -> None:
    box, sent = outbox(tmp_path, "http://127.0.0.1:9/", attempts=1), letter()
    await box.send(sent)
    assert box.kept(sent["id"]) and await box.take_back(sent["id"])
    assert kept(tmp_path) == [] and not await box.take_back(sent["id"])


async def test_r20_only_the_owner_may_read_a_kept_letter(tmp_path: Path) -> None:
    box, sent = outbox(tmp_path / "letters", "http://127.0.0.1:9/", attempts=1), letter()
    await box.send(sent)
    made = [tmp_path / "letters", *(tmp_path / "letters").rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in made} == {0}


# The letter.


def test_r20_a_letter_holds_what_they_saw_and_the_transcript_only_if_ticked() -> None:
    lines = [{"role": "user", "content": "Hello."}]
    assert set(letter()) == {"id", "made", "level", "message", "reach"}
    assert letter(transcript=lines)["transcript"] == lines


def test_r20_an_unchanged_letter_keeps_its_id_and_a_changed_one_gets_another() -> None:
    first = letter()
    assert letter(again=first) is first
    for change in ({"message": "Hello again."}, {"level": "high"}, {"transcript": []}):
        assert letter(again=first, **change)["id"] != first["id"]


def test_r20_a_letter_that_nobody_could_answer_is_said_kindly() -> None:
    with pytest.raises(InputError, match="how they can reach you"):
        letter(reach="  ")
    with pytest.raises(InputError, match="still here"):
        letter(message="x" * (LONGEST + 1))


def test_the_page_has_words_for_every_level_of_a_letter() -> None:
    assert tuple(texts.LETTER_LEVELS) == LEVELS


# The settings.


def test_r20_there_is_no_hand_off_unless_one_is_configured() -> None:
    assert open_handoff() is None


def test_r20_the_environment_names_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_HANDOFF", str(settings(tmp_path, "https://desk.example.org/a")))
    handoff = open_handoff()
    assert handoff is not None and handoff.to == "the made desk"
    assert handoff.offer_from == "moderate" and (tmp_path / "letters" / "dead").is_dir()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://desk.example.org/a", "use https"),
        ("http://127.0.0.1.example.org/a", "use https"),
        ("ftp://127.0.0.1/a", "use https"),
        ("https://me:secret@desk.example.org/a", "without a user name"),
        ("desk.example.org", "whole address"),
    ],
)
def test_r20_a_letter_goes_over_https_or_stays_on_this_machine(
    tmp_path: Path, url: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        open_handoff(settings(tmp_path, url))


@pytest.mark.parametrize("url", ["http://localhost:1/", "http://[::1]:1/", "https://a.example/"])
def test_r20_an_address_that_keeps_a_letter_private_is_taken(url: str) -> None:
    assert WebhookSettings(url=url).url == url


@pytest.mark.parametrize("value", [None, "short"])
def test_r20_no_letter_goes_without_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("ATTUNE_HANDOFF_KEY")
    if value:
        monkeypatch.setenv("ATTUNE_HANDOFF_KEY", value)
    with pytest.raises(ConfigError, match="ATTUNE_HANDOFF_KEY"):
        open_handoff(settings(tmp_path, "https://desk.example.org/a"))


def test_r20_retry_without_settings_says_what_is_missing() -> None:
    with pytest.raises(ConfigError, match="ATTUNE_HANDOFF"):
        result = CliRunner().invoke(app, ["handoff", "retry"])
        raise result.exception or AssertionError(result.output)


# The page.


class Unreachable:
    """A desk that fails until `open` is set."""

    def __init__(self) -> None:
        self.open = False
        self.got: list[Letter] = []

    async def deliver(self, letter: Letter) -> None:
        if not self.open:
            raise HandoffError("made", passing=False)
        self.got.append(letter)


class MadePage:
    def __init__(self, folder: Path, handoff: bool = True) -> None:
        self.desk = Unreachable()
        self.log = AuditLog(folder / "audit")
        services = replace(stub_services(example()), audit=self.log)
        shelf = Shelf(services, Saver())
        self.sessions = Sessions(shelf, services, "support")
        self.outbox = Outbox(self.desk, folder / "letters")
        way = Handoff(to="the made desk", answer="Soon", offer_from="moderate", outbox=self.outbox)
        readiness = Readiness(services, shelf.current("support"))
        readiness.done.set()
        self.house = House(
            services=services, shelf=shelf, sessions=self.sessions, readiness=readiness,
            uploads=UploadFolder(folder / "uploads"), graph="support", locale="en",
            handoff=way if handoff else None,
        )  # fmt: skip
        with gr.Blocks():
            graphs = [("support", "support")]
            self.parts = Layout(self.house.phrases, graphs, "support", self.house.handoff)
            self.talk = Talk(self.house, self.parts)
        self.key = self.sessions.begin()

    @property
    def session(self) -> Session:
        session = self.sessions.find(self.key)
        assert session is not None
        return session

    @property
    def letters(self) -> Letters:
        assert self.parts.letter is not None
        return Letters(self.house, self.parts.letter)

    async def say(self, words: str) -> dict[Any, Any]:
        changes: dict[Any, Any] = {}
        request = gr.Request(session_hash="page")
        async for part in self.talk.sent(
            self.key, words, None, None, False, False, "", request
        ):  # fmt: skip
            changes |= part
        return changes

    async def send(
        self, message: str = "Hello.", whole: bool = False, reach: str = REACH
    ) -> dict[Any, Any]:
        changes: dict[Any, Any] = {}
        async for part in self.letters.sent(self.key, "high", message, reach, whole):
            changes |= part
        return changes


@pytest.fixture
def page(tmp_path: Path) -> Iterator[MadePage]:
    (tmp_path / "uploads").mkdir()
    made = MadePage(tmp_path)
    yield made
    made.house.uploads.close()


def graded(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    def grade(self: SafetyPolicy, text: str, **_: Any) -> RiskGrade:
        return grade_of([finding(level=level)])

    monkeypatch.setattr(SafetyPolicy, "grade", grade)


async def test_r20_the_page_offers_a_letter_once_for_each_level(
    page: MadePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = page.parts.letter
    assert form is not None
    assert form.line not in await page.say("Hello.")
    for level, offered in (("low", False), ("moderate", True), ("moderate", False), ("high", True)):
        graded(monkeypatch, level)
        changes = await page.say(f"Hello, {level}.")
        assert (form.line in changes) is offered and form.panel not in changes
        if offered:
            assert changes[form.line].visible and changes[form.level] == level
    assert page.desk.got == []  # offered, but nobody pressed


async def test_r20_a_page_without_a_hand_off_has_no_letter(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    made = MadePage(tmp_path, handoff=False)
    assert made.parts.letter is None
    made.house.uploads.close()


async def test_r20_the_letter_can_always_be_opened(page: MadePage) -> None:
    form = page.parts.letter
    assert form is not None and form.open.visible and not form.panel.visible
    assert (await page.letters.opened(page.key))[form.panel].visible
    assert not (await page.letters.closed())[form.panel].visible


async def test_r20_the_words_stay_in_the_box_until_the_letter_is_delivered(page: MadePage) -> None:
    form = page.parts.letter
    assert form is not None
    changes = await page.send()
    assert form.message not in changes and form.reach not in changes
    assert "could not be delivered" in changes[form.status] and changes[form.back].visible
    page.desk.open = True
    changes = await page.send()
    assert changes[form.message] == "" and "has your letter" in changes[form.status]
    assert len(page.desk.got) == 1 and not page.outbox.kept(page.desk.got[0]["id"])


async def test_r20_pressing_send_again_is_the_same_letter(page: MadePage) -> None:
    await page.send()
    first = page.session.letter
    assert first is not None
    page.desk.open = True
    await page.send()
    assert [got["id"] for got in page.desk.got] == [first["id"]]


async def test_r20_a_letter_that_was_changed_takes_the_place_of_the_one_before(
    page: MadePage,
) -> None:
    await page.send("Hello.")
    await page.send("Hello, with less in it.")
    page.desk.open = True
    assert await page.outbox.retry() == (1, 0)
    assert [got["message"] for got in page.desk.got] == ["Hello, with less in it."]


async def test_r20_the_transcript_is_what_they_saw_when_they_ticked_it(page: MadePage) -> None:
    page.desk.open = True
    await page.say("The first words.")
    seen = await page.letters.enclosing(page.key, True)
    assert "The first words." in seen.value
    await page.say("The later words.")
    await page.send(whole=True)
    [got] = page.desk.got
    assert "The first words." in str(got["transcript"]) and "later" not in str(got)
    await page.send(whole=False)
    assert "transcript" not in page.desk.got[-1]


async def test_r20_a_kept_letter_is_taken_back_by_a_button(page: MadePage) -> None:
    form = page.parts.letter
    assert form is not None
    await page.send()
    changes = await page.letters.taken_back(page.key)
    assert texts.LETTER_TAKEN_BACK in changes[form.status]
    page.desk.open = True
    assert await page.outbox.retry() == (0, 0) and page.desk.got == []


async def test_r20_a_letter_without_a_way_back_is_not_sent(page: MadePage) -> None:
    form = page.parts.letter
    assert form is not None
    page.desk.open = True
    changes = await page.send(reach=" ")
    assert "how they can reach you" in changes[form.status] and form.message not in changes
    assert page.desk.got == []


async def test_r20_the_talk_goes_on_while_a_letter_is_on_its_way(page: MadePage) -> None:
    held = asyncio.Event()

    async def deliver(letter: Letter) -> None:
        await held.wait()

    page.desk.deliver = deliver  # type: ignore[method-assign]
    sending = asyncio.create_task(page.send())
    await asyncio.wait_for(page.say("Hello meanwhile."), 10)
    assert page.session.report is not None and not sending.done()
    held.set()
    await sending


async def test_r21_what_became_of_a_letter_is_recorded_without_a_word_of_it(page: MadePage) -> None:
    await page.send("The made message.")
    page.desk.open = True
    await page.send("The made message.")
    page.log.close()
    told = [(e["kind"], e["level"], e["outcome"]) for e in entries(page.log.file)]
    assert told == [("handoff", "high", "kept"), ("handoff", "high", "delivered")]
    assert "made message" not in page.log.file.read_text("utf-8")


async def test_r20_the_next_turn_says_that_a_letter_was_sent_and_promises_nothing(
    page: MadePage,
) -> None:
    page.desk.open = True
    await page.send()
    assert page.session.news == "delivered"
    await page.say("It was hard to write.")
    shown = page.session.shown[-1]["content"]
    assert shown.startswith("Your letter is sent") and "I do not know whether anybody" in shown
    await page.say("My exam is on Monday.")
    assert page.session.news == "" and "letter" not in page.session.shown[-1]["content"]


async def test_r20_the_next_turn_says_that_a_letter_could_not_be_delivered(page: MadePage) -> None:
    await page.send()
    await page.say("It was hard to write.")
    assert "could not be delivered" in page.session.shown[-1]["content"]


async def test_r20_a_letter_that_was_taken_back_is_not_told_of(page: MadePage) -> None:
    await page.send()
    await page.letters.taken_back(page.key)
    await page.say("My exam is on Monday.")
    assert "letter" not in page.session.shown[-1]["content"]


async def test_r20_the_news_of_a_letter_waits_until_after_a_crisis_turn(
    page: MadePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.desk.open = True
    await page.send()
    graded(monkeypatch, "moderate")
    await page.say("It rains.")
    assert page.session.news == "delivered"


async def test_r20_who_asks_for_a_person_is_told_of_the_letter(page: MadePage) -> None:
    await page.say("Can I talk to a real person?")
    shown = page.session.shown[-1]["content"]
    assert f"You can also write to {page.house.handoff.to}" in shown  # type: ignore[union-attr]
