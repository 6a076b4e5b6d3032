"""Stores for tests: empty, encrypted with a key of their own, in a folder or on a server."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tools.storage.keys import Keys, new_key
from tools.storage.opening import open_storage
from tools.storage.records import Card, Waiting
from tools.storage.store import TableStorage

ROOT = Path(__file__).resolve().parents[1]
KEY = new_key()
IDENTITY = "user:sentinel-person"
SAID = b"sentinel-words that nobody else may read"
VERSION = "graph: sentinel-graph\nlocale: en-sentinel"


def storage_at(setting: str | Path, key: str = KEY, **options: float) -> TableStorage:
    """Return a store that is not open yet; `now` stands still at a given time."""
    clock = {"now": lambda: options["now"]} if options else {}
    made = open_storage(str(setting), keys=Keys(key), **clock)
    assert isinstance(made, TableStorage)
    return made


@asynccontextmanager
async def opened(
    setting: str | Path, key: str = KEY, **options: float
) -> AsyncIterator[TableStorage]:
    """Open a store, and close it in the end."""
    storage = storage_at(setting, key, **options)
    await storage.open()
    try:
        yield storage
    finally:
        await storage.close()


def made_card(storage: TableStorage, id: str = "conversation-1", **changed: object) -> Card:
    """Return the card of a conversation of `IDENTITY`."""
    values = {"owner": storage.owner(IDENTITY), "version": "v1", "begun": 10.0, "used": 10.0}
    return Card(id=id, **(values | changed))  # type: ignore[arg-type]


async def keep(storage: TableStorage, id: str = "conversation-1", state: bytes = SAID) -> Card:
    """Keep a conversation with a version text and a waiting message."""
    card = made_card(storage, id)
    await storage.shelve("v1", VERSION)
    await storage.begin(card, state)
    await storage.post(id, Waiting(id=f"message-of-{id}", body=SAID))
    return card


def everything(folder: Path) -> bytes:
    """Return all bytes of all files under a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def killed(code: int) -> bool:
    """Say whether a process ended by SIGKILL."""
    return code == -signal.SIGKILL


def start_child(script: str, arguments: Sequence[str]) -> "subprocess.Popen[str]":
    """Start a Python script in a process of its own, with this project and the tests in reach."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
