"""Kept conversations: whose they are, and the version of the graph that each keeps."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents import prompt as prompts
from agents.library import NODES
from graphs.keeping.pin import hash_of, unpin
from tests.made_archive import ADA, READ, archive, drain, kept, opened, reopened, texts
from tests.made_services import stub_services
from tests.made_turn import say, voice
from tests.test_crisis import Graded, disclosure
from tools.errors import ConfigError, InputError
from tools.storage.records import Storage

REPLY = {"reply": "One thing. Another thing."}
GOOD = "name: mine\ninclude: support\n"
FEWER = GOOD + "nodes:\n  respond: {options: {sentences: 1}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD, "utf-8")
    return path


def services(**more: Any) -> Any:
    return stub_services(chat=REPLY, **more)


async def pinned(store: Storage, file: Path) -> str:
    """Return a kept conversation on a graph file that was edited since."""
    talk = await kept(store, services(), graph=str(file))
    file.write_text(FEWER, "utf-8")
    return talk.id


async def test_conversations_are_listed_for_their_owner_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        room = archive(store)
        assert [card.id for card in await room.list(store.owner(ADA))] == [talk.id]
        assert await room.list(store.owner("visitor:ben")) == [] == await room.list("")


async def test_deleting_all_forgets_what_is_open_as_well(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        room = archive(store)
        talk = room.begin()
        await talk.keep(store.owner(ADA))
        await say(talk, "I keep waiting.")
        assert await room.delete_all(store.owner(ADA)) == 1
        assert await texts(talk) == [] and not talk.kept
        await say(talk, "Hello?")
        assert await room.list(store.owner(ADA)) == []


async def test_what_nobody_has_used_for_a_time_is_deleted(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        assert await archive(store).expire(days=1) == 0
        assert await archive(store, stub_services(clock=lambda: 4e9)).expire(days=1) == 1
        assert await store.card(talk.id) is None


async def test_a_conversation_that_is_gone_is_told_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store)
        card = await store.card(talk.id)
        assert card is not None
        await store.delete(talk.id)
        with pytest.raises(InputError, match="not kept any more"):
            await archive(store).open(card)


async def test_without_a_store_there_is_no_archive() -> None:
    room = archive(None)
    assert not room.kept_possible and await room.list("somebody") == []


async def test_after_a_restart_a_conversation_keeps_its_version_although_the_file_was_edited(
    tmp_path: Path, file: Path
) -> None:
    async with opened(tmp_path) as store:
        id = await pinned(store, file)
        talk = await reopened(store, id, services(), graph=str(file))
        report = await say(talk, "Hello.")
        assert report["reply"] == "One thing. Another thing."
        card = await store.card(id)
        assert card is not None and report["graph"] == f"mine@{card.version[:12]}"
        new = archive(store, services(), graph=str(file)).begin()
        assert (await say(new, "Hello."))["reply"] == "One thing."


async def test_after_a_restart_a_conversation_keeps_its_prompts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, services())
        plain = prompts.read_prompt

        def edited(name: str, *more: Any) -> prompts.Prompt:
            found = plain(name, *more)
            return prompts.Prompt(
                name, {key: f"{text} New." for key, text in found.sections.items()}
            )

        monkeypatch.setattr("graphs.build.read_prompt", edited)
        assert archive(None, services()).begin().version.hash != talk.version.hash
        assert (await reopened(store, talk.id, services())).version.hash == talk.version.hash


async def test_a_model_that_is_configured_anew_moves_the_conversation_and_tells_it(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, services())
        await say(talk, "Hello.")
        talk = await reopened(store, talk.id, stub_services(chat={"reply": "Something else."}))
        report = await say(talk, "Hello again.")
        assert report["reply"] == "Something else." and len(await texts(talk)) == 4
        told = [n["text"] for n in report["notes"] if "moved to the newest graph" in n["text"]]
        assert told and "'chat' is not configured as it was" in told[0]
        card = await store.card(talk.id)
        assert card is not None and card.version == talk.version.hash
        assert not any("moved" in n["text"] for n in (await say(talk, "And?"))["notes"])


async def test_a_node_that_is_no_more_moves_the_conversation(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("name: mine\ninclude: support\nnodes:\n  remember: {use: recollect}\n", "utf-8")
    async with opened(tmp_path) as store:
        with monkeypatch.context() as patch:
            patch.setitem(NODES, "recollect", replace(NODES["remember"], name="recollect"))
            talk = await kept(store, services(), graph=str(file))
        file.write_text(GOOD, "utf-8")
        moved = await reopened(store, talk.id, services(), graph=str(file))
        assert moved.version.hash != talk.version.hash
        assert any("no more" in n["text"] for n in (await say(moved, "Hello."))["notes"])


async def test_a_checker_that_refuses_a_pinned_graph_moves_the_conversation(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as store:
        id = await pinned(store, file)
        strict = replace(NODES["remember"], reads=("candidate",))  # which nobody has written there
        file.write_text(GOOD + "drop: [remember]\nedges: [fusion -> moment]\n", "utf-8")
        monkeypatch.setitem(NODES, "remember", strict)
        talk = await reopened(store, id, services(), graph=str(file))
        report = await say(talk, "Hello.")
        assert any("moved to the newest graph" in n["text"] for n in report["notes"])


async def test_r18_a_pinned_graph_reads_no_face_and_no_voice_at_work(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, services())
        assert "voice_emotion" in talk.version.spec.nodes
        at_work = await reopened(store, talk.id, services(deployment="workplace"))
        assert not {"voice_emotion", "face_emotion"} & set(at_work.version.spec.nodes)
        assert "voice" not in (await say(at_work, "Hello.", [voice()], microphone=True))["readings"]


async def test_a_safety_policy_reaches_a_pinned_conversation_on_its_next_turn(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, services())
        assert (await say(talk, "I keep waiting."))["route"] == "support"
        policy = Graded(services().policy, "high")
        talk = await reopened(store, talk.id, services(policy=policy))
        report = await say(talk, "I keep waiting.", country="US")
        assert report["route"] == "crisis" and not report["notes"]


async def test_a_detector_that_is_configured_anew_reaches_a_pinned_conversation(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, services())
        cues = {"cues": {"lighthouse": "suicide"}}
        again = await reopened(store, talk.id, services(detector=cues))
        assert again.version.hash == talk.version.hash and not again.news
        assert (await say(again, "The lighthouse."))["route"] == "crisis"


async def test_r12_how_danger_stands_survives_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, services())
        await say(talk, disclosure("high"), country="US")
        talk = await reopened(store, talk.id, services())
        report = await say(talk, "Never mind.", country="US")
        assert report["risk"]["peak"] == "high" and report["route"] == "crisis"


async def test_r15_no_consent_is_taken_over_from_before_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk = await kept(store, services())
        await say(talk, "Hello.", [voice()], microphone=True)
        talk = await reopened(store, talk.id, services())
        assert await drain(talk) == []
        events = [e async for e in talk.send("Hello.", [voice()], READ)]
        report = events[-1].report  # type: ignore[union-attr]
        assert report["missing"]["voice"] == "no consent"


async def test_a_version_text_that_was_changed_is_refused(tmp_path: Path) -> None:
    version = archive(None, services()).begin().version
    assert hash_of(version.text) == version.hash
    with pytest.raises(ConfigError, match="not what it was"):
        unpin(version.hash, version.text.replace("support", "suppert"), services())


async def test_a_text_that_is_no_version_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        unpin(hash_of("{}"), "{}", services())
