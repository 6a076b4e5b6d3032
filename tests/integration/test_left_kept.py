"""R19: a kept conversation is unreadable on the disk, and after "delete" it is not there at all.

Looked for are the words themselves and, after the deletion, the encrypted bytes that stood for
them: whoever finds the key later must find nothing to use it on.
"""

import asyncio
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.made_hostile import traces
from tools.storage.keys import Keys
from tools.storage.opening import open_storage

pytestmark = pytest.mark.program

ROOT = Path(__file__).resolve().parents[2]
KEY = "ATTUNE_KEY"
TURNS = 3

WHOLE = """
import asyncio, sys
from graphs.archive import Archive
from graphs.keeping.saver import Saver
from graphs.shelf import Shelf
from tests.made_services import example, stub_services
from tests.made_turn import face, say, voice
from tools.storage.opening import open_storage

token, do = sys.argv[1:]

async def main():
    storage = open_storage()
    await storage.open()
    services = stub_services(example(), ears={"text": f"I met plover{token} there."})
    archive = Archive(Shelf(services, Saver(storage)))
    talk = archive.begin()
    owner = storage.owner(f"user:robin{token}")
    await talk.keep(owner)
    for turn in range(TURNS):
        await say(talk, f"It is about heron{token} again, {turn}.", [voice(), face()],
                  microphone=True, camera=True, country="IE")
    assert any(f"heron{token}" in line["content"] for line in await talk.lines())
    print("kept", flush=True)
    if do == "stay":
        sys.stdin.read()
    input()
    if do == "all":
        await archive.delete_all(owner)
    elif do == "let_go":
        await talk.let_go()
    else:
        await talk.forget()
    print("deleted", flush=True)
    input()
    await storage.close()

asyncio.run(main())
""".replace("TURNS", str(TURNS))


class Child:
    """A program that keeps a conversation in `folder`, and deletes it when told."""

    def __init__(self, folder: Path, do: str) -> None:
        self.folder, self.token = folder, secrets.token_hex(6)
        folder.mkdir(exist_ok=True)
        self.log = folder.parent / "printed"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WHOLE, self.token, do],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env={
                    **os.environ, KEY: KEYS, "ATTUNE_STORE": str(folder / "kept.sqlite"),
                    "TMPDIR": str(folder), "HOME": str(folder),
                },
            )  # fmt: skip

    def wait(self, word: str) -> None:
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        assert line == word, self.log.read_text("utf-8")

    def go(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()

    def words(self) -> dict[str, str | bytes]:
        names = {"typed": "heron", "heard": "plover", "identity": "robin"}
        return {what: f"{bird}{self.token}" for what, bird in names.items()}


KEYS = secrets.token_urlsafe(32)


def sealed(folder: Path, copy: Path) -> dict[str, str | bytes]:
    """Return a piece of every encrypted value that stands in the store, by table."""
    shutil.copytree(folder, copy)
    found: dict[str, str | bytes] = {}
    with sqlite3.connect(copy / "kept.sqlite") as store:
        tables = [
            name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        for table in tables:
            for number, row in enumerate(
                store.execute(f'SELECT * FROM "{table}"')
            ):  # its own names
                for column, value in enumerate(row):
                    if isinstance(value, bytes) and len(value) >= 200:
                        middle = len(value) // 2
                        found[f"{table} {number} {column}"] = value[middle : middle + 24]
    store.close()
    return found


def test_r19_what_is_kept_cannot_be_read_on_the_disk(tmp_path: Path) -> None:
    child = Child(tmp_path / "disk", "stay")
    try:
        child.wait("kept")
        assert traces(child.words(), child.folder, child.log) == []
        assert sealed(child.folder, tmp_path / "copy"), "nothing was kept"
    finally:
        child.end()
    assert traces(child.words(), child.folder, child.log) == []


@pytest.mark.parametrize("how", ["forget", "all", "let_go"])
def test_r19_after_a_deletion_no_byte_is_left_while_the_program_goes_on(
    how: str, tmp_path: Path
) -> None:
    child = Child(tmp_path / "disk", how)
    try:
        child.wait("kept")
        marks = sealed(child.folder, tmp_path / "copy")
        assert marks and len(traces(marks, child.folder)) >= len(marks)
        child.go()
        child.wait("deleted")
        assert traces({**marks, **child.words()}, child.folder, child.log) == []
    finally:
        child.end()
    assert traces({**marks, **child.words()}, child.folder, child.log) == []


@pytest.mark.parametrize("after_ms", [0, 8, 40])
def test_r19_a_deletion_that_was_killed_is_finished_by_the_next_start(
    after_ms: int, tmp_path: Path
) -> None:
    child = Child(tmp_path / "disk", "all")
    try:
        child.wait("kept")
        marks = sealed(child.folder, tmp_path / "copy")
        child.go()
        time.sleep(after_ms / 1000)
    finally:
        child.end()
    left = asyncio.run(reopened(child))
    if left:  # it was killed before it had begun, so the conversation is whole
        assert left == 1 and asyncio.run(reopened(child, delete=True)) == 0
    assert traces({**marks, **child.words()}, child.folder, child.log) == []


async def reopened(child: Child, *, delete: bool = False) -> int:
    """Open the store again and return how many conversations there are."""
    storage = open_storage(str(child.folder / "kept.sqlite"), keys=Keys(KEYS))
    assert storage
    await storage.open()
    try:
        owner = storage.owner(f"user:robin{child.token}")
        if delete:
            await storage.delete_all(owner)
        cards = await storage.cards(owner)
        for card in cards:
            assert await storage.load(card.id), "half of it is gone"
        return len(cards)
    finally:
        await storage.close()
