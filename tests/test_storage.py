"""What every store of conversations does, on SQLite and on Postgres alike."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.made_storage import IDENTITY, SAID, VERSION, keep, made_card, opened
from tools.errors import StorageError
from tools.storage import rows
from tools.storage.records import Waiting
from tools.storage.store import TableStorage


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store is to be."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return str(tmp_path / "store" / "kept.sqlite")


async def test_a_kept_conversation_is_there_after_a_restart(place: str) -> None:
    async with opened(place) as storage:
        card = await keep(storage)
    async with opened(place) as storage:
        assert await storage.load(card.id) == SAID
        assert await storage.card(card.id) == card
        assert await storage.version("v1") == VERSION


async def test_what_is_not_kept_is_none(place: str) -> None:
    async with opened(place) as storage:
        assert await storage.load("x") is None
        assert await storage.card("x") is None
        assert await storage.version("x") is None
        assert await storage.left("x") == []
        assert await storage.cards(storage.owner("nobody")) == []


async def test_a_person_is_given_their_own_conversations_the_last_used_first(place: str) -> None:
    async with opened(place) as storage:
        for id, used in (("a", 1.0), ("b", 3.0), ("c", 2.0)):
            await storage.begin(made_card(storage, id, used=used), b"")
        other = storage.owner("user:somebody else")
        await storage.begin(made_card(storage, "d", owner=other), b"")
        assert [card.id for card in await storage.cards(storage.owner(IDENTITY))] == ["b", "c", "a"]
        assert [card.id for card in await storage.cards(other)] == ["d"]


async def test_saving_replaces_the_state_and_moves_the_last_use(place: str) -> None:
    async with opened(place, now=77.0) as storage:
        await storage.begin(made_card(storage), b"one")
        await storage.save("conversation-1", b"two")
        assert await storage.load("conversation-1") == b"two"
        card = await storage.card("conversation-1")
    assert card is not None
    assert (card.begun, card.used) == (10.0, 77.0)


async def test_beginning_again_replaces(place: str) -> None:
    async with opened(place) as storage:
        await storage.begin(made_card(storage), b"one")
        await storage.begin(made_card(storage), b"two")
        assert await storage.load("conversation-1") == b"two"


async def test_an_owner_is_the_same_after_a_restart_and_says_nothing(place: str) -> None:
    async with opened(place) as storage:
        card = await keep(storage)
        assert storage.owner("user:somebody else") != card.owner
    async with opened(place) as storage:
        assert storage.owner(IDENTITY) == card.owner
    assert IDENTITY not in card.owner


async def test_nobody_owns_nothing(place: str) -> None:
    async with opened(place) as storage:
        with pytest.raises(StorageError, match="nobody is signed in"):
            storage.owner("")


async def test_a_message_waits_for_its_own_process(place: str) -> None:
    async with opened(place) as storage:
        await keep(storage)
        assert await storage.left("conversation-1") == []


async def test_messages_are_left_by_a_process_that_is_gone_oldest_first(place: str) -> None:
    async with opened(place) as storage:
        await storage.begin(made_card(storage), b"")
        for name in ("m3", "m1", "m2"):
            await storage.post("conversation-1", Waiting(id=name, body=name.encode()))
    async with opened(place) as storage:
        left = await storage.left("conversation-1")
    assert left == [Waiting(id=name, body=name.encode()) for name in ("m3", "m1", "m2")]


async def test_a_message_is_kept_once_and_as_it_was_first(place: str) -> None:
    async with opened(place) as storage:
        await storage.begin(made_card(storage), b"")
        await storage.post("conversation-1", Waiting(id="m1", body=b"first"))
        await storage.post("conversation-1", Waiting(id="m1", body=b"second"))
    async with opened(place) as storage:
        assert await storage.left("conversation-1") == [Waiting(id="m1", body=b"first")]


async def test_what_the_state_has_taken_up_waits_no_more(place: str) -> None:
    async with opened(place) as storage:
        await storage.begin(made_card(storage), b"")
        for name in ("m1", "m2", "m3"):
            await storage.post("conversation-1", Waiting(id=name, body=b""))
        await storage.save("conversation-1", b"", taken=["m1", "m3"])
    async with opened(place) as storage:
        assert [message.id for message in await storage.left("conversation-1")] == ["m2"]


async def test_a_message_that_is_withdrawn_waits_no_more(place: str) -> None:
    async with opened(place) as storage:
        await keep(storage)
        await storage.withdraw("conversation-1", "message-of-conversation-1")
    async with opened(place) as storage:
        assert await storage.left("conversation-1") == []


async def test_what_is_deleted_stays_deleted_though_a_turn_still_writes(place: str) -> None:
    async with opened(place) as storage:
        await keep(storage)
        await storage.delete("conversation-1")
        await storage.save("conversation-1", b"late", taken=["message-of-conversation-1"])
        await storage.post("conversation-1", Waiting(id="m9", body=b"late"))
        await storage.repin("conversation-1", "v2")
        assert await storage.load("conversation-1") is None
        assert await storage.count() == 0
    async with opened(place) as storage:
        assert await storage.left("conversation-1") == []


async def test_a_deleted_conversation_can_be_kept_again(place: str) -> None:
    async with opened(place) as storage:
        await keep(storage)
        await storage.delete("conversation-1")
        await keep(storage)
    async with opened(place) as storage:
        assert await storage.load("conversation-1") == SAID


async def test_keeping_again_is_not_undone_by_a_deletion_that_was_broken_off(place: str) -> None:
    async with opened(place) as storage:
        await keep(storage)
        storage._transaction(lambda connection: rows.intend(connection, ["conversation-1"]))
        await storage.begin(made_card(storage), b"again")
    async with opened(place) as storage:
        assert await storage.load("conversation-1") == b"again"


async def test_r19_a_sweep_that_did_not_happen_is_made_up_for_at_the_next_start(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(storage: TableStorage) -> None:
        raise StorageError("not now")

    async with opened(place) as storage:
        await keep(storage)
        with monkeypatch.context() as patched:
            patched.setattr(type(storage), "_sweep", fail)
            with pytest.raises(StorageError, match="not now"):
                await storage.delete("conversation-1")
    sweeps: list[str] = []
    monkeypatch.setattr(type(storage), "_sweep", lambda storage: sweeps.append(storage.where))
    for _ in range(2):
        async with opened(place):
            pass
    assert len(sweeps) == 1


async def test_r19_deleting_everything_of_somebody_leaves_others_alone(place: str) -> None:
    async with opened(place) as storage:
        for id in ("a", "b"):
            await keep(storage, id)
        other = storage.owner("user:somebody else")
        await storage.begin(made_card(storage, "c", owner=other), b"theirs")
        assert await storage.delete_all(storage.owner(IDENTITY)) == 2
        assert await storage.cards(storage.owner(IDENTITY)) == []
        assert await storage.load("c") == b"theirs"
        assert await storage.delete_all(storage.owner(IDENTITY)) == 0


async def test_what_was_not_used_for_long_expires(place: str) -> None:
    async with opened(place) as storage:
        await storage.begin(made_card(storage, "old", used=99.0), b"")
        await storage.begin(made_card(storage, "new", used=100.0), b"")
        assert await storage.expire(100.0) == 1
        assert await storage.card("old") is None
        assert await storage.card("new") is not None


async def test_a_version_is_kept_as_long_as_a_conversation_is_pinned_to_it(place: str) -> None:
    async with opened(place) as storage:
        for version in ("v1", "v2"):
            await storage.shelve(version, f"text of {version}")
        for id in ("a", "b"):
            await storage.begin(made_card(storage, id), b"")
        await storage.repin("a", "v2")
        await storage.delete("b")
    async with opened(place) as storage:
        assert await storage.version("v1") is None
        assert await storage.version("v2") == "text of v2"
        card = await storage.card("a")
    assert card is not None
    assert card.version == "v2"


async def test_a_version_that_is_pinned_again_is_written_again(place: str) -> None:
    async with opened(place) as storage:
        await keep(storage)
        await storage.delete("conversation-1")
        await storage.begin(made_card(storage), b"")
    async with opened(place) as storage:
        assert await storage.version("v1") == VERSION


async def test_eight_at_once_take_their_turns_in_the_order_they_came(place: str) -> None:
    order: list[int] = []
    inside = 0

    async with opened(place) as storage:

        async def take(number: int) -> None:
            nonlocal inside
            async with storage.turn("conversation-1"):
                inside += 1
                assert inside == 1
                await asyncio.sleep(0.01)
                order.append(number)
                inside -= 1

        tasks = []
        for number in range(8):
            tasks.append(asyncio.create_task(take(number)))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
    assert order == list(range(8))


async def test_conversations_do_not_wait_for_each_other(place: str) -> None:
    async with opened(place) as storage, storage.turn("a"), asyncio.timeout(5), storage.turn("b"):
        pass


async def test_a_turn_that_fails_or_is_given_up_lets_the_next_one_in(place: str) -> None:
    async with opened(place) as storage:

        async def wait() -> None:
            async with storage.turn("a"):
                raise AssertionError("it was given up before")

        with pytest.raises(ValueError, match="broken"):
            async with storage.turn("a"):
                waiter = asyncio.create_task(wait())
                await asyncio.sleep(0.05)
                waiter.cancel()
                raise ValueError("broken")
        with pytest.raises(asyncio.CancelledError):
            await waiter
        async with asyncio.timeout(5), storage.turn("a"):
            pass


async def test_a_deletion_goes_on_though_whoever_asked_is_gone(place: str) -> None:
    async with opened(place) as storage:
        await keep(storage)
        # On SQLite it is still waiting for the one thread when it is given up.
        saving = asyncio.create_task(storage.save("conversation-1", b"x" * 5_000_000))
        deleting = asyncio.create_task(storage.delete("conversation-1"))
        await asyncio.sleep(0)
        deleting.cancel()
        await saving
        with pytest.raises(asyncio.CancelledError):
            await deleting
    async with opened(place) as storage:
        assert await storage.card("conversation-1") is None


async def test_the_condition_counts_and_says_when_it_is_closed(place: str) -> None:
    async with opened(place) as storage:
        await keep(storage)
        condition = await storage.condition()
        assert (condition.ready, condition.trouble, condition.shown) == (True, "", "")
        assert await storage.count() == 1
    condition = await storage.condition()
    assert not condition.ready
    assert "is closed" in condition.trouble and storage.where in condition.trouble
    assert condition.shown == "the store is closed: open it again"


async def test_the_condition_is_told_though_the_store_closes_meanwhile(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(place) as storage:
        probe = storage._probe

        def closing(connection: Connection) -> None:
            probe(connection)
            storage._pool = None

        pool = storage._pool
        monkeypatch.setattr(storage, "_probe", closing)
        assert (await storage.condition()).kind == storage.kind
        storage._pool = pool


async def test_a_store_that_is_closed_says_so(place: str) -> None:
    async with opened(place) as storage:
        pass
    with pytest.raises(StorageError, match="is closed: open it again"):
        await storage.load("x")


async def test_a_store_is_opened_again_after_it_was_closed(place: str) -> None:
    async with opened(place) as storage:
        await keep(storage)
        await storage.close()
        await storage.open()
        assert await storage.load("conversation-1") == SAID


async def test_the_event_loop_goes_on_while_the_store_writes(place: str) -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    async with opened(place) as storage:
        await keep(storage)
        beating = asyncio.create_task(beat())
        await storage.save("conversation-1", b"x" * 2_000_000)
        beating.cancel()
    assert beats > 3
