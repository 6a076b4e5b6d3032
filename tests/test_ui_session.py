"""Who is here, and what is forgotten when they leave."""

import asyncio

import numpy as np
import pytest

from agents.context import Context
from graphs.keeping.saver import Saver
from graphs.run import Finished
from graphs.shelf import Shelf
from tests.made_services import example, stub_services
from tests.made_turn import say
from tools.clips import Clip
from tools.errors import AttuneError
from ui import camera as camera_module
from ui.session import FRAMES, Camera, Sessions, Stopped


async def at_once() -> tuple[list[Clip], Context]:
    return [], Context()


def made(**options: object) -> tuple[Sessions, Saver]:
    services = stub_services(example(), **options)  # type: ignore[arg-type]
    saver = Saver()
    return Sessions(Shelf(services, saver), services, "support"), saver


def said_in(saver: Saver) -> list[object]:
    """Return what is in memory of any conversation, open or held."""
    threads = [*saver._open.values(), *saver._held.values()]
    return [thread for thread in threads if thread.latest]


def picture(level: int) -> np.ndarray:
    return np.full((240, 640, 3), level, np.uint8)


def test_two_sessions_have_their_own_key_and_conversation() -> None:
    sessions, _ = made()
    one, other = sessions.begin(), sessions.begin()
    assert one != other and len(one) >= 32
    assert sessions.find(one).conversation.id != sessions.find(other).conversation.id


def test_a_key_counts_for_its_own_person_alone() -> None:
    sessions, _ = made()
    key = sessions.begin(whose="visitor:ada")
    assert sessions.find(key, "visitor:ada") is not None
    assert sessions.find(key, "visitor:ben") is None and sessions.find(key) is None
    assert sessions.of("visitor:ben") == [] and sessions.of("") == []


async def test_another_persons_key_ends_nothing() -> None:
    sessions, _ = made()
    key = sessions.begin(whose="visitor:ada")
    await sessions.end(key, "visitor:ben")
    assert sessions.find(key, "visitor:ada") is not None


async def test_a_conversation_in_two_tabs_outlives_the_closing_of_one() -> None:
    sessions, _ = made()
    one, other = (sessions.begin(page, "visitor:ada") for page in ("one", "other"))
    conversation = sessions.find(one, "visitor:ada").conversation
    await sessions.take(other, conversation)
    sessions.find(one, "visitor:ada").shown.append({"role": "user", "content": "Hello."})
    sessions.leave("one", linger=0.0)
    await asyncio.sleep(0.1)
    assert sessions.find(one, "visitor:ada") is None
    session = sessions.find(other, "visitor:ada")
    assert not session.over and len(session.shown) == 1


def test_an_unknown_key_finds_nobody() -> None:
    sessions, _ = made()
    sessions.begin()
    assert sessions.find("") is None and sessions.find("guessed") is None


async def test_a_new_conversation_deletes_the_old_one() -> None:
    sessions, saver = made()
    key = sessions.begin()
    old = sessions.find(key)
    await say(old.conversation, "Hello there.")
    assert said_in(saver)
    fresh = await sessions.renew(key, "text_only")
    assert not said_in(saver) and old.over
    assert sessions.find(key) is fresh and fresh.conversation.version.spec.name == "text_only"


async def test_a_graph_that_cannot_be_used_leaves_the_conversation_alone() -> None:
    sessions, _ = made()
    key = sessions.begin()
    old = sessions.find(key)
    with pytest.raises(AttuneError):
        await sessions.renew(key, "no_such_graph")
    assert sessions.find(key) is old and not old.over


async def test_leaving_stops_the_turn_and_deletes_the_conversation() -> None:
    sessions, saver = made(chat={"delay": 0.05})
    key = sessions.begin("page")
    session = sessions.find(key)
    await say(session.conversation, "Hello there.")
    events = session.run("And now?", at_once)
    await anext(events)
    sessions.leave("page", linger=0.05)
    with pytest.raises(Stopped):
        async for event in events:
            assert not isinstance(event, Finished)
    await asyncio.sleep(0.2)
    assert len(sessions) == 0 and not said_in(saver)


async def test_who_comes_back_in_time_finds_everything() -> None:
    sessions, _ = made()
    key = sessions.begin("page")
    sessions.leave("page", linger=0.3)
    for _ in range(4):
        await asyncio.sleep(0.1)
        assert sessions.find(key) is not None
    await asyncio.sleep(0.5)
    assert len(sessions) == 0


async def test_a_page_that_nobody_knows_may_leave() -> None:
    sessions, _ = made()
    sessions.begin("page")
    sessions.leave("another")
    sessions.leave(None)
    assert len(sessions) == 1


async def test_closing_deletes_everyone() -> None:
    sessions, saver = made()
    for words in ("One.", "Two."):
        await say(sessions.find(sessions.begin()).conversation, words)
    await sessions.close()
    assert len(sessions) == 0 and not said_in(saver)


async def test_a_stopped_turn_waits_for_nothing_more() -> None:
    sessions, _ = made()
    session = sessions.find(sessions.begin())
    never = asyncio.Event()

    async def ready() -> tuple[list[Clip], Context]:
        await never.wait()
        return [], Context()

    async def collect() -> list[object]:
        return [event async for event in session.run("Hello.", ready)]

    task = asyncio.create_task(collect())
    await asyncio.sleep(0.05)
    session.stop()
    with pytest.raises(Stopped):
        await asyncio.wait_for(task, 1)
    assert not session.answering


async def test_a_stopped_message_is_not_said_twice_when_it_is_sent_again() -> None:
    sessions, _ = made(chat={"delay": 0.05})
    session = sessions.find(sessions.begin())
    events = session.run("It was a long week.", at_once)
    await anext(events)
    session.stop()
    with pytest.raises(Stopped):
        async for _ in events:
            pass
    await say(session.conversation, "It was a long week.")
    graph, thread = session.conversation.version.graph, session.conversation.id
    state = await graph.aget_state({"configurable": {"thread_id": thread}})
    assert [message.type for message in state.values["messages"]] == ["human", "ai"]


def test_the_camera_keeps_few_small_frames_in_order() -> None:
    camera = Camera()
    for level in range(40):
        camera.see(picture(level))
    frames = camera.take().frames
    assert len(frames) <= FRAMES
    assert max(frames[0].shape) <= 320
    levels = [int(frame[0, 0, 0]) for frame in frames]
    assert levels == sorted(levels) and levels[-1] == 39


def test_what_the_camera_saw_is_taken_once() -> None:
    camera = Camera()
    camera.see(picture(1))
    assert camera.take() is not None
    assert camera.take() is None


def test_an_old_picture_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = Camera()
    camera.see(picture(1))
    now = camera_module.time.monotonic()
    monkeypatch.setattr(camera_module.time, "monotonic", lambda: now + 60)
    assert camera.take() is None


async def test_who_leaves_at_once_leaves_nothing_behind() -> None:
    sessions, saver = made()
    key = sessions.begin("page")
    session = sessions.find(key)
    await say(session.conversation, "Hello there.")
    await sessions.end(key)
    assert sessions.find(key) is None and session.over and not said_in(saver)
    sessions.leave("page")
    await sessions.end("unknown")
