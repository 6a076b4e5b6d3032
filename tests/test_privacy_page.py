"""What `docs/privacy.md` tells a person is what the code does."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from agents.context import Context
from agents.state import KEPT
from tools.storage.keys import Keys, new_key
from tools.storage.opening import FILE, open_storage, store_file
from tools.storage.records import Card
from tools.storage.tables import conversations
from ui import server, texts
from ui.gate.keeping import DAYS, keep_days
from ui.own import texts as data_texts
from ui.session import LINGER_S

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "privacy.md").read_text("utf-8")

TOLD = {
    "messages": "your words",
    "risk": "how serious things seemed",
    "given": "which help you were given",
    "reminded": "last reminded",
    "tried": "which kinds of answer",
    "turn": "how many",
    "summary": "a few sentences of yours from longer ago",
}
"""How the page calls each part of the state that is kept."""

IN_THE_OPEN = {
    "id": "a random name of the conversation",
    "begun": "when it began",
    "used": "was last used",
    "version": "which version of the program",
    "owner": "a code of who you are",
}


def block(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)
    return str(found)


def test_r16_the_page_tells_of_every_part_that_is_kept() -> None:
    assert set(TOLD) == KEPT
    assert not [words for words in TOLD.values() if words not in PAGE]


def test_the_page_tells_of_everything_that_stands_in_the_open() -> None:
    assert set(IN_THE_OPEN) == {column.name for column in conversations.columns} - {"body"}
    assert not [words for words in IN_THE_OPEN.values() if words not in PAGE]


def test_the_page_tells_for_how_many_days_things_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DAYS, raising=False)
    assert f"Until {keep_days():g} days after you last used it" in PAGE
    assert keep_days() == 30 and "after those 30 days" in PAGE


def test_the_page_tells_when_a_closed_tab_is_forgotten() -> None:
    assert LINGER_S == 600 and "ten minutes after you close the tab" in PAGE


def test_the_page_tells_when_an_unsent_recording_is_deleted() -> None:
    assert server._UPLOAD_AGE_S == 1800 and "deleted after half an hour" in PAGE


def test_r15_what_the_page_calls_off_until_switched_on_is_off() -> None:
    off = {field.name: field.default for field in fields(Context)}
    assert off["microphone"] is False and off["camera"] is False
    assert "off until you switch each on" in PAGE


def test_the_page_names_the_file_of_the_store() -> None:
    assert f"`{FILE}`" in PAGE and "/".join(store_file().parts[-3:-1]) in PAGE


@pytest.mark.parametrize("name", ["KEEP", "ERASE", "EXPORT_TEXT", "EXPORT_JSON", "DATA"])
def test_r19_the_page_calls_the_buttons_as_they_are_called(name: str) -> None:
    assert f"*{getattr(data_texts, name)}*" in PAGE
    assert f"*{texts.LEAVE}*" in PAGE


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"tests/\w+\.py", PAGE)
    assert named and all((ROOT / name).exists() for name in named)


def proof(script: Path, folder: Path, when: str) -> str:
    command = [sys.executable, str(script), str(folder), when]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


async def test_r19_the_proof_of_the_page_tells_kept_from_deleted(tmp_path: Path) -> None:
    script, folder = tmp_path / "proof.py", tmp_path / "conversations"
    script.write_text(block("python"), "utf-8")
    storage = open_storage(str(folder), keys=Keys(new_key()))
    assert storage is not None
    await storage.open()
    owner = storage.owner("visitor:made")
    for id in ("one-made-conversation", "another-made-conversation"):
        card = Card(id=id, owner=owner, version="v", begun=1.0, used=2.0)
        await storage.begin(card, b"what somebody said " * 50)
    await storage.close()
    assert proof(script, folder, "before") == "noted 4 marks of 2 conversations\n"
    assert proof(script, folder, "after").startswith("4 of 4")
    await storage.open()
    await storage.delete_all(owner)
    await storage.close()
    assert proof(script, folder, "after").startswith("0 of 4")


def test_the_search_of_the_page_finds_words_that_are_there(tmp_path: Path) -> None:
    command = block("sh").strip()
    phrase = re.search(r'"(.+?)"', command)
    assert phrase is not None
    here = re.sub(r"~\S+|/tmp|/dev/shm", "", command).replace(" | ", f" {tmp_path} | ", 1)
    file = tmp_path / "kept"
    for words, lines in ((phrase[1], 1), ("something else", 0)):
        file.write_text(f"\x00{words}\n", "utf-8")
        found = subprocess.run(["bash", "-c", here], capture_output=True, text=True).stdout
        assert len(found.splitlines()) == lines
