"""The store of a program: opened, missing, and cleaned of what nobody uses."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from tools.errors import ConfigError, StorageError
from ui.gate.keeping import expire, keep_days, opened
from ui.server import _cookie_key


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ATTUNE_STORE", "ATTUNE_KEEP_DAYS", "ATTUNE_KEY"):
        monkeypatch.delenv(name, raising=False)


class Broken:
    async def open(self) -> None:
        raise StorageError("the store is locked: end the other program")

    async def close(self) -> None:
        raise AssertionError("it was never open")


async def test_off_keeps_nothing() -> None:
    async with opened("off") as storage:
        assert storage is None
    assert _cookie_key(None) == ""


async def test_a_store_is_open_inside_and_closed_after(tmp_path: Path) -> None:
    async with opened(str(tmp_path / "made.sqlite")) as storage:
        assert storage is not None and _cookie_key(storage)
    with pytest.raises(StorageError):
        await storage.cards("x")


async def test_a_chosen_store_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.gate.keeping.open_storage", lambda setting: Broken())
    with pytest.raises(StorageError, match="locked"):
        async with opened("here.sqlite"):
            pass
    monkeypatch.setenv("ATTUNE_STORE", "there.sqlite")
    with pytest.raises(StorageError, match="locked"):
        async with opened(""):
            pass


async def test_a_store_that_has_no_key_says_so_at_the_start_and_makes_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    try:
        async with opened(str(tmp_path / "made.sqlite")) as storage:
            assert storage is not None
    finally:
        keyring.set_keyring(before)
    assert "there is no key to encrypt conversations with" in caplog.text


async def test_without_a_choice_people_can_talk_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ui.gate.keeping.open_storage", lambda setting: Broken())
    async with opened("") as storage:
        assert storage is None
    assert "locked" in caplog.text


@pytest.mark.parametrize(("setting", "days"), [("", 30.0), ("7", 7.0), ("0.5", 0.5)])
def test_days_are_set(monkeypatch: pytest.MonkeyPatch, setting: str, days: float) -> None:
    monkeypatch.setenv("ATTUNE_KEEP_DAYS", setting)
    assert keep_days() == days


@pytest.mark.parametrize("setting", ["0", "-1", "soon", "nan", "inf", "1e9"])
def test_days_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("ATTUNE_KEEP_DAYS", setting)
    with pytest.raises(ConfigError, match="ATTUNE_KEEP_DAYS"):
        keep_days()


async def test_old_conversations_are_deleted_at_once_and_again_though_one_time_fails() -> None:
    asked: list[float] = []

    async def delete(days: float) -> int:
        asked.append(days)
        if len(asked) == 1:
            raise StorageError("the disk is full")
        return 1

    running = asyncio.create_task(expire(delete, 30.0, every=0.01))
    async with asyncio.timeout(5):
        while len(asked) < 3:
            await asyncio.sleep(0.01)
    running.cancel()
    assert asked[:3] == [30.0] * 3


@pytest.mark.skipif(os.name != "posix", reason="no core dumps and no umask here")
def test_the_program_writes_no_core_and_no_file_for_others(tmp_path: Path) -> None:
    code = (
        "import resource; from ui.gate.process import close_off; close_off();"
        "print(resource.getrlimit(resource.RLIMIT_CORE)); open('made', 'w')"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "(0, 0)"
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600
