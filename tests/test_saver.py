"""The checkpointer: little in memory, little on disk, nothing without consent, nothing foreign."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import ormsgpack
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.base import empty_checkpoint

from agents.context import Context
from agents.state import KEPT
from graphs import run as run_module
from graphs.answering import UNHEARD
from graphs.keeping.saver import Saver
from graphs.keeping.thread import Thread
from graphs.keeping.written import SERDE, asked_by, post, read, write
from graphs.run import Conversation, Earlier, Finished, Sentence
from graphs.shelf import Shelf
from tests.made_archive import ADA, READ, archive, drain, kept, opened, reopened, texts
from tests.made_services import example, stub_services
from tests.made_turn import face, say, voice
from tests.test_crisis import disclosure
from tools.errors import InputError, StorageError
from tools.storage.bounded import BoundedStorage
from tools.storage.records import Storage, Waiting

REPLY = "One thing here. Another thing. And a third."


def spied(store: Storage) -> list[tuple[bytes, list[str]]]:
    """Have everything noted that is written, with the messages that were taken up."""
    written: list[tuple[bytes, list[str]]] = []
    save = store.save

    async def spy(id: str, state: bytes, *, taken: Sequence[str] = ()) -> None:
        written.append((state, list(taken)))
        await save(id, state, taken=taken)

    store.save = spy  # type: ignore[method-assign]
    return written


def values(state: bytes) -> dict[str, Any]:
    return read(state)["checkpoint"]["channel_values"]


async def test_only_the_latest_checkpoint_stays_in_memory() -> None:
    talk = archive(None).begin()
    for i in range(3):
        await say(talk, f"Message {i}.")
    saver = talk.version.graph.checkpointer
    assert isinstance(saver, Saver)
    found = [each async for each in saver.alist(talk._config)]
    assert len(found) == 1 and len(saver.thread(talk.id).latest) == 1


async def test_a_turn_is_written_at_its_milestones_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, stub_services(example(), chat={"reply": REPLY}))
        written = spied(store)
        await say(talk, "I keep waiting.")
    said = [values(state).get("said") for state, _ in written]
    assert said == [None, [], ["One thing here."], ["One thing here.", "Another thing."], None]
    assert [len(taken) for _, taken in written] == [1, 0, 0, 0, 0]


async def test_r16_nothing_that_was_read_off_a_face_or_a_voice_stays_on_disk(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        written = spied(store)
        clips = [voice(), face()]
        for _ in range(2):
            await say(talk, "Hello.", clips, microphone=True, camera=True)
            assert set(values(written[-1][0])) <= KEPT
            assert b"confidence" not in written[-1][0]
    first_of_second = next(s for s, taken in written[1:] if taken)
    assert set(values(first_of_second)) <= KEPT | {"__start__"}
    assert not any(b"ndarray" in state for state, _ in written)


async def test_a_sentence_is_on_disk_before_it_is_shown(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, stub_services(chat={"reply": REPLY}))
        shown = 0
        async for event in talk.send("I keep waiting.", context=Context(disclosed=True)):
            if isinstance(event, Sentence):
                state = await store.load(talk.id)
                assert state is not None and event.text.encode() in state
                shown += 1
        assert shown == 3


async def test_r16_without_consent_nothing_is_written(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = archive(store).begin()
        written = spied(store)
        await say(talk, "I keep waiting.")
        assert not written and await store.card(talk.id) is None and not talk.kept


async def test_r15_consent_that_is_withdrawn_takes_everything_off_the_disk_at_once(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        await say(talk, "I keep waiting.")
        written = spied(store)
        await talk.let_go()
        assert await store.card(talk.id) is None
        await say(talk, "And now?")
        assert not written and await store.card(talk.id) is None
        assert len(await texts(talk)) == 4


async def test_r15_consent_withdrawn_while_a_reply_is_written_stops_the_writing(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, stub_services(chat={"reply": REPLY}))
        written = spied(store)
        async for event in talk.send("I keep waiting.", context=Context(disclosed=True)):
            if isinstance(event, Sentence):
                await talk.let_go()
                written.clear()
        assert not written and await store.card(talk.id) is None
        assert await texts(talk) == ["I keep waiting.", REPLY]


async def test_a_deletion_that_failed_can_be_tried_again_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        with monkeypatch.context() as patch:
            patch.setattr(store, "delete", _refuse)
            with pytest.raises(StorageError):
                await talk.let_go()
        assert not talk.kept and await store.card(talk.id) is not None
        await talk.let_go()
        assert await store.card(talk.id) is None


async def test_consent_in_mid_conversation_keeps_what_was_said_before(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = archive(store).begin()
        await say(talk, "I keep waiting.")
        await talk.keep(store.owner(ADA))
        assert len(await texts(await reopened(store, talk.id))) == 2


async def test_nothing_can_be_kept_without_a_store() -> None:
    with pytest.raises(InputError, match="cannot be kept here"):
        await archive(None).begin().keep("somebody")


async def _refuse(*_: object, **__: object) -> Any:
    raise StorageError("the disk is full: make room, and try again")


@pytest.mark.parametrize("method", ["post", "save", "load", "left", "turn"])
async def test_r1_a_store_that_fails_loses_no_reply_and_the_talk_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        await say(talk, "I keep waiting.")
        with monkeypatch.context() as patch:
            patch.setattr(store, method, _refuse if method != "turn" else _closed)
            report = await say(talk, disclosure("high"), country="US")
        assert report["route"] == "crisis" and "988" in report["reply"]
        noted = [n["text"] for n in report["notes"] if "could not be kept" in n["text"]]
        assert bool(noted) == (method in ("save", "load")) == bool(talk.trouble)
        report = await say(talk, "I am still here.")
        assert report["risk"]["peak"] == "high" and not talk.trouble
        state = await store.load(talk.id)
        assert state is not None and len(values(state)["messages"]) == 6


def _closed(*_: object) -> Any:
    raise StorageError("the store is closed")


@pytest.mark.parametrize("recording", [True, False])
async def test_words_whose_recording_was_lost_are_answered_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recording: bool
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        asked = asked_by("left", "I keep waiting.", Context(), recording=recording)
        left = AsyncMock(return_value=[Waiting(id="left", body=post(asked))])
        monkeypatch.setattr(store, "left", left)
        last = (await drain(talk))[-1]
        assert isinstance(last, Finished) and last.report["reply"]
        assert (UNHEARD in [note["text"] for note in last.report["notes"]]) == recording


async def test_what_waited_is_told_apart_from_what_is_said_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        waiting = post(asked_by("left", "I keep waiting.", Context(), recording=False))
        monkeypatch.setattr(
            store, "left", AsyncMock(return_value=[Waiting(id="left", body=waiting)])
        )
        events = [event async for event in talk.send("Hello again.", context=READ)]
        assert [event.words for event in events if isinstance(event, Earlier)] == [
            "I keep waiting."
        ]
        assert len([event for event in events if isinstance(event, Finished)]) == 1


def test_a_thread_that_is_let_go_keeps_what_was_said_and_nothing_of_the_store() -> None:
    thread = Thread()
    thread.keep()
    thread.put("", empty_checkpoint(), {})
    thread.begin(asked_by("one", "Hello.", Context(), recording=False), "version")
    thread.take("one")
    thread.unwritten(b"state", "the disk is full")
    thread.release()
    assert "" in thread.latest
    fresh = Thread()
    for each in ("kept", "begun", "posted", "taking", "down", "trouble", "stored"):
        assert getattr(thread, each) == getattr(fresh, each)
    thread.clear()
    assert not thread.latest


async def _hang(*_: object, **__: object) -> None:
    await asyncio.sleep(60)


@asynccontextmanager
async def _never(*_: object) -> AsyncIterator[None]:
    await asyncio.sleep(60)
    yield


@pytest.mark.parametrize("method", ["post", "save", "load", "left", "turn"])
async def test_r1_a_store_that_hangs_keeps_nobody_in_danger_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        talk._saver.storage = BoundedStorage(store, patience=0.3, turn=0.3)
        monkeypatch.setattr(store, method, _never if method == "turn" else _hang)
        async with asyncio.timeout(10):
            report = await say(talk, disclosure("high"), country="US")
        assert "988" in report["reply"] and talk.trouble


async def test_r1_who_is_in_danger_does_not_wait_for_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "_HURRY_S", 0.05)
    async with opened(tmp_path) as store:
        talk = await kept(store)
        monkeypatch.setattr(store, "turn", _never)
        async with asyncio.timeout(10):
            report = await say(talk, disclosure("high"), country="US")
        assert "988" in report["reply"]


async def test_what_another_process_wrote_is_not_overwritten_where_reading_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as store:
        here = await kept(store)
        await say(here, "The first.")
        there = await reopened(store, here.id)
        await say(there, "The second, there.")
        load, failed = store.load, []

        async def fails_once(id: str) -> bytes | None:
            if not failed:
                failed.append(id)
                raise StorageError("the store is away")
            return await load(id)

        monkeypatch.setattr(store, "load", fails_once)
        report = await say(here, "The third.")
        assert [n for n in report["notes"] if "could not be kept" in n["text"]]
        assert "The second, there." in await texts(await reopened(store, here.id))


async def test_r15_who_takes_the_choice_back_at_once_leaves_nothing_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as store:
        talk = archive(store).begin()
        begin = store.begin

        async def slowly(*arguments: Any) -> None:
            await asyncio.sleep(0.05)
            await begin(*arguments)

        monkeypatch.setattr(store, "begin", slowly)
        keeping = asyncio.create_task(talk.keep(store.owner(ADA)))
        await asyncio.sleep(0.01)
        await talk.let_go()
        await keeping
        assert not talk.kept and await store.card(talk.id) is None


async def test_a_turn_that_goes_on_after_everything_was_deleted_leaves_nothing_in_memory(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        room = archive(store, stub_services(chat={"reply": REPLY}))
        talk = room.begin()
        await talk.keep(store.owner(ADA))
        async with aclosing(talk.send("Hello.", context=Context(disclosed=True))) as events:
            async for event in events:
                if isinstance(event, Sentence):
                    await room.delete_all(store.owner(ADA))
        id, saver = talk.id, talk._saver
        del talk, events, event
        gc.collect()
        assert saver._find(id) is None


async def test_a_stopped_turn_is_on_disk_as_it_was_seen(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, stub_services(chat={"reply": REPLY}))
        async with aclosing(talk.send("Hello.", context=Context(disclosed=True))) as events:
            async for event in events:
                if isinstance(event, Sentence):
                    break
        assert await texts(await reopened(store, talk.id)) == ["Hello.", "One thing here."]


async def test_what_was_deleted_in_another_process_is_forgotten_here(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        await say(talk, "I keep waiting.")
        await store.delete(talk.id)
        report = await say(talk, "Hello?")
        assert not talk.kept and await store.card(talk.id) is None
        assert len(await texts(talk)) == 2
        assert any("deleted elsewhere" in note["text"] for note in report["notes"])


async def test_what_another_process_has_written_is_taken_up(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        await say(talk, "Here.")
        await say(await reopened(store, talk.id), "There.")
        await say(talk, "Here again.")
        assert (await texts(talk))[::2] == ["Here.", "There.", "Here again."]


async def test_a_kept_conversation_leaves_memory_with_its_last_holder(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        room = archive(store)
        talk: Conversation | None = room.begin()
        assert talk is not None
        await talk.keep(store.owner(ADA))
        await say(talk, "Hello.")
        id, talk = talk.id, None
        for _ in range(5):  # what the turn still has to close
            await asyncio.sleep(0)
            gc.collect()
        saver = room._saver
        assert saver is not None and saver._find(id) is None


async def test_what_is_written_names_nobody() -> None:
    data = write(
        empty_checkpoint(),
        {"source": "loop", "step": 1, "user": "Ada", "parents": {"": "Ada"}},  # type: ignore[typeddict-unknown-key]
        None,
    )
    assert b"Ada" not in data


def test_r19_messages_survive_being_written() -> None:
    checkpoint = empty_checkpoint()
    said = [HumanMessage("Hello.", id="h"), AIMessage("Hello to you.", id="h:reply")]
    checkpoint["channel_values"] = {"messages": said}
    found = read(write(checkpoint, {"source": "loop", "step": 1, "parents": {}}, None))
    assert found["checkpoint"]["channel_values"]["messages"] == said


def _poison(mark: Path) -> list[bytes]:
    """Return states that would leave a mark when they are read carelessly."""

    def ext(code: int, *parts: object) -> ormsgpack.Ext:
        return ormsgpack.Ext(code, ormsgpack.packb(parts))

    command = f"touch {mark}"
    lc = {"lc": 2, "type": "constructor", "id": ["os", "system"], "args": [command]}
    found: list[Any] = [
        ext(0, "os", "system", command),
        ext(1, "os", "system", [command]),
        ext(2, "subprocess", "Popen", {"args": command, "shell": True}),
        ext(3, "pathlib", "Path", str(mark), "touch"),
        ext(4, "subprocess", "Popen", {"args": command, "shell": True}),
        ext(5, "subprocess", "Popen", {"args": command, "shell": True}, "model_validate"),
        lc,
    ]
    states = []
    for evil in found:
        checkpoint = {**empty_checkpoint(), "channel_values": {"messages": [evil]}}
        whole = {"format": 1, "checkpoint": checkpoint, "metadata": {}, "begun": None}
        states.append(ormsgpack.packb(whole))
    return [*states, b"\x80\x04cposix\nsystem\n", b"", b"\xc1"]


@pytest.mark.parametrize("number", range(10))
async def test_a_poisoned_checkpoint_is_refused_and_leaves_no_mark(
    tmp_path: Path, number: int
) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(StorageError, match="cannot be read"):
        read(_poison(mark)[number])
    assert not mark.exists()


def test_a_type_that_langgraph_lets_through_is_refused_all_the_same() -> None:
    checkpoint = empty_checkpoint()
    checkpoint["channel_values"] = {"given": [Path("/a/path")]}
    with pytest.raises(StorageError, match="cannot be read"):
        read(write(checkpoint, {"source": "loop", "step": 1, "parents": {}}, None))


async def test_a_damaged_conversation_is_a_clear_message(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        await store.save(talk.id, b"\xc1")
        with pytest.raises(StorageError, match="begin another one"):
            await reopened(store, talk.id)


def test_pickle_is_not_read() -> None:
    with pytest.raises(NotImplementedError):
        SERDE.loads_typed(("pickle", b"\x80\x04N."))


def test_langgraphs_own_list_of_types_widens_nothing() -> None:
    saver = Saver()
    assert saver.with_allowlist({("os", "system")}) is saver
    graph = Shelf(stub_services(), saver).current("support").graph
    assert graph.checkpointer is saver


async def test_a_thread_that_nobody_has_begun_leaves_nothing_in_memory() -> None:
    saver = Saver()
    assert await saver.aget_tuple({"configurable": {"thread_id": "one"}}) is None
    assert not saver._open and [each async for each in saver.alist(None)] == []


async def test_the_report_of_a_kept_turn_is_that_of_one_in_memory(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        one = await say(await kept(store, stub_services(example())), "I keep waiting.")
    other = await say(archive(None, stub_services(example())).begin(), "I keep waiting.")
    assert {**one, "timings": {}} == {**other, "timings": {}}
    assert isinstance(Finished(one).report["reply"], str)
