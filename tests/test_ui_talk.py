"""Talking on the page, without a browser."""

import asyncio
from contextlib import closing
from pathlib import Path

import gradio as gr
import pytest

from graphs.keeping.saver import Saver
from graphs.shelf import Shelf
from tests.made_own_data import ADA, CLEO, asks
from tests.made_own_data import house as made_house
from tests.made_risk import grade
from tests.made_services import example, stub_services
from tools.errors import ConfigError
from tools.safety.policy import SafetyPolicy
from ui import texts
from ui.house import House
from ui.layout import Layout
from ui.page import Page
from ui.readiness import Readiness
from ui.session import Sessions
from ui.talk import Talk
from ui.uploads import UploadFolder


async def test_a_screen_that_fails_does_not_wait_for_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("made")

    monkeypatch.setattr(SafetyPolicy, "grade", fail)
    services = stub_services(example())
    shelf, uploads = Shelf(services, Saver()), UploadFolder(tmp_path)
    sessions = Sessions(shelf, services, "support")
    house = House(
        services=services,
        shelf=shelf,
        sessions=sessions,
        readiness=Readiness(services, shelf.current("support")),  # never ready
        uploads=uploads,
        graph="support",
        locale="en",
    )
    with gr.Blocks():
        talk = Talk(house, Layout(house.phrases, [("support", "support")], "support"))
    key = sessions.begin()

    async def turn() -> None:
        request = gr.Request(session_hash="page")
        async for _ in talk.sent(key, "Hello.", None, None, False, False, "", request):
            pass

    await asyncio.wait_for(turn(), 5)
    session = sessions.find(key)
    assert session is not None and session.report is not None
    assert session.report["route"] == "crisis" and session.unsent == []
    uploads.close()


class Slow:
    """Limits that are always reached."""

    def wait_to_send(self, who: object) -> float:
        return 90.0


async def test_too_many_messages_are_put_off_kindly_and_the_words_stay(
    parts: Layout, tmp_path: Path
) -> None:
    async with made_house(tmp_path, parts, keeps=False, limits=Slow()) as made:
        key = await made.tab("Hello.")
        changes = await made.say(key, "Hello again.")
        assert "still in the box" in changes[parts.status] and "2 minutes" in changes[parts.status]
        assert len(made.session(key).shown) == 2
        assert await made.talk.unsent(key, asks()) == "Hello again."


async def test_words_that_could_not_be_taken_come_back(
    parts: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with made_house(tmp_path, parts, keeps=False) as made:
        key = made.visit()

        def fail(*_: object) -> None:
            raise ConfigError("made")

        monkeypatch.setattr(made.talk, "visit", fail)
        changes = await made.say(key, "Hello.")
        assert changes[parts.returned] == "Hello." and changes[parts.words] == ""
        assert texts.SORRY in changes[parts.status]


async def test_while_another_message_waits_stop_stays(parts: Layout, tmp_path: Path) -> None:
    async with made_house(tmp_path, parts, keeps=False, chat={"delay": 0.05}) as made:
        key = made.visit()
        one, two = await asyncio.gather(made.say(key, "Hello."), made.say(key, "Hello again."))
        assert one[parts.stop].visible and not two[parts.stop].visible


async def test_what_is_written_meanwhile_stays_in_the_box(parts: Layout, tmp_path: Path) -> None:
    async with made_house(tmp_path, parts, keeps=False) as made:
        changes = await made.say(made.visit(), "Hello.")
        assert parts.box not in changes and changes[parts.words] == ""


async def test_a_first_message_is_always_answered(parts: Layout, tmp_path: Path) -> None:
    async with made_house(tmp_path, parts, keeps=False, limits=Slow()) as made:
        key = await made.tab("Hello.")
        assert len(made.session(key).shown) == 2


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    with closing(UploadFolder(tmp_path_factory.mktemp("page"))) as uploads:
        services = stub_services(example())
        shelf = Shelf(services, Saver())
        return Page(
            House(
                services=services,
                shelf=shelf,
                sessions=Sessions(shelf, services, "support"),
                readiness=Readiness(services, shelf.current("support")),
                uploads=uploads,
                graph="support",
                locale="en",
            )
        )


def test_the_server_never_holds_what_stands_in_the_box(page: Page) -> None:
    """Gradio keeps what a part held that it was given, for as long as the page is open."""
    given = {part.elem_id for fn in page.blocks.fns.values() for part in fn.inputs}
    assert "words" in given and "box" not in given


def test_a_message_that_waits_keeps_nobody_elses_waiting(page: Page) -> None:
    sent = [fn for fn in page.blocks.fns.values() if getattr(fn.fn, "__func__", None) is Talk.sent]
    assert sent and all(fn.concurrency_limit is None for fn in sent)


async def test_who_is_in_danger_is_never_put_off(
    parts: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SafetyPolicy, "grade", lambda self, text, **_: grade())
    async with made_house(tmp_path, parts, keeps=False, limits=Slow()) as made:
        key = await made.tab("Hello.")
        assert made.session(key).report["route"] == "crisis"
        monkeypatch.undo()
        await made.say(key, "And now?")  # nothing in it, but danger still stands
        assert len(made.session(key).shown) == 4


async def test_a_quick_exit_deletes_everything_of_a_visitor(parts: Layout, tmp_path: Path) -> None:
    async with made_house(tmp_path, parts) as made:
        page = Page.__new__(Page)  # the handler alone: laying the page out takes a while
        page._house, page._keeping = made.house, made.keeping
        key, other = made.visit(), made.visit(page="another")
        for each in (key, other):
            await made.keep(each)
            await made.say(each, "Hello.")
        await page.left_at_once(key, asks(ADA))
        assert await made.kept_ids() == [] and len(made.sessions.of(ADA.key)) == 0


async def test_a_quick_exit_leaves_what_somebody_keeps_who_signed_in(
    parts: Layout, tmp_path: Path
) -> None:
    async with made_house(tmp_path, parts) as made:
        page = Page.__new__(Page)
        page._house, page._keeping = made.house, made.keeping
        kept, unkept = made.visit(CLEO), made.visit(CLEO, "another")
        await made.keep(kept, CLEO)
        await made.say(kept, "Hello.", CLEO)
        await made.say(unkept, "Hello.", CLEO)
        session = made.session(unkept, CLEO)
        for key in (kept, unkept):
            await page.left_at_once(key, asks(CLEO))
        assert len(await made.kept_ids(CLEO)) == 1
        assert session.over and session.shown == []
