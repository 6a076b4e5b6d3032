"""Versions of a graph: hot reload, a broken edit, a conversation that keeps its own."""

import os
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graphs.keeping.saver import Saver
from graphs.run import Conversation, TurnReport
from graphs.shelf import Shelf
from graphs.spec import FOLDER
from tests.made_services import stub_services
from tests.made_turn import say
from tools.errors import AttuneError, ConfigError

GOOD = "name: mine\ninclude: support\n"
FEWER = GOOD + "nodes:\n  respond: {options: {sentences: 1}}\n"
BROKEN = GOOD + "drop: [check]\n"


def test_services_that_may_answer_nobody_make_no_version() -> None:
    with pytest.raises(ConfigError, match="unmasked services answer nobody"):
        Shelf(stub_services(unmasked=True), Saver())


def test_services_that_may_answer_nobody_have_no_conversation(shelf: Shelf) -> None:
    version = shelf.current("support")
    with pytest.raises(ConfigError, match="unmasked services answer nobody"):
        Conversation(version, stub_services(unmasked=True))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD, "utf-8")
    return path


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(stub_services(chat={"reply": "One thing. Another thing."}), Saver())


def refusals(report: TurnReport) -> list[str]:
    return [note["text"] for note in report["notes"] if "is refused" in note["text"]]


def edit(path: Path, text: str) -> None:
    before = path.stat().st_mtime_ns
    path.write_text(text, "utf-8")
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def test_an_unchanged_file_is_compiled_once(shelf: Shelf, file: Path) -> None:
    assert shelf.current(str(file)) is shelf.current(str(file))


def test_an_edit_makes_a_new_version(shelf: Shelf, file: Path) -> None:
    before = shelf.current(str(file))
    edit(file, FEWER)
    assert shelf.current(str(file)).hash != before.hash


def test_an_edit_that_changes_nothing_keeps_the_hash(shelf: Shelf, file: Path) -> None:
    before = shelf.current(str(file))
    edit(file, f"# a comment\n{GOOD}")
    assert shelf.current(str(file)).hash == before.hash


def test_a_broken_edit_leaves_the_old_version_and_says_why(shelf: Shelf, file: Path) -> None:
    before = shelf.current(str(file))
    edit(file, BROKEN)
    assert shelf.current(str(file)) is before
    assert "unknown node 'check'" in shelf.trouble(str(file))


async def test_the_next_turn_tells_once_that_an_edit_is_refused(shelf: Shelf, file: Path) -> None:
    talk = Conversation(shelf.current(str(file)), shelf.services)
    assert refusals(await say(talk, "Hello.")) == []
    edit(file, BROKEN)
    told = refusals(await say(talk, "Hello again."))
    assert len(told) == 1 and "'mine' is refused" in told[0] and "'check'" in told[0]
    assert refusals(await say(talk, "And again.")) == []
    edit(file, BROKEN.replace("check", "deliver"))
    again = refusals(await say(talk, "I changed it."))
    assert len(again) == 1 and again != told


async def test_a_graph_file_that_is_gone_stops_no_turn(shelf: Shelf, file: Path) -> None:
    talk = Conversation(shelf.current(str(file)), shelf.services)
    file.unlink()
    assert (await say(talk, "Hello."))["reply"] == "One thing. Another thing."


def test_a_look_at_a_graph_that_was_not_edited_reads_nothing(
    shelf: Shelf, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.current(str(file))
    monkeypatch.setattr(shelf, "current", lambda name: pytest.fail("it was read"))
    assert shelf.look(str(file)) == ""


def test_mending_a_broken_edit_ends_the_trouble(shelf: Shelf, file: Path) -> None:
    shelf.current(str(file))
    edit(file, BROKEN)
    shelf.current(str(file))
    edit(file, FEWER)
    shelf.current(str(file))
    assert shelf.trouble(str(file)) == ""


def test_an_edit_of_an_included_file_counts(shelf: Shelf, file: Path, tmp_path: Path) -> None:
    top = tmp_path / "top.yaml"
    top.write_text("name: top\ninclude: mine\n", "utf-8")
    before = shelf.current(str(top))
    edit(file, FEWER)
    assert shelf.current(str(top)).hash != before.hash


def test_an_edit_of_a_pattern_counts_and_a_broken_one_is_refused(
    shelf: Shelf, tmp_path: Path
) -> None:
    folder = tmp_path / "patterns"
    folder.mkdir()
    own, top = folder / "closing.yaml", tmp_path / "top.yaml"
    own.write_text((FOLDER / "patterns" / "closing.yaml").read_text("utf-8"), "utf-8")
    top.write_text("name: top\ninclude: support\npatterns: [closing]\n", "utf-8")
    before = shelf.current(str(top))
    edit(own, own.read_text("utf-8").replace("{use: say}", "{use: say, options: {people: true}}"))
    after = shelf.current(str(top))
    assert after.hash != before.hash
    edit(own, own.read_text("utf-8").replace("closing -> check", "closing -> deliver"))
    assert shelf.current(str(top)) is after
    assert "without passing `check`" in shelf.trouble(str(top))


def test_a_graph_that_was_never_good_is_refused(shelf: Shelf, file: Path) -> None:
    edit(file, BROKEN)
    with pytest.raises(AttuneError, match="cannot be used"):
        shelf.current(str(file))


async def test_a_running_conversation_keeps_its_version(shelf: Shelf, file: Path) -> None:
    talk = Conversation(shelf.current(str(file)), shelf.services)
    edit(file, FEWER)
    newer = Conversation(shelf.current(str(file)), shelf.services)
    assert (await say(talk, "Hello."))["reply"] == "One thing. Another thing."
    assert (await say(newer, "Hello."))["reply"] == "One thing."


def test_a_conversation_needs_the_checkpointer_that_forgets(file: Path) -> None:
    version = Shelf(stub_services(), InMemorySaver()).current(str(file))
    with pytest.raises(ConfigError, match="compiled with `Saver`"):
        Conversation(version, stub_services())


def test_another_binding_is_another_version(file: Path) -> None:
    one = Shelf(stub_services()).current(str(file))
    bound = {
        "text_emotion": "text", "face_emotion": "face", "listen": "ears", "embed": "embed",
        "respond": "chat",
    }  # fmt: skip
    other = Shelf(stub_services(profile=bound)).current(str(file))
    assert one.hash != other.hash and "voice_emotion" not in other.models


def test_how_a_bound_model_is_configured_is_part_of_the_version(file: Path) -> None:
    one = Shelf(stub_services(chat={"reply": "One thing."})).current(str(file))
    other = Shelf(stub_services(chat={"reply": "Another."})).current(str(file))
    assert one.hash != other.hash and one.models == other.models


def test_a_pinned_version_that_is_at_hand_is_not_built_again(shelf: Shelf, file: Path) -> None:
    version = shelf.current(str(file))
    assert shelf.pinned(version.hash, None) is version


def test_a_version_built_from_its_text_is_the_same_one(shelf: Shelf, file: Path) -> None:
    version = shelf.current(str(file))
    edit(file, FEWER)
    shelf.current(str(file))
    again = shelf.pinned(version.hash, version.text)
    assert again is not version and again.hash == version.hash
    assert shelf.pinned(version.hash, None) is again


def test_the_newest_version_is_found_by_what_the_graph_calls_itself(
    shelf: Shelf, file: Path
) -> None:
    version = shelf.current(str(file))
    assert shelf.newest("mine", "support") is version
    assert shelf.newest("gone", "support").spec.name == "support"
