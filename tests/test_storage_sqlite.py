"""What is particular to a store in one file."""

import asyncio
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.made_storage import (
    IDENTITY,
    KEY,
    SAID,
    VERSION,
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
from tools.storage.command import store as command
from tools.storage.keys import Keys
from tools.storage.opening import open_storage, store_file
from tools.storage.records import Waiting
from tools.storage.repair import repair
from tools.storage.sqlite import SqliteStorage


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_the_file_and_its_folder_are_this_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    before = os.umask(0)
    try:
        async with opened(folder) as storage:
            await keep(storage)
            files = {path.name: mode(path) for path in folder.iterdir()}
    finally:
        os.umask(before)
    assert mode(folder) == 0o700
    assert len(files) == 4  # with its log, the log's index and the lock
    assert set(files.values()) == {0o600}


async def test_r19_nothing_of_a_person_stands_in_the_file_in_the_open(tmp_path: Path) -> None:
    async with opened(tmp_path / "kept.sqlite") as storage:
        await keep(storage, state=b'{"locale": "en-sentinel", "heard": "sentinel"}')
        during = everything(tmp_path)
    for found in (during, everything(tmp_path)):
        assert len(found) > 4096
        assert b"sentinel" not in found.lower()
        assert VERSION.encode() not in found
        assert IDENTITY.encode() not in found
        assert KEY.encode() not in found


WRITER = """
import asyncio, os, signal, sys
from tests.made_storage import keep, opened
from tools.storage.records import Waiting
from tools.storage.repair import repair

async def main():
    async with opened(sys.argv[1], sys.argv[2]) as storage:
        await keep(storage)
        await storage.save("conversation-1", b"second", taken=["message-of-conversation-1"])
        await storage.post("conversation-1", Waiting(id="m2", body=b"third"))
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_was_written_survives_kill_9(tmp_path: Path) -> None:
    child = start_child(WRITER, [str(tmp_path / "kept.sqlite"), KEY])
    assert killed(child.wait(timeout=60))
    async with opened(tmp_path / "kept.sqlite") as storage:
        assert await storage.load("conversation-1") == b"second"
        assert await storage.left("conversation-1") == [Waiting(id="m2", body=b"third")]


async def test_what_was_written_is_flushed_to_the_disk(tmp_path: Path) -> None:
    async with opened(tmp_path / "kept.sqlite") as storage:
        assert isinstance(storage, SqliteStorage)
        pragmas = {
            name: storage._execute(f"PRAGMA {name}")[0][0]
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert pragmas == {
        "journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1
    }  # fmt: skip


async def test_a_second_process_is_told_which_file_and_what_to_do(tmp_path: Path) -> None:
    async with opened(tmp_path / "kept.sqlite") as storage:
        await keep(storage)
        other = storage_at(tmp_path / "kept.sqlite")
        with pytest.raises(StorageError, match=r"kept\.sqlite open: stop that one, or set ATTUNE_"):
            await other.open()
        assert "stop that one" in (await other.condition()).trouble
    await other.open()
    assert await other.load("conversation-1") == SAID
    await other.close()


async def test_a_file_that_another_program_locks_is_a_clear_message(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "kept.sqlite", Keys(KEY), patience=0.1)
    await storage.open()
    await keep(storage)
    other = sqlite3.connect(tmp_path / "kept.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match=r"another program is using .*kept\.sqlite: close it"):
        await storage.save("conversation-1", b"new")
    assert not (await storage.condition()).ready
    other.close()
    await storage.save("conversation-1", b"new")
    assert await storage.load("conversation-1") == b"new"
    await storage.close()


async def test_a_full_disk_is_a_clear_message_and_loses_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path / "kept.sqlite") as storage:
        assert isinstance(storage, SqliteStorage)
        await keep(storage)
        [[pages]] = storage._execute("PRAGMA page_count")
        storage._execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StorageError, match=r"no room left on the disk for .*kept\.sqlite"):
            await storage.save("conversation-1", os.urandom(200_000))
        assert await storage.load("conversation-1") == SAID
        storage._execute(f"PRAGMA max_page_count={10**6}")
        await storage.save("conversation-1", b"again")
        assert await storage.load("conversation-1") == b"again"


async def test_an_owner_outlives_a_first_keeping_that_failed(tmp_path: Path) -> None:
    async with opened(tmp_path / "kept.sqlite") as storage:
        assert isinstance(storage, SqliteStorage)
        storage._transaction(lambda c: c.execute(rows.secrets.delete()))  # as if never written
        [[pages]] = storage._execute("PRAGMA page_count")
        storage._execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StorageError, match="no room"):
            await storage.begin(made_card(storage), os.urandom(200_000))
        storage._execute(f"PRAGMA max_page_count={10**6}")
        owner = (await keep(storage)).owner
    async with opened(tmp_path / "kept.sqlite") as storage:
        assert storage.owner(IDENTITY) == owner


async def test_little_room_is_shown_before_it_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.storage.sqlite.ROOM", 2**62)
    async with opened(tmp_path / "kept.sqlite") as storage:
        condition = await storage.condition()
    assert not condition.ready
    assert "no room left" in condition.trouble


async def test_a_folder_that_cannot_be_written_is_a_clear_message(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="see to the permissions"):
        await storage_at(tmp_path / "taken" / "kept.sqlite").open()


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="the database of another program"):
        await storage_at(path).open()
    assert path.read_bytes() == before


async def made(path: Path, count: int = 40) -> None:
    """Make a store of many conversations, large enough to be damaged in one place."""
    async with opened(path) as storage:
        for number in range(count):
            await storage.begin(made_card(storage, f"c{number:02}"), b"%02d" % number * 3000)


def damage(path: Path) -> None:
    """Overwrite a few pages in the middle."""
    content = bytearray(path.read_bytes())
    start = len(content) // 4096 // 2 * 4096
    content[start : start + 3 * 4096] = b"\xa5" * 3 * 4096
    path.write_bytes(content)


async def test_a_damaged_file_is_said_and_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    await made(path)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StorageError, match="is damaged: .*`python -m tools store repair`"):
        await storage_at(path).open()
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*damaged*"))


async def test_a_repair_carries_over_what_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    await made(path)
    damage(path)
    said = CliRunner().invoke(command, ["--store", str(path)])
    assert said.exit_code == 0, said.output
    [aside] = [
        path for path in tmp_path.glob("*.damaged-*") if not path.name.endswith(("wal", "shm"))
    ]
    assert aside.name in said.output.replace("\n", "")
    async with opened(path) as storage:
        cards = await storage.cards(storage.owner(IDENTITY))
        assert 30 <= len(cards) < 40
        assert f"carried over {len(cards)} conversations" in said.output
        damaged = 0
        for card in cards:
            try:
                assert await storage.load(card.id) == card.id[1:].encode() * 3000
            except StorageError:
                damaged += 1  # only a value's end was hit: its key tells
    assert damaged <= 2
    assert mode(path) == 0o600


async def test_a_repair_that_is_killed_leaves_the_damaged_file_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.sqlite"
    await made(path)
    damage(path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tools.storage.repair.os.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            repair(path)
    assert path.exists()
    found = repair(path)
    assert found is not None and found.carried["conversations"] >= 30


async def test_r19_deleting_everything_deletes_damaged_files_that_may_hold_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "kept.sqlite"
    await made(path)
    damage(path)
    repair(path)
    (tmp_path / "kept.sqlite.new").write_bytes(b"broken off")
    async with opened(path) as storage:
        assert await storage.delete_all(storage.owner("visitor:nobody here any more")) == 0
    assert not list(tmp_path.glob("*.damaged-*")) and not (tmp_path / "kept.sqlite.new").exists()


async def test_a_repair_leaves_a_whole_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    await made(path, 2)
    before = path.read_bytes()
    said = CliRunner().invoke(command, ["--store", str(path)])
    assert "nothing is wrong" in said.output
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.damaged-*"))


async def test_a_repair_of_what_is_no_database_begins_a_fresh_one(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    path.write_bytes(b"not a database at all " * 1000)
    with pytest.raises(StorageError, match="damaged, or not a store"):
        await storage_at(path).open()
    said = CliRunner().invoke(command, ["--store", str(path)])
    assert said.exit_code == 1 and "carried over" not in said.output
    assert "nothing of" in said.output and "the damaged file is" in said.output
    async with opened(path) as storage:
        await keep(storage)


async def test_a_repair_waits_for_no_program_that_has_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    async with opened(path) as storage:
        await keep(storage)
        ended = await asyncio.to_thread(CliRunner().invoke, command, ["--store", str(path)])
    assert isinstance(ended.exception, StorageError)
    assert "stop that one" in str(ended.exception)


def test_a_repair_of_nothing_says_so(tmp_path: Path) -> None:
    ended = CliRunner().invoke(command, ["--store", str(tmp_path / "none.sqlite")])
    assert isinstance(ended.exception, StorageError)
    assert "there is no store" in str(ended.exception)


def test_a_setting_names_a_file_a_folder_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATTUNE_STORE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "with.dot"
    folder.mkdir()
    assert store_file(str(folder)) == folder / "conversations.sqlite"
    assert store_file(str(tmp_path / "new")) == tmp_path / "new" / "conversations.sqlite"
    assert store_file(str(tmp_path / "my.db")) == tmp_path / "my.db"
    assert store_file().name == "conversations.sqlite"
    assert store_file().is_absolute()
    assert open_storage("off") is None


def test_the_environment_names_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_STORE", str(tmp_path / "my.db"))
    monkeypatch.setenv("ATTUNE_KEY", KEY)
    storage = open_storage()
    assert isinstance(storage, SqliteStorage)
    assert storage.path == tmp_path / "my.db"
    monkeypatch.setenv("ATTUNE_STORE", "off")
    assert open_storage() is None


@pytest.mark.parametrize(
    "setting",
    [
        "mysql://me:sentinel@host/name",
        "postgres:/me:sentinel@127.0.0.1:1",
        "postgresql:sentinel",
        "postgresql//me:sentinel@host/name",
        "me:sentinel@host/name",
        "//me:sentinel@host/name",
    ],
)
def test_an_address_of_no_store_is_refused_without_its_password(setting: str) -> None:
    with pytest.raises(ConfigError, match="ATTUNE_STORE is an address") as refused:
        open_storage(setting, keys=Keys(KEY))
    assert "sentinel" not in str(refused.value)


@pytest.mark.parametrize(
    "path", ["/srv/at 10:30/me@host", r"C:\kept\me@host", "~/a:b@c", "./a:b@c"]
)
def test_a_path_is_no_address(path: str) -> None:
    assert isinstance(open_storage(path, keys=Keys(KEY)), SqliteStorage)
