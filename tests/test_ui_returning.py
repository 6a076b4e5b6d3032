"""A tab that is loaded again takes up its own session, and nobody else's."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.made_own_data import ADA, BEN, CLEO, MadeHouse, asks, house
from tools.storage.records import Condition
from ui import texts
from ui.layout import Layout
from ui.own import texts as data_texts
from ui.tab import Held, read_held

SAID = "My sister moved to Leeds."


async def tab_after(made: MadeHouse, changes: dict[Any, Any], **more: object) -> str:
    """Return what a tab hands back that was given `changes`."""
    issued = json.loads(changes[made.parts.tab])
    del issued["turn"]
    return json.dumps({**issued, **more})


async def test_a_tab_that_is_loaded_again_goes_on_with_its_session_and_its_words(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        held = await tab_after(made, await made.say(made.visit(), SAID), draft="not sent yet")
        changes = await made.reload(held)
        assert changes[parts.key] == json.loads(held)["key"]
        assert SAID in str(changes[parts.chat].value)
        assert changes[parts.returned] == "not sent yet" and changes[parts.status] == ""


async def test_a_lost_connection_is_named_when_everything_is_still_here(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        held = await tab_after(made, await made.say(made.visit(), SAID), away=True)
        assert (await made.reload(held))[parts.status] == f"<p>{texts.AWAY_BACK}</p>"


async def test_the_page_before_is_missed_too_late_to_end_what_goes_on(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        key = made.visit(page="before")
        held = await tab_after(made, await made.say(key, SAID))
        made.sessions.leave("before", linger=0.05)
        await made.reload(held, page="after")
        made.sessions.leave("before", linger=0.0)
        await asyncio.sleep(0.15)
        assert len(made.session(key).shown) == 2


async def test_another_persons_tab_takes_up_nothing(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts) as made:
        key = made.visit()
        await made.keep(key)
        held = await tab_after(made, await made.say(key, SAID), said=True)
        changes = await made.reload(held, BEN)
        assert changes[parts.key] != key and SAID not in str(changes)
        assert made.session(changes[parts.key], BEN).shown == []


async def test_whoever_signs_in_finds_no_words_of_the_one_before(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        held = json.dumps({"name": "somebody else", "draft": "secret", "said": True})
        changes = await made.reload(held, CLEO)
        assert "secret" not in str(changes) and parts.returned not in changes


async def test_after_a_restart_a_kept_conversation_opens_by_itself(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        key = made.visit()
        await made.keep(key)
        held = await tab_after(made, await made.say(key, SAID), away=True, draft="and then")
        await made.sessions.close()  # as a program that ends
        changes = await made.reload(held)
        assert changes[parts.key] != key and SAID in str(changes[parts.chat].value)
        assert made.session(changes[parts.key]).chat.kept
        assert changes[parts.status] == f"<p>{texts.AWAY_BACK}</p>"
        assert changes[parts.returned] == "and then" and changes[parts.data.timer].active


async def test_after_a_restart_what_was_in_memory_is_said_to_be_gone_and_the_words_are_back(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        await made.say(made.visit(), SAID)
        held = json.dumps({"key": "of-before", "said": True, "flight": ["These words."]})
        changes = await made.reload(held)
        assert (
            texts.AWAY_GONE in changes[parts.status] and texts.AWAY_WORDS in changes[parts.status]
        )
        assert changes[parts.returned] == "These words."


async def test_words_that_have_arrived_are_not_put_back(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts) as made:
        key = made.visit()
        await made.keep(key)
        held = await tab_after(made, await made.say(key, SAID), flight=[SAID])
        assert parts.returned not in await made.reload(held)


async def test_of_several_messages_on_their_way_those_come_back_that_have_not_arrived(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        changes = await made.say(made.visit(), "Hello again.")
        held = await tab_after(made, changes, flight=["Hello again.", "One.", "Two."], draft="And")
        assert (await made.reload(held))[parts.returned] == "One.\nTwo.\nAnd"


async def test_words_of_a_broken_turn_come_back_though_another_message_begins_like_them(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False, chat={"delay": 0.3}) as made:
        key = made.visit()
        turn = made.talk.sent(key, "Hello", None, None, False, False, "", asks())
        await anext(turn)
        made.session(key).shown.insert(0, {"role": "user", "content": "Hello again."})
        changes = await made.reload(json.dumps({"key": key}))
        assert changes[parts.returned] == "Hello"
        await turn.aclose()


@pytest.mark.parametrize("flight", ["One.", 3, {"a": 1}, [3], ["x" * 100_000]])
async def test_what_a_tab_made_up_of_its_flight_counts_for_nothing(
    parts: Layout, tmp_path: Path, flight: object
) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        assert parts.returned not in await made.reload(json.dumps({"flight": flight}))


async def test_a_turn_that_a_reload_breaks_off_gives_its_words_back(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False, chat={"delay": 0.3}) as made:
        key = made.visit()
        held = json.dumps({"key": key, "flight": [SAID], "draft": SAID})
        turn = made.talk.sent(key, SAID, None, None, False, False, "", asks())
        await anext(turn)
        changes = await made.reload(held)
        assert changes[parts.returned] == SAID and made.session(key).shown == []
        await turn.aclose()


async def test_a_tab_that_stands_open_keeps_its_session(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        key = await made.tab(SAID)
        made.sessions.leave("page", linger=0.1)
        assert await made.returning.stayed(key, "", asks()) == {parts.key: key}
        await asyncio.sleep(0.25)
        assert len(made.session(key).shown) == 2


async def test_a_tab_whose_session_is_over_says_so_and_leaves_the_words(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        changes = await made.returning.stayed("of-before", "", asks())
        assert changes[parts.status] == f"<p>{texts.AWAY_GONE}</p>"
        assert not changes[parts.chat].visible and parts.box not in changes


@pytest.mark.parametrize(
    "text",
    [None, "", "[", "[]", "7", '{"key": 7}', '{"draft": null}', "[" * 100_000, '"' + "x" * 10**6],
)
def test_what_no_tab_of_ours_would_hold_is_nothing(text: object) -> None:
    assert read_held(text, ADA) == Held()


async def test_a_store_that_cannot_be_written_is_not_offered(
    parts: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, parts) as made:

        async def condition() -> Condition:
            return Condition(kind="sqlite", ready=False, trouble="there is no key")

        monkeypatch.setattr(made.store, "condition", condition)
        changes = await made.reload("")
        assert "unless you choose" not in changes[parts.welcome]
        listed = await made.data.listed(changes[parts.key], True, asks())
        assert not listed[parts.data.keep].interactive
        assert data_texts.KEEP_IMPOSSIBLE in listed[parts.data.lead]
