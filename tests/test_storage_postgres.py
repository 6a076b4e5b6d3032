"""What is particular to a store that several processes share."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.made_storage import (
    IDENTITY,
    KEY,
    SAID,
    everything,
    keep,
    killed,
    made_card,
    opened,
    start_child,
    storage_at,
)
from tools.errors import ConfigError, StorageError
from tools.storage import rows
from tools.storage.keys import Keys
from tools.storage.opening import open_storage
from tools.storage.postgres import PostgresStorage
from tools.storage.records import Waiting

if TYPE_CHECKING:
    from tests.made_postgres import Cluster as Stoppable

pytestmark = pytest.mark.postgres

COUNTER = """
import asyncio, json, sys
from tests.made_storage import opened

async def main():
    async with opened(sys.argv[1], sys.argv[2]) as storage:
        print("ready", flush=True)
        sys.stdin.readline()

        async def add(number):
            async with storage.turn("conversation-1"):
                said = json.loads(await storage.load("conversation-1"))
                await asyncio.sleep(0.005)
                said.append(f"{sys.argv[3]}{number}")
                await storage.save("conversation-1", json.dumps(said).encode())

        await asyncio.gather(*(add(number) for number in range(8)))

asyncio.run(main())
"""

HOLDER = """
import asyncio, sys
from tests.made_storage import opened
from tools.storage.records import Waiting

async def main():
    async with opened(sys.argv[1], sys.argv[2]) as storage:
        await storage.post("conversation-1", Waiting(id="m1", body=b"sent"))
        async with storage.turn("conversation-1"):
            print("ready", flush=True)
            sys.stdin.readline()

asyncio.run(main())
"""


def ready(child: "subprocess.Popen[str]") -> None:
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"


def go(child: "subprocess.Popen[str]") -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


async def test_of_two_processes_with_eight_turns_each_none_is_lost(postgres: str) -> None:
    async with opened(postgres) as storage:
        await storage.begin(made_card(storage), b"[]")
        children = [start_child(COUNTER, [postgres, KEY, name]) for name in "ab"]
        for child in children:
            await asyncio.to_thread(ready, child)
        for child in children:
            go(child)
        for child in children:
            assert await asyncio.to_thread(child.wait, 60) == 0
        said = json.loads(await storage.load("conversation-1") or b"")
    assert sorted(said) == sorted(f"{name}{number}" for name in "ab" for number in range(8))
    # Each process's own in the order they came.
    for name in "ab":
        assert [turn for turn in said if turn[0] == name] == [f"{name}{n}" for n in range(8)]


async def test_a_process_that_is_killed_leaves_its_turn_and_its_messages(postgres: str) -> None:
    async with opened(postgres) as storage:
        await storage.begin(made_card(storage), b"")
        child = start_child(HOLDER, [postgres, KEY])
        await asyncio.to_thread(ready, child)
        assert await storage.left("conversation-1") == []

        async def take() -> list[Waiting]:
            async with storage.turn("conversation-1"):
                return await storage.left("conversation-1")

        taking = asyncio.create_task(take())
        await asyncio.sleep(0.3)
        assert not taking.done()
        child.kill()
        assert killed(await asyncio.to_thread(child.wait, 60))
        async with asyncio.timeout(20):
            assert await taking == [Waiting(id="m1", body=b"sent")]


async def test_two_processes_tell_owners_apart_alike_from_the_start(postgres: str) -> None:
    async with opened(postgres) as one, opened(postgres) as two:
        assert one.owner(IDENTITY) == two.owner(IDENTITY)
        await keep(one)
        assert [card.id for card in await two.cards(two.owner(IDENTITY))] == ["conversation-1"]
        await two.delete("conversation-1")
        await one.save("conversation-1", b"late")
        assert await one.load("conversation-1") is None


async def test_stores_that_are_opened_at_once_make_the_tables_once(postgres: str) -> None:
    stores = [storage_at(postgres) for _ in range(4)]
    await asyncio.gather(*(storage.open() for storage in stores))
    assert len({storage.owner(IDENTITY) for storage in stores}) == 1
    await asyncio.gather(*(storage.close() for storage in stores))


async def test_pinning_and_deleting_at_once_loses_no_version_and_blocks_nobody(
    postgres: str,
) -> None:
    async with opened(postgres) as one, opened(postgres) as two:
        await one.shelve("v1", "text")
        async with asyncio.timeout(30):
            for number in range(10):
                await asyncio.gather(
                    one.begin(made_card(one, f"c{number}"), b""),
                    one.repin(f"c{number - 1}", "v1"),
                    two.delete(f"c{number - 2}"),
                    two.expire(1.0),
                )
        assert await one.count() == 2
    async with opened(postgres) as storage:
        assert await storage.version("v1") == "text"


async def test_a_server_that_goes_away_is_a_clear_message_and_comes_back(
    stoppable: "tuple[Stoppable, str]",
) -> None:
    server, url = stoppable
    async with opened(url) as storage:
        card = await keep(storage)
        async with storage.turn("conversation-1"):
            server.stop()
            with pytest.raises(StorageError, match=r"cannot be reached: see that Postgres"):
                await storage.save("conversation-1", b"new")
            assert not (await storage.condition()).ready
            with pytest.raises(StorageError, match="cannot be reached"):
                async with storage.turn("conversation-2"):
                    pass
        server.start()
        await storage.save("conversation-1", b"new")
        assert await storage.load("conversation-1") == b"new"
        assert (await storage.condition()).ready
        async with storage.turn("conversation-1"):
            pass
        # It is present again: its messages are not taken for left.
        async with opened(url) as other:
            assert await other.left("conversation-1") == []
            assert other.owner(IDENTITY) == card.owner


async def test_a_server_that_was_started_again_meanwhile_is_not_noticed(
    stoppable: "tuple[Stoppable, str]",
) -> None:
    server, url = stoppable
    async with opened(url) as storage:
        await keep(storage)
        async with storage.turn("conversation-1"):
            pass
        server.stop()
        server.start()
        async with storage.turn("conversation-1"):
            assert await storage.load("conversation-1") == SAID
            await storage.save("conversation-1", b"new")


async def test_a_server_that_is_not_there_yet_can_be_opened_later(
    stoppable: "tuple[Stoppable, str]",
) -> None:
    server, url = stoppable
    storage = storage_at(url)
    server.stop()
    with pytest.raises(StorageError, match="cannot be reached"):
        await storage.open()
    assert "cannot be reached" in (await storage.condition()).trouble
    server.start()
    await storage.open()
    await keep(storage)
    await storage.close()


async def test_r19_nothing_of_a_person_stands_in_the_servers_files_in_the_open(
    stoppable: "tuple[Stoppable, str]",
) -> None:
    server, url = stoppable
    async with opened(url) as storage:
        await keep(storage)
        await storage.save("conversation-1", SAID)
    server.stop()
    found = everything(server.data)
    server.start()
    assert b"conversation-1" in found
    assert b"sentinel" not in found.lower()


async def test_a_deletion_of_a_process_that_is_gone_is_finished(postgres: str) -> None:
    async with opened(postgres) as storage:
        await keep(storage)
        # As far as a process came that was killed then.
        storage._transaction(lambda connection: rows.intend(connection, ["conversation-1"]))
    async with opened(postgres) as storage:
        assert await storage.card("conversation-1") is None
        assert storage._transaction(rows.intended) == []


def test_a_key_is_asked_for_before_anything_else() -> None:
    with pytest.raises(ConfigError, match="a key that all its users share: set ATTUNE_KEY"):
        open_storage("postgresql://host/name", keys=Keys())


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "PostgreSQL"])
def test_both_names_of_postgres_are_taken(scheme: str) -> None:
    assert isinstance(open_storage(f" {scheme}://host/name", keys=Keys(KEY)), PostgresStorage)


@pytest.mark.parametrize(
    "url", ["postgresql://me:sentinel@host/name", "postgres://host/name?password=sentinel"]
)
async def test_a_password_is_never_shown(url: str) -> None:
    storage = storage_at(url.replace("host", "127.0.0.1:1"))
    with pytest.raises(StorageError) as refused:
        await storage.open()
    assert "127.0.0.1:1/name" in str(refused.value)
    shown = [str(refused.value), repr(storage), (await storage.condition()).trouble]
    assert not [text for text in shown if "sentinel" in text]


def test_a_url_that_cannot_be_read_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigError, match="is no URL of a database") as refused:
        open_storage("postgresql://me:sentinel@host:port/name", keys=Keys(KEY))
    assert "sentinel" not in str(refused.value)


async def test_a_database_that_does_not_exist_is_said(postgres_server: str) -> None:
    url = postgres_server.replace("/postgres?", "/attune_none?")
    if url == postgres_server:
        pytest.skip("the configured server has another database")
    with pytest.raises(StorageError, match="does not exist: make it"):
        await storage_at(url).open()


def test_the_private_server_is_gone_with_its_test(tmp_path: Path) -> None:
    from tests.made_postgres import cluster

    with cluster() as made:
        folder = made.folder
    assert not folder.exists()
