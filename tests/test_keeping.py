"""What is kept of a person, and that they alone can see, save and delete it."""

import asyncio
import html
import logging
import re
from pathlib import Path

import pytest

from tests.made_own_data import ADA, BEN, CLEO, asks, house, laid_out
from tests.made_storage import everything
from tools.errors import StorageError
from ui import texts
from ui.gate.identity import NOBODY
from ui.gate.routes import For, find_route
from ui.layout import Layout
from ui.own import texts as data_texts

SAID = "My sister moved to Leeds."


async def test_r15_nothing_is_kept_until_somebody_chooses_it(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts) as made:
        key = await made.tab(SAID)
        assert not made.session(key).chat.kept and await made.kept_ids() == []
    assert not parts.data.keep.value
    assert not parts.senses.microphone.value and not parts.senses.camera.value


async def test_r15_keeping_begins_with_the_choice_and_says_so(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        key = await made.tab(SAID)
        changes = await made.keep(key)
        assert made.session(key).chat.kept and len(await made.kept_ids()) == 1
        assert "is kept, encrypted, until 30 days" in changes[parts.data.state]
        assert data_texts.SHORT_KEPT in changes[parts.short]
        assert changes[parts.data.timer].active


async def test_r15_taking_it_back_deletes_at_once_and_the_talk_goes_on(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        key = await made.tab(SAID, kept=True)
        changes = await made.data.chosen(key, False, asks())
        assert "stored is deleted" in changes[parts.data.state]
        assert "goes on in memory" in changes[parts.data.state]
        assert await made.kept_ids() == []
        await made.say(key, "And now?")
        assert await made.kept_ids() == [] and len(made.session(key).shown) == 4


async def test_where_nothing_can_be_kept_the_choice_is_closed_with_one_sentence(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        key = made.visit()
        changes = await made.data.listed(key, False, asks())
        assert not changes[parts.data.keep].interactive
        assert changes[parts.data.lead] == f"<p>{data_texts.KEEP_IMPOSSIBLE}</p>"
        await made.keep(key)
        assert not made.session(key).chat.kept


async def test_somebody_unknown_can_keep_nothing(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts) as made:
        key = made.visit(NOBODY)
        await made.keep(key, NOBODY)
        assert not made.session(key, NOBODY).chat.kept
        assert await made.keeping.cards(NOBODY) == []


async def test_a_store_that_fails_is_a_kind_sentence_and_its_reason_is_logged(
    parts: Layout,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with house(tmp_path, parts) as made:
        key = made.visit()

        async def fail(*_: object) -> None:
            raise StorageError("the made disk is full")

        monkeypatch.setattr(made.store, "begin", fail)
        with caplog.at_level(logging.ERROR):
            changes = await made.keep(key)
        assert changes[parts.data.state] == f"<p>{data_texts.KEEP_FAILED}</p>"
        assert not changes[parts.data.keep].value and "disk is full" in caplog.text


async def test_a_turn_that_cannot_be_kept_is_answered_and_says_so(
    parts: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, parts) as made:
        key = made.visit()
        await made.keep(key)

        async def fail(*_: object, **__: object) -> None:
            raise StorageError("made")

        monkeypatch.setattr(made.store, "save", fail)
        changes = await made.say(key, SAID)
        assert changes[parts.status] == f"<p>{texts.KEEP_TROUBLE}</p>"
        assert [b["role"] for b in made.session(key).shown] == ["user", "assistant"]


async def test_a_kept_conversation_is_listed_opened_and_gone_on_with(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        key = await made.tab(SAID, kept=True)
        [id] = await made.kept_ids()
        await made.sessions.end(key, ADA.key)  # the tab was closed
        again = made.visit(page="another")
        listed = await made.data.listed(again, False, asks())
        [(title, value)] = listed[parts.data.choice].choices
        assert value == id and "“My sister moved to Leeds.”" in title
        await made.open(again, id)
        assert [b["content"] for b in made.session(again).shown][:1] == [SAID]
        await made.say(again, "Still there?")
        assert await made.kept_ids() == [id] and len(made.session(again).shown) == 4


async def test_an_unfinished_turn_is_finished_when_it_is_opened(
    parts: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.storage.records import Waiting

    async with house(tmp_path, parts) as made:
        key = await made.tab("Hello.", kept=True)
        [id] = await made.kept_ids()
        await made.sessions.end(key, ADA.key)
        from agents.context import Context
        from graphs.keeping.written import asked_by, post

        waiting = Waiting(id="w1", body=post(asked_by("w1", SAID, Context(), recording=False)))
        assert made.store is not None

        async def left(_: str) -> list[Waiting]:
            return [waiting]

        monkeypatch.setattr(made.store, "left", left)
        again = made.visit(page="another")
        await made.open(again, id)
        shown = made.session(again).shown
        assert [b["role"] for b in shown] == ["user", "assistant"] * 2
        assert shown[2]["content"] == SAID and shown[3]["content"]


async def test_closing_the_tab_in_mid_answer_finishes_and_keeps_the_turn(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, chat={"delay": 0.05}) as made:
        key = made.visit()
        await made.keep(key)
        chat = made.session(key).chat
        turn = made.talk.sent(key, SAID, None, None, False, False, "", asks())
        await anext(turn)
        await turn.aclose()
        assert chat.busy and [b["role"] for b in chat.shown] == ["user"]
        made.sessions.leave("page", linger=0.01)
        async with asyncio.timeout(10):
            while chat.busy:
                await asyncio.sleep(0.02)
        # The page's side of the turn went on, too: not only what is on disk.
        assert [b["role"] for b in chat.shown] == ["user", "assistant"]
        assert [b["role"] for b in await chat.conversation.lines()] == ["user", "assistant"]
        [id] = await made.kept_ids()
        again = made.visit(page="another")
        await made.open(again, id)
        assert len(made.session(again).shown) == 2


async def test_closing_the_tab_in_mid_answer_stops_a_turn_that_is_not_kept(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, chat={"delay": 0.05}) as made:
        key = made.visit()
        chat = made.session(key).chat
        turn = made.talk.sent(key, SAID, None, None, False, False, "", asks())
        await anext(turn)
        await turn.aclose()
        async with asyncio.timeout(10):
            while chat.busy:
                await asyncio.sleep(0.02)
        assert "assistant" not in [b["role"] for b in chat.shown]


async def test_two_tabs_show_the_same_and_sends_from_both_are_answered_in_order(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, chat={"delay": 0.02}) as made:
        one, other = await made.tab("Hello.", kept=True, page="one"), made.visit(page="other")
        [id] = await made.kept_ids()
        await made.open(other, id)
        tick = await made.data.ticked(other, asks())
        assert parts.chat not in tick  # nothing new, nothing sent
        await asyncio.gather(made.say(one, "From one."), made.say(other, "From the other."))
        shown = [b["content"] for b in made.session(other).shown]
        assert shown == [b["content"] for b in made.session(one).shown]
        roles = [b["role"] for b in made.session(other).shown]
        assert roles == ["user", "assistant"] * 3
        said = [line["content"] for line in await made.session(one).conversation.lines()]
        assert said == shown
        await made.say(one, "Once more.")
        tick = await made.data.ticked(other, asks())
        assert "Once more." in str(tick[parts.chat].value)


async def test_what_is_deleted_in_one_tab_is_gone_in_the_other(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        one, other = await made.tab(SAID, kept=True, page="one"), made.visit(page="other")
        [id] = await made.kept_ids()
        await made.open(other, id)
        await made.data.deleted(one, id, "", asks())
        assert await made.kept_ids() == []
        tick = await made.data.ticked(other, asks())
        assert tick[parts.status] == f"<p>{texts.DELETED_ELSEWHERE}</p>"
        assert not tick[parts.chat].visible and not tick[parts.data.timer].active


async def test_deleting_one_asks_first_and_says_when_it_is_the_one_on_the_screen(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        one, other = await made.tab(SAID, kept=True, page="one"), made.visit(page="other")
        [id] = await made.kept_ids()
        asked = await made.data.asked_one(one, id, asks())
        assert asked[parts.data.sure_one].visible and await made.kept_ids() == [id]
        assert "before you" in asked[parts.data.which]
        asked = await made.data.asked_one(other, id, asks())
        assert "before you" not in asked[parts.data.which] and "20" in asked[parts.data.which]


async def test_another_persons_key_finds_nobody(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts) as made:
        key = await made.tab(SAID, kept=True)
        assert made.sessions.find(key, BEN.key) is None
        assert made.sessions.find(key) is None
        changes = await made.say(key, "Hello.", BEN)
        assert changes[parts.key] != key and len(made.session(key).shown) == 2
        exported = await made.exporting.exported("txt", key, True, False, False, asks(BEN))
        assert exported[parts.data.file] == ""


async def test_another_persons_conversation_cannot_be_opened_listed_or_deleted(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        await made.tab(SAID, kept=True)
        [id] = await made.kept_ids()
        bens = made.visit(BEN, "bens")
        changes = await made.open(bens, id, BEN)
        assert changes[parts.data.said] == f"<p>{data_texts.KEPT_GONE}</p>"
        assert made.session(bens, BEN).shown == []
        listed = await made.data.listed(bens, False, asks(BEN))
        assert listed[parts.data.choice].choices == []
        await made.data.deleted(bens, id, "", asks(BEN))
        await made.erasing.erased(bens, None, None, asks(BEN))
        assert await made.kept_ids() == [id]


async def test_r19_delete_everything_leaves_nothing_of_this_person_and_says_what_stays(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        others = made.visit(BEN, "bens")
        await made.keep(others, BEN)
        first, second = made.visit(), made.visit(page="another")
        for key in (first, second):
            await made.keep(key)
            await made.say(key, SAID)
        upload = made.house.uploads.path / "a" / "voice.wav"
        upload.parent.mkdir()
        upload.write_bytes(b"made")
        session = made.session(first)
        changes = await made.erasing.erased(first, str(upload), None, asks())
        assert await made.kept_ids() == [] and len(await made.kept_ids(BEN)) == 1
        assert session.over and not session.shown and not upload.exists()
        assert made.sessions.find(second, ADA.key) is None
        said = changes[parts.data.erased]
        assert "all that was kept" in said and "downloads" in said
        assert made.session(changes[parts.key]).shown == []
    assert SAID.encode() not in everything(tmp_path)


async def test_a_conversation_that_is_kept_is_not_deleted_by_a_new_one(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        key = await made.tab(SAID, kept=True)
        ids = await made.kept_ids()
        await made.sessions.renew(key, "support")
        assert await made.kept_ids() == ids and made.session(key).shown == []


async def test_opening_the_panel_leaves_a_choice_that_is_being_made_alone(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        key, keep = made.visit(), parts.data.keep
        assert "value" not in (await made.data.listed(key, False, asks()))[keep].constructor_args
        await made.keep(key)  # in another tab of the same conversation
        assert (await made.data.listed(key, False, asks()))[keep].value is True


async def test_a_list_that_cannot_be_read_says_so(
    parts: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, parts) as made:
        key = made.visit()

        async def fail(*_: object) -> None:
            raise StorageError("made")

        monkeypatch.setattr(made.store, "cards", fail)
        said = (await made.data.listed(key, False, asks()))[parts.data.said]
        assert said == f"<p>{data_texts.STORE_TROUBLE}</p>"


async def test_a_title_is_a_text_and_no_markup(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts) as made:
        key = made.visit()
        await made.keep(key)
        await made.say(key, "<img src=x onerror=alert(1)> hello\nand\nmore " + "word " * 40)
        [(title, _)] = await made.keeping.entries(ADA)
        assert "\n" not in title and len(title) < 90
        shown = await made.data.listed(key, False, asks())
        [(label, _)] = shown[parts.data.choice].choices
        assert "<img src=x" in label  # Gradio shows it as text, as the browser's test sees
        asked = await made.data.asked_one(key, (await made.kept_ids())[0], asks())
        assert "<img" not in html.unescape(asked[parts.data.which])


async def test_a_name_is_shown_escaped_with_a_way_out(parts: Layout, tmp_path: Path) -> None:
    from dataclasses import replace

    async with house(tmp_path, parts) as made:
        who = replace(CLEO, name="<b>cleo</b>")
        key = made.visit(who)
        changes = await made.data.listed(key, False, asks(who))
        shown = changes[parts.data.who].value
        assert "&lt;b&gt;cleo" in shown and "<b>" not in shown
        [(method, action)] = re.findall(r'<form method="(\w+)" action="([^"]+)">', shown)
        route = find_route(method.upper(), action)
        assert route is not None and route.whom is For.KNOWN and "<button" in shown


async def test_every_handler_changes_only_what_it_is_connected_to(tmp_path: Path) -> None:
    from ui.noticed.answers import Noticing
    from ui.own.erasing import Erasing
    from ui.own.handlers import OwnData
    from ui.page import Page

    async with house(tmp_path, laid_out()) as made:
        page = Page(made.house)
        fns = [fn for fn in page.blocks.fns.values() if fn.fn is not None]
        parts, talk = page._parts, page._talk
        data = OwnData(made.house, parts, talk, made.keeping)
        noticing = Noticing(made.house, parts, talk)
        erasing = Erasing(made.house, parts, talk, made.keeping, data._panel)
        key = made.visit()
        said = [c async for c in talk.sent(key, SAID, None, None, False, False, "", asks())]
        kept = [await data.chosen(key, True, asks())]
        [id] = await made.kept_ids()
        changes = {
            "sent": said,
            "chosen": kept,
            "answered": [await noticing.answered("text", "joy", key, asks())],
            "forgotten": [await noticing.forgotten(key, ["x"], asks())],
            "ticked": [await data.ticked(key, asks())],
            "opened": [c async for c in data.opened(key, id, "", False, False, asks())],
            "new_asked": [await page.new_asked(key, "support", "", asks())],
            "erased": [await erasing.erased(key, None, None, asks())],
            "listed": [await data.listed(key, False, asks())],
        }
        for name, found in changes.items():
            wired = [set(fn.outputs) for fn in fns if fn.name.rpartition(".")[2] == name]
            assert wired, name
            for change in found:
                if isinstance(change, dict):
                    assert any(set(change) <= outputs for outputs in wired), name
