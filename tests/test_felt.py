"""What a conversation holds of past readings, and that none of it reaches a disk."""

from pathlib import Path
from typing import Any

from agents.state import HELD, KEPT, append_latest, keep_by_key
from graphs.keeping.written import settled, writable
from tests.made_services import stub_services
from tests.made_turn import conversation, say
from tests.test_saver import kept, opened, spied, values

SAD = {"scores": {"sadness": 0.9, "joy": 0.1}}


async def felt(talk: object) -> list[str]:
    version, id = talk.version, talk.id  # type: ignore[attr-defined]
    found = await version.graph.aget_state({"configurable": {"thread_id": id}})
    return list(found.values.get("felt", []))


async def test_the_labels_of_past_turns_are_held_in_order() -> None:
    services = stub_services(text={**SAD, "cues": {"angry": "anger"}})
    talk = conversation(services)
    await say(talk, "I keep waiting.")
    await say(talk, "Now I am angry.")
    assert await felt(talk) == ["sadness", "anger"]


async def test_an_unknown_feeling_is_not_held() -> None:
    talk = conversation(stub_services(text={"fail": "it broke"}))
    await say(talk, "I keep waiting.")
    assert await felt(talk) == []


def test_no_more_is_held_than_of_sixty_turns() -> None:
    assert append_latest(["joy"] * 60, ["anger"]) == [*["joy"] * 59, "anger"]


def test_what_was_felt_is_not_written_down_when_a_turn_is_over() -> None:
    assert not HELD & KEPT
    checkpoint: Any = {
        "v": 4, "id": "1", "ts": "", "channel_values": {"felt": ["sadness"], "tried": ["Approval"]},
        "channel_versions": {"felt": 1, "tried": 1}, "versions_seen": {}, "updated_channels": None,
    }  # fmt: skip
    for written in (settled, writable):
        assert set(written(checkpoint)["channel_values"]) == {"tried"}


def test_thoughts_are_added_by_name_in_the_order_in_which_they_come() -> None:
    found = keep_by_key({"clue": "one"}, {"stimulus": "two"})
    assert list(keep_by_key(found, {"clue": "three"}).items()) == [
        ("clue", "three"),
        ("stimulus", "two"),
    ]


async def test_of_a_kept_conversation_no_writing_holds_what_was_felt(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, stub_services(text=SAD))
        written = spied(store)
        for _ in range(2):
            await say(talk, "I keep waiting.")
        assert await felt(talk) == ["sadness", "sadness"]
        assert len(written) > 2 and not [s for s, _ in written if "felt" in values(s)]
