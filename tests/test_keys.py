"""Keys, what is encrypted with them, and how they are changed."""

import asyncio
import base64
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from typer.testing import CliRunner

from tests.made_storage import (
    IDENTITY,
    KEY,
    SAID,
    VERSION,
    everything,
    keep,
    opened,
    storage_at,
)
from tools.errors import ConfigError, StorageError
from tools.storage.cipher import Cipher, about
from tools.storage.command import key as command
from tools.storage.keys import ENTRY, SERVICE, new_key, parse_keys

ROW = about("state", "conversation-1", "owner")


class MadeKeyring(KeyringBackend):
    """A key store in memory; `shut` makes it refuse."""

    priority = 1

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.shut = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.shut:
            raise keyring.errors.KeyringLocked("sentinel-secret")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@pytest.fixture
def key_store() -> Iterator[MadeKeyring]:
    """Be the key store of the operating system."""
    before, made = keyring.get_keyring(), MadeKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def cipher(*keys: str) -> Cipher:
    return Cipher(parse_keys(",".join(keys)))


def test_what_is_sealed_is_opened_for_its_row_and_looks_different_each_time() -> None:
    made = cipher(KEY)
    sealed = made.seal(SAID, ROW)
    assert made.open(sealed, ROW) == SAID
    assert SAID not in sealed
    assert made.seal(SAID, ROW) != sealed


@pytest.mark.parametrize(
    "row", [("state", "conversation-2", "owner"), ("waiting", "conversation-1", "owner")]
)
def test_a_value_is_not_opened_in_the_place_of_another(row: tuple[str, ...]) -> None:
    with pytest.raises(StorageError, match="changed outside this program"):
        cipher(KEY).open(cipher(KEY).seal(SAID, ROW), about(*row))


def test_parts_of_a_row_do_not_run_into_each_other() -> None:
    assert about("state", "a", "bc") != about("state", "ab", "c")


def test_any_changed_byte_is_noticed() -> None:
    sealed = cipher(KEY).seal(SAID, ROW)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(StorageError):
            cipher(KEY).open(bytes(changed), ROW)


def test_an_older_key_opens_and_the_first_one_seals() -> None:
    new = new_key()
    sealed = cipher(KEY).seal(SAID, ROW)
    both = cipher(new, KEY)
    assert both.open(sealed, ROW) == SAID
    assert not both.is_current(sealed)
    assert cipher(new).open(both.seal(SAID, ROW), ROW) == SAID


def test_a_wrong_key_is_a_sentence_without_the_key() -> None:
    wrong = new_key()
    with pytest.raises(StorageError, match="with another key: set ATTUNE_KEY") as said:
        cipher(wrong).open(cipher(KEY).seal(SAID, ROW), ROW)
    assert wrong not in str(said.value)


@pytest.mark.parametrize("text", ["short", "!" * 44, base64.urlsafe_b64encode(b"x" * 31).decode()])
def test_a_malformed_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError, match="key 2 in ATTUNE_KEY is not 32 bytes") as said:
        parse_keys(f"{KEY},{text}")
    assert text not in str(said.value)


def test_a_key_is_read_with_or_without_its_padding_and_with_spaces() -> None:
    other = new_key()
    assert parse_keys(f" {KEY} , {other.rstrip('=')},") == parse_keys(f"{KEY},{other}")


def test_the_command_prints_a_key_and_nothing_else() -> None:
    said = CliRunner().invoke(command, ["new"])
    [made] = parse_keys(said.output)
    assert said.output == base64.urlsafe_b64encode(made).decode() + "\n"


async def test_opening_makes_no_key_and_keeping_makes_one(
    tmp_path: Path, key_store: MadeKeyring
) -> None:
    async with opened(tmp_path, key="") as storage:
        storage.owner(IDENTITY)
        assert (await storage.condition()).ready
        await storage.delete("none")
        assert key_store.entries == {}
        await keep(storage)
        assert len(parse_keys(key_store.entries[SERVICE, ENTRY])) == 1
        owner = storage.owner(IDENTITY)
    async with opened(tmp_path, key="") as storage:
        assert await storage.load("conversation-1") == SAID
        assert storage.owner(IDENTITY) == owner


async def test_without_a_key_store_keeping_says_how_to_make_a_key(tmp_path: Path) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    try:
        async with opened(tmp_path, key="") as storage:
            condition = await storage.condition()
            assert not condition.ready
            assert "`python -m tools key new` and set ATTUNE_KEY" in condition.trouble
            with pytest.raises(StorageError, match="`python -m tools key new` and set ATTUNE_KEY"):
                await keep(storage)
    finally:
        keyring.set_keyring(before)


async def test_a_locked_key_store_is_a_clear_message_without_what_it_said(
    tmp_path: Path, key_store: MadeKeyring
) -> None:
    async with opened(tmp_path, key="") as storage:
        await keep(storage)
    key_store.shut = True
    with pytest.raises(StorageError, match="key store of this computer did not answer") as said:
        await storage_at(tmp_path, key="").open()
    assert "sentinel" not in str(said.value)


async def test_a_setting_goes_before_the_key_store(tmp_path: Path, key_store: MadeKeyring) -> None:
    async with opened(tmp_path) as storage:
        await keep(storage)
    assert key_store.entries == {}


async def test_a_lost_key_is_a_clear_message_and_loses_nothing(
    tmp_path: Path, key_store: MadeKeyring
) -> None:
    async with opened(tmp_path) as storage:
        await keep(storage)
    for key, said in (("", "is not here: set ATTUNE_KEY"), (new_key(), "with another key")):
        storage = storage_at(tmp_path, key=key)
        with pytest.raises(StorageError, match=said):
            await storage.open()
        assert said in (await storage.condition()).trouble
    async with opened(tmp_path) as storage:
        assert await storage.load("conversation-1") == SAID


async def test_rows_that_were_swapped_in_the_file_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    async with opened(path) as storage:
        await keep(storage, "a", b"of a")
        await keep(storage, "b", b"of b")
        thief = storage.owner("user:thief")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE conversations SET body = (SELECT body FROM conversations WHERE id = 'b') "
            "WHERE id = 'a'"
        )
        connection.execute("UPDATE conversations SET owner = ? WHERE id = 'b'", (thief,))
    connection.close()
    async with opened(path) as storage:
        for id in ("a", "b"):
            with pytest.raises(StorageError, match="changed outside"):
                await storage.load(id)


def rotate(monkeypatch: pytest.MonkeyPatch, place: Path, setting: str) -> str:
    """Run the command with a value of ATTUNE_KEY."""
    monkeypatch.setenv("ATTUNE_KEY", setting)
    ended = CliRunner().invoke(command, ["rotate", "--store", str(place)], catch_exceptions=False)
    assert ended.exit_code == 0
    return ended.output


def prepare(place: Path, key: str, count: int = 1) -> str:
    """Keep conversations, and return whose they are."""

    async def write() -> str:
        async with opened(place, key) as storage:
            for number in range(count):
                card = await keep(storage, f"c{number}")
            return card.owner

    return asyncio.run(write())


def check(place: Path, key: str, owner: str, count: int = 1) -> None:
    """See that everything is there for its owner."""

    async def read() -> None:
        async with opened(place, key) as storage:
            assert storage.owner(IDENTITY) == owner
            assert len(await storage.cards(owner)) == count
            for number in range(count):
                assert await storage.load(f"c{number}") == SAID
                assert [left.body for left in await storage.left(f"c{number}")] == [SAID]
            assert await storage.version("v1") == VERSION

    asyncio.run(read())


def test_rotating_seals_everything_with_the_first_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, new = tmp_path / "kept.sqlite", new_key()
    owner = prepare(path, KEY, count=60)
    with sqlite3.connect(path) as connection:
        [[old]] = connection.execute("SELECT body FROM conversations WHERE id = 'c0'").fetchall()
    connection.close()
    # 60 conversations, 60 messages, a version and the secret of the owners.
    said = rotate(monkeypatch, path, f"{new},{KEY}")
    assert f"encrypted 122 values again, of 60 conversations in {path}" in said
    check(path, new, owner, count=60)
    # What the old key opens is not left in the file.
    assert old not in everything(tmp_path)
    assert "encrypted 0 values again" in rotate(monkeypatch, path, f"{new},{KEY}")


def test_rotating_in_the_key_store_makes_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key_store: MadeKeyring
) -> None:
    owner = prepare(tmp_path, "")
    before = key_store.entries[SERVICE, ENTRY]
    assert "encrypted 4 values again" in rotate(monkeypatch, tmp_path, "")
    new, old = key_store.entries[SERVICE, ENTRY].split(",")
    assert old == before
    check(tmp_path, new, owner)


def test_rotating_moves_from_the_key_store_to_a_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key_store: MadeKeyring
) -> None:
    owner = prepare(tmp_path, "")
    rotate(monkeypatch, tmp_path, KEY)
    check(tmp_path, KEY, owner)


def refused(monkeypatch: pytest.MonkeyPatch, place: Path, setting: str) -> str:
    """Run the command with a value of ATTUNE_KEY, and return why it does nothing."""
    monkeypatch.setenv("ATTUNE_KEY", setting)
    ended = CliRunner().invoke(command, ["rotate", "--store", str(place)])
    assert isinstance(ended.exception, ConfigError | StorageError)
    assert "can go" not in ended.output
    return str(ended.exception)


def test_rotating_a_store_that_is_not_there_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, keys = tmp_path / "mistyped" / "kept.sqlite", f"{new_key()},{KEY}"
    assert f"there is no store at {place}" in refused(monkeypatch, place, keys)
    assert not place.parent.exists()
    place.parent.mkdir()
    place.touch()
    assert f"there is no store at {place}" in refused(monkeypatch, place, keys)
    assert place.read_bytes() == b""


def test_rotating_needs_a_newer_key_besides_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = prepare(tmp_path, KEY)
    for setting in (KEY, f"{KEY},{KEY}"):
        said = refused(monkeypatch, tmp_path, setting)
        assert "one key alone" in said and KEY not in said
    check(tmp_path, KEY, owner)


def test_rotating_without_any_key_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key_store: MadeKeyring
) -> None:
    assert "there is no key" in refused(monkeypatch, tmp_path, "")
    assert key_store.entries == {}


def test_rotating_where_nothing_is_kept_lets_no_key_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def make() -> None:
        async with opened(tmp_path):
            pass

    asyncio.run(make())
    said = rotate(monkeypatch, tmp_path, f"{new_key()},{KEY}")
    assert f"no conversation is kept in {tmp_path}" in said and "can go" not in said


def test_rotating_what_is_off_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_KEY", KEY)
    ended = CliRunner().invoke(command, ["rotate", "--store", "off"])
    assert isinstance(ended.exception, ConfigError)


def test_rotating_that_was_broken_off_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, new = tmp_path / "kept.sqlite", new_key()
    owner = prepare(path, KEY, count=4)
    monkeypatch.setattr("tools.storage.rotation.STEP", 1)

    async def broken() -> None:
        def stop(done: int, of: int) -> None:
            if done == 5:
                raise KeyboardInterrupt

        async with opened(path, f"{new},{KEY}") as storage:
            with pytest.raises(KeyboardInterrupt):
                await storage.reseal(stop)

    asyncio.run(broken())
    check(path, f"{new},{KEY}", owner, count=4)
    rotate(monkeypatch, path, f"{new},{KEY}")
    check(path, new, owner, count=4)


def test_a_key_is_nowhere_in_the_environment_of_the_tests() -> None:
    assert KEY not in os.environ.get("ATTUNE_KEY", "")
