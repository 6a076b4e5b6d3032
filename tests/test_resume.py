"""A process that is killed in mid-turn loses nothing, and nothing is answered twice (A5, R19)."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from graphs.keeping.written import Written, read
from graphs.run import Finished, Sentence
from tests.made_archive import drain, opened, reopened, texts
from tests.made_kills import REPLY, WORDS, Kill, kills, services
from tests.made_turn import say
from tools.storage.records import Storage

SERVICES = services()
ENDS: dict[Path, tuple[list[Any], list[Any], list[str]]] = {}


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Kill]]:
    """Every kill, by the kind of turn; they are made once for all tests."""
    found: dict[str, list[Kill]] = {kind: [] for kind in WORDS}
    for kill in kills(tmp_path_factory.mktemp("kills")):
        found[kill.kind].append(kill)
    return found


async def state(store: Storage, id: str) -> Written:
    data = await store.load(id)
    assert data is not None
    return read(data)


def copy(kill: Kill) -> tuple[Path, str]:
    """Return what a kill left, for one test alone."""
    folder = kill.folder.with_name(f"copy-of-{kill.folder.name}")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(kill.folder, folder)
    return folder, (folder / "id").read_text("utf-8")


async def resumed(kill: Kill) -> tuple[list[Any], list[Any], list[str]]:
    """Resume in this process, once for all tests; return messages, events and what still waits."""
    if kill.folder not in ENDS:
        ENDS[kill.folder] = await _resumed(kill)
    return ENDS[kill.folder]


async def _resumed(kill: Kill) -> tuple[list[Any], list[Any], list[str]]:
    folder, id = copy(kill)
    async with opened(folder) as store:
        talk = await reopened(store, id, SERVICES)
        events = await drain(talk)
        again = await drain(talk)
        assert not again
        messages = (await state(store, id))["checkpoint"]["channel_values"]["messages"]
        return messages, events, [waiting.id for waiting in await store.left(id)]


@pytest.mark.parametrize("kind", ["plain", "crisis"])
async def test_a_kill_at_any_boundary_loses_no_message_and_answers_it_once(
    killed: dict[str, list[Kill]], kind: str
) -> None:
    assert {"before begin_turn", "after screen", "after check", "before deliver"} <= {
        kill.at for kill in killed[kind]
    }
    whole = 0
    for kill in killed[kind]:
        messages, _, waiting = await resumed(kill)
        assert [m.type for m in messages] == ["human", "ai"], kill.at
        assert messages[0].text == WORDS[kind] and messages[1].id == f"{messages[0].id}:reply"
        assert not waiting, kill.at
        whole += 1
    assert whole > 20


@pytest.mark.parametrize("kind", ["plain", "crisis"])
async def test_what_was_said_before_a_kill_is_part_of_the_reply_and_not_said_again(
    killed: dict[str, list[Kill]], kind: str
) -> None:
    spoken = [kill for kill in killed[kind] if kill.shown]
    assert spoken
    for kill in spoken:
        messages, events, _ = await resumed(kill)
        reply = messages[1].text
        assert reply.startswith(" ".join(kill.shown)), kill.at
        told = [event.text for event in events if isinstance(event, Sentence)]
        assert not set(told) & set(kill.shown), kill.at
        assert all(reply.count(sentence) == 1 for sentence in kill.shown), kill.at


async def test_a_reply_that_was_killed_ends_as_it_would_have(killed: dict[str, list[Kill]]) -> None:
    last = [kill for kill in killed["plain"] if kill.shown][-1]
    messages, _, _ = await resumed(last)
    assert messages[1].text == REPLY


async def test_the_risk_decision_is_on_disk_before_the_reply_begins(
    killed: dict[str, list[Kill]],
) -> None:
    names = [kill.at for kill in killed["crisis"]]
    later = killed["crisis"][names.index("after screen") + 1 :]
    assert later
    for kill in later:
        folder, id = copy(kill)
        async with opened(folder) as store:
            values = (await state(store, id))["checkpoint"]["channel_values"]
        assert values["risk"]["peak"]["suicide"] == "high", kill.at


async def test_a_crisis_turn_that_was_killed_names_who_can_help(
    killed: dict[str, list[Kill]],
) -> None:
    for kill in killed["crisis"]:
        messages, _, _ = await resumed(kill)
        assert "988 Suicide & Crisis Lifeline: call 988" in messages[1].text, kill.at


async def test_the_message_is_on_disk_before_any_node_runs(killed: dict[str, list[Kill]]) -> None:
    kill = next(kill for kill in killed["plain"] if kill.at == "before begin_turn")
    folder, id = copy(kill)
    async with opened(folder) as store:
        talk = await reopened(store, id, SERVICES)
        assert await texts(talk) == [WORDS["plain"]]


async def test_a_message_that_waited_its_turn_is_answered_after_the_one_before(
    killed: dict[str, list[Kill]],
) -> None:
    [kill] = killed["queue"]
    messages, events, waiting = await resumed(kill)
    people = [m for m in messages if isinstance(m, HumanMessage)]
    assert [m.text for m in people] == [WORDS["plain"], WORDS["queue"]]
    assert [m.type for m in messages] == ["human", "ai"] * 2 and not waiting
    assert len([event for event in events if isinstance(event, Finished)]) == 2


async def test_a_recording_that_was_not_written_down_is_asked_for_again(
    killed: dict[str, list[Kill]],
) -> None:
    ask = SERVICES.phrases.for_locale("en").moments["lost_recording"][0]
    early = [k for k in killed["voice"] if k.at in ("after begin_turn", "after screen")]
    assert len(early) == 2
    for kill in early:
        messages, _, waiting = await resumed(kill)
        assert [m.text for m in messages] == ["", ask] and not waiting


async def test_what_was_written_down_of_a_recording_is_answered(
    killed: dict[str, list[Kill]],
) -> None:
    kill = next(k for k in killed["voice"] if k.at == "after fusion")
    messages, _, _ = await resumed(kill)
    assert [m.text for m in messages] == ["My day was long.", REPLY]


async def test_a_conversation_that_was_killed_goes_on(killed: dict[str, list[Kill]]) -> None:
    folder, id = copy(killed["plain"][10])
    async with opened(folder) as store:
        talk = await reopened(store, id, SERVICES)
        await say(talk, "Here I am again.")  # without `resume`: it answers what is open first
        assert len(await texts(talk)) == 4
