"""Messages that are sent at once: answered in the order in which they arrived, and none lost."""

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from graphs.archive import Archive
from graphs.keeping.arrival import ArrivalQueue
from graphs.keeping.written import read
from graphs.run import Conversation, Progress
from tests.made_archive import ADA, READ, archive, kept, opened, reopened, texts
from tests.made_services import stub_services
from tests.made_turn import say
from tools.storage.records import Storage

PROCESS = """
import asyncio, sys
from tests.made_archive import archive, opened
from tests.made_turn import say

async def main(url, id, name):
    async with opened(url) as store:
        talk = await archive(store).open(await store.card(id))
        print("ready", flush=True)
        sys.stdin.readline()
        await asyncio.gather(*(say(talk, f"{name} says {i}.") for i in range(4)))

asyncio.run(main(*sys.argv[1:]))
"""


async def asked(store: Storage, id: str) -> list[str]:
    """Return what people said as it is on disk, after a look at the order of replies."""
    data = await store.load(id)
    assert data is not None
    messages = read(data)["checkpoint"]["channel_values"]["messages"]
    assert [m.type for m in messages] == ["human", "ai"] * (len(messages) // 2)
    pairs = zip(messages[::2], messages[1::2], strict=True)
    assert all(reply.id == f"{person.id}:reply" for person, reply in pairs)
    return [m.text for m in messages if isinstance(m, HumanMessage)]


async def test_eight_messages_at_once_are_answered_in_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        await asyncio.gather(*(say(talk, f"Message {i}.") for i in range(8)))
        assert await asked(store, talk.id) == [f"Message {i}." for i in range(8)]


async def test_two_tabs_on_one_conversation_share_its_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        room: Archive = archive(store)
        one = room.begin()
        card = await one.keep(store.owner(ADA))
        other = await room.open(card)
        tabs: list[Conversation] = [one, other]
        await asyncio.gather(*(say(tabs[i % 2], f"Message {i}.") for i in range(8)))
        assert await asked(store, one.id) == [f"Message {i}." for i in range(8)]
        assert await texts(one) == await texts(other)


async def test_two_tabs_in_memory_share_the_order_too() -> None:
    room = archive(None)
    one = room.begin()
    tabs = [one, Conversation(one.version, stub_services(), id=one.id)]
    await asyncio.gather(*(say(tabs[i % 2], f"Message {i}.") for i in range(8)))
    assert (await texts(one))[::2] == [f"Message {i}." for i in range(8)]


async def test_a_message_that_is_taken_back_while_it_waits_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, stub_services(chat={"delay": 0.1}))
        first = asyncio.create_task(say(talk, "First."))
        await asyncio.sleep(0)
        second = asyncio.create_task(say(talk, "Second."))
        third = asyncio.create_task(say(talk, "Third."))
        while len(talk._thread.posted) < 2:
            await asyncio.sleep(0.001)
        second.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)
        assert await asked(store, talk.id) == ["First.", "Third."]
        assert not talk._thread.posted


async def test_a_turn_that_is_stopped_lets_the_next_one_pass(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        async with aclosing(talk.send("First.", context=READ)) as events:
            async for event in events:
                if isinstance(event, Progress):
                    break
            second = asyncio.create_task(say(talk, "Second."))
            await asyncio.sleep(0)
        await second
        assert await asked(store, talk.id) == ["Second."]


async def test_a_place_that_is_given_up_lets_nobody_pass_too_early() -> None:
    line, order = ArrivalQueue(), list[str]()
    first, second, third = line.place(), line.place(), line.place()
    second.leave()

    async def wait() -> None:
        await third.reached()
        order.append("third")

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    order.append("first")
    first.leave()
    await task
    assert order == ["first", "third"]


@pytest.mark.postgres
async def test_eight_messages_at_once_from_two_processes_are_all_answered(
    postgres: str,
) -> None:
    async with opened(postgres) as store:
        talk = await kept(store)
        processes = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", PROCESS, postgres, talk.id, name),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for name in ("Ada", "Ben")
        ]
        for process in processes:
            assert process.stdout and await process.stdout.readline() == b"ready\n"
        await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
        assert [process.returncode for process in processes] == [0, 0]
        found = await asked(store, talk.id)
        for name in ("Ada", "Ben"):
            said = [words for words in found if words.startswith(name)]
            assert said == [f"{name} says {i}." for i in range(4)]
        assert len(found) == 8 and not await store.left(talk.id)


async def test_a_stop_after_the_delivery_and_before_it_is_seen_leaves_no_reply_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, stub_services(chat={"reply": "That is a lot to carry."}))
        await say(talk, "I keep waiting.")
        before = await texts(talk)
        save = store.save

        async def saved(id: str, state: bytes, **more: Any) -> None:
            await save(id, state, **more)
            if not stopping.cancelling() and read(state)["begun"] is None:
                stopping.cancel()  # the reply is on disk, and nobody has seen it

        monkeypatch.setattr(store, "save", saved)
        stopping = asyncio.create_task(say(talk, "Stop here."))
        await asyncio.wait([stopping])
        assert stopping.cancelled() and await texts(talk) == before
        assert await texts(await reopened(store, talk.id)) == before
