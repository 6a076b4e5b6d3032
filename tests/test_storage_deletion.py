"""What is deleted is gone from every file, wherever the deletion was killed."""

import asyncio
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.made_storage import KEY, SAID, everything, keep, killed, made_card, opened, start_child
from tools.errors import StorageError
from tools.storage.keys import Keys, new_key
from tools.storage.records import Waiting
from tools.storage.sqlite import SqliteStorage

GONE = ("sentinel-gone-1", "sentinel-gone-2")
STAYS = "stays"
IDENTITY = "user:who leaves"

# Deletes once for every way to die that is read from its input, each in a copy and a process of its
# own. How a child died, and before which statement, is told on its output.
CHILD = """
import asyncio, json, os, signal, shutil, sqlite3, sys, threading
from pathlib import Path
from tests.made_storage import storage_at

def die():
    os.kill(os.getpid(), signal.SIGKILL)

async def delete(folder, way):
    storage = storage_at(folder / "kept.sqlite", sys.argv[2])
    await storage.open()
    owner = storage.owner(sys.argv[3])
    for card in await storage.cards(owner):
        await storage.save(card.id, os.urandom(9000))
    connection = storage._engine.raw_connection().driver_connection
    bodies = [row[0].hex() for row in connection.execute(
        "SELECT body FROM conversations WHERE owner = ? UNION ALL "
        "SELECT waiting.body FROM waiting JOIN conversations ON conversation = id WHERE owner = ?",
        (owner, owner))]
    told = open(folder.with_suffix(".told"), "w")
    print(json.dumps(bodies), file=told, flush=True)
    seen = 0

    def count(statement):
        nonlocal seen
        seen += 1
        print(statement.split()[0], file=told, flush=True)
        if seen == way.get("statement"):
            die()
        if statement == "VACUUM" and "vacuum" in way:
            steps = iter(range(way["vacuum"]))
            connection.set_progress_handler(lambda: die() if next(steps, die) is die else 0, 1)

    connection.set_trace_callback(count)
    if "seconds" in way:
        threading.Timer(way["seconds"], die).start()
    await storage.delete_all(owner)
    await storage.close()
    print("returned", file=told, flush=True)
    os._exit(0)

template = Path(sys.argv[1])
for line in sys.stdin:
    folder, way = json.loads(line)
    folder = Path(folder)
    shutil.copytree(template, folder)
    child = os.fork()
    if not child:
        asyncio.run(delete(folder, way))
        os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass
class Death:
    """How one deletion ended: the exit code, the statements begun, what was on disk before."""

    folder: Path
    code: int
    statements: list[str]
    bodies: list[bytes]

    @property
    def was_begun(self) -> bool:
        """Whether the first transaction can have been committed."""
        return "COMMIT" in self.statements[:-1]


async def made(folder: Path) -> None:
    """Make a store with two conversations that are to go and one that stays."""
    async with opened(folder / "kept.sqlite") as storage:
        for id in (GONE[0], STAYS, GONE[1]):
            owner = storage.owner("somebody else" if id == STAYS else IDENTITY)
            await storage.begin(made_card(storage, id, owner=owner), SAID)
            await storage.post(id, Waiting(id=f"message-of-{id}", body=SAID))


def deaths(tmp_path: Path, ways: Iterable[dict[str, float]]) -> list[Death]:
    """Delete once for each way to die."""
    asyncio.run(made(tmp_path / "made"))
    folders = [(tmp_path / f"way-{number}", way) for number, way in enumerate(ways)]
    child = start_child(CHILD, [str(tmp_path / "made"), KEY, IDENTITY])
    lines = "\n".join(json.dumps([str(folder), way]) for folder, way in folders)
    codes = child.communicate(lines, timeout=120)[0].split()
    assert child.returncode == 0
    found = []
    for (folder, _), code in zip(folders, codes, strict=True):
        bodies, *statements = folder.with_suffix(".told").read_text().splitlines()
        seen = [bytes.fromhex(body) for body in json.loads(bodies)]
        found.append(Death(folder, int(code), statements, seen))
    return found


def traces(folder: Path, bodies: Iterable[bytes]) -> list[str]:
    """Return what is found in the files of a folder of conversations that are gone."""
    bytes_left = everything(folder)
    found = [id for id in GONE if id.encode() in bytes_left]
    found += [f"message of {id}" for id in GONE if f"message-of-{id}".encode() in bytes_left]
    found += ["words"] * (SAID in bytes_left)
    for body in bodies:
        # A long value is spread over pages: look for short pieces of it.
        pieces = (body[start : start + 16] for start in range(0, len(body) - 16, 64))
        found += ["ciphertext"] * any(piece in bytes_left for piece in pieces)
    return found


async def check(death: Death) -> bool:
    """Open what a death left behind; say whether the conversations are gone, every byte of them."""
    async with opened(death.folder / "kept.sqlite") as storage:
        kept = await storage.cards(storage.owner(IDENTITY))
        assert await storage.load(STAYS) == SAID
        if kept:
            assert {card.id for card in kept} == set(GONE)
            for id in GONE:
                assert len(await storage.load(id) or b"") == 9000
                assert [m.body for m in await storage.left(id)] == [SAID]
            return False
        # While it runs, too: not only once it was closed.
        assert traces(death.folder, death.bodies) == []
    assert traces(death.folder, death.bodies) == []
    return True


def test_r19_after_kill_9_at_any_statement_the_next_start_leaves_no_byte(tmp_path: Path) -> None:
    found = deaths(tmp_path, [{"statement": number} for number in range(1, 29)])
    finished = [death for death in found if not killed(death.code)]
    assert all(death.statements[-1] == "returned" for death in finished)
    # So many that the last ones came to the end: no statement was left out.
    assert 20 < len(found) - len(finished) < len(found)
    assert {"VACUUM", "PRAGMA"} <= {death.statements[-1] for death in found}
    assert [asyncio.run(check(death)) for death in found] == [death.was_begun for death in found]


def test_r19_after_kill_9_inside_the_sweep_the_next_start_leaves_no_byte(tmp_path: Path) -> None:
    found = deaths(tmp_path, [{"vacuum": steps} for steps in (0, 3, 30, 90, 200, 400)])
    assert sum(killed(death.code) for death in found) >= 4
    assert all(asyncio.run(check(death)) for death in found)


def test_r19_after_kill_9_at_any_moment_the_next_start_leaves_no_byte(tmp_path: Path) -> None:
    found = deaths(tmp_path, [{"seconds": number * 0.004} for number in range(12)])
    assert any(killed(death.code) for death in found)
    for death in found:
        gone = asyncio.run(check(death))
        assert gone or not death.was_begun


def bodies_of(path: Path) -> list[bytes]:
    """Return all sealed values, read beside the store."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT body FROM conversations UNION SELECT body FROM waiting")
        found = [row[0] for row in rows]
    connection.close()
    return found


@pytest.mark.parametrize("how", ["delete", "delete_all", "expire"])
async def test_r19_a_deletion_that_returned_left_no_byte(tmp_path: Path, how: str) -> None:
    path = tmp_path / "kept.sqlite"
    async with opened(path, now=50.0) as storage:
        seen: list[bytes] = []
        for size in (10, 40_000, 300):
            for id in GONE:
                await storage.begin(made_card(storage, id), os.urandom(size))
                await storage.post(id, Waiting(id=f"message-of-{id}", body=os.urandom(size)))
                await storage.save(id, os.urandom(size))
            seen += bodies_of(path)
        assert traces(tmp_path, seen)
        if how == "delete":
            for id in GONE:
                await storage.delete(id)
        elif how == "delete_all":
            assert await storage.delete_all(storage.owner("user:sentinel-person")) == 2
        else:
            assert await storage.expire(50.1) == 2
        assert traces(tmp_path, seen) == []


async def test_many_go_with_one_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweeps: list[str] = []
    monkeypatch.setattr(SqliteStorage, "_sweep", lambda storage: sweeps.append(storage.where))
    async with opened(tmp_path / "kept.sqlite") as storage:
        for number in range(30):
            await storage.begin(made_card(storage, str(number)), b"")
        assert await storage.delete_all(storage.owner("user:sentinel-person")) == 30
    assert len(sweeps) == 1


async def test_a_sweep_that_failed_is_said_and_made_up_for_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    storage = SqliteStorage(path, Keys(KEY), patience=0.1)
    await storage.open()
    try:
        await keep(storage, GONE[0])
        await keep(storage, GONE[1])
        seen = bodies_of(path)
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM conversations").fetchone()
        with pytest.raises(StorageError, match=r"another program .*kept\.sqlite"):
            await storage.delete(GONE[0])
        assert await storage.card(GONE[0]) is None
        reader.close()
        await storage.delete(GONE[1])
        assert traces(tmp_path, seen) == []
    finally:
        await storage.close()


async def test_a_deletion_needs_no_key(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    async with opened(path) as storage:
        await keep(storage, GONE[0])
        seen = bodies_of(path)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO deletions (id) VALUES (?)", (GONE[0],))
    connection.close()
    with pytest.raises(StorageError, match="another key"):
        async with opened(path, new_key()):
            pass
    assert traces(tmp_path, seen) == []


async def test_damaged_files_put_aside_go_with_the_next_deletion(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    async with opened(path) as storage:
        await keep(storage)
        shutil.copy(path, tmp_path / "kept.sqlite.damaged-20260101-000000")
        await storage.delete("conversation-1")
    assert not list(tmp_path.glob("*damaged*"))
