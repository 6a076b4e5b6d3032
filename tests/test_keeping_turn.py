"""What of a running turn stands on a disk: enough to finish it, and nothing of what was felt."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.state import HELD, RESUMED, ConversationState, thoughts_of
from agents.turn import FRESH
from graphs.keeping.written import read, writable
from graphs.run import Conversation, Finished
from tests.made_archive import READ, drain, kept, opened, reopened
from tests.made_hostile import disguises
from tests.made_services import example, stub_services
from tests.made_turn import face, say
from tests.test_saver import spied, values
from tools.backends.stub import StubChat
from tools.labels import EKMAN
from tools.storage.records import Storage

WAITS = "My sister has not called since the wedding."
REPLY = "The week is long. There is room for it here. One thing at a time."
THOUGHT = "What set it off: the quiet zephyr."
GRAPHS = ("escot", "smes", "value", "support")


@pytest.fixture(autouse=True)
def thinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every thought hold a word that nothing else holds."""
    reply = StubChat._reply

    def answer(self: StubChat, request: Any) -> str:
        told = request.messages[-1].content
        if "three of the values" in told:
            return "Hope."
        return reply(self, request) if WAITS in told and "[" in told else THOUGHT

    monkeypatch.setattr(StubChat, "_reply", answer)


def services() -> Any:
    sad = {"scores": {"sadness": 0.9, "joy": 0.1}}
    found = example(emotion="fear", system_emotion="sadness", similarity=0.9)
    return stub_services(found, chat={"reply": REPLY}, text=sad, face=sad)


async def turn(store: Storage, graph: str) -> tuple[Conversation, list[bytes]]:
    """Run a turn on a graph; return the conversation and all that was written of it."""
    talk = await kept(store, services(), graph=graph)
    written = spied(store)
    await say(talk, WAITS, [face()], camera=True)
    return talk, [state for state, _ in written]


def seen(secrets: Sequence[str], states: Sequence[bytes]) -> set[str]:
    """Return which secrets stand in any state; of a short one, base64 would be found by chance."""
    forms = {s: disguises(s) if len(s) > 5 else [s.encode()] for s in secrets}
    return {s for s in secrets for form in forms[s] if any(form in state for state in states)}


def open_turns(states: Sequence[bytes]) -> list[bytes]:
    return [state for state in states if read(state)["begun"] is not None]


@pytest.mark.parametrize("graph", GRAPHS)
async def test_r16_no_writing_in_mid_turn_or_after_it_holds_a_feeling_or_a_thought(
    graph: str, tmp_path: Path
) -> None:
    async with opened(tmp_path) as store:
        talk, states = await turn(store, graph)
        state = await talk.state()
    assert state["user_emotion"]["label"] == "sadness" and state["readings"]["face"]["scores"]
    assert bool(thoughts_of(state)) == (graph != "support")
    # Else the scan would prove nothing: some were written between two sentences.
    assert len([s for s in states if values(s).get("said")]) >= 2 and open_turns(states)
    told = [*EKMAN, "zephyr", "It seems", "It is possible", example()["reply"]]
    assert seen([*told, "waits for news", "It meets", "similar examples"], states) == set()
    assert seen([WAITS], states[:1]) == {WAITS}


@pytest.mark.parametrize("graph", GRAPHS)
async def test_a_turn_of_which_no_feeling_was_written_is_finished_after_a_crash(
    graph: str, tmp_path: Path
) -> None:
    async with opened(tmp_path) as store:
        talk, states = await turn(store, graph)
        for left in open_turns(states):
            await store.save(talk.id, left)  # as a kill had left it
            again = await reopened(store, talk.id, services(), graph=graph)
            last = (await drain(again, READ))[-1]
            assert isinstance(last, Finished) and not await drain(again, READ)
            found = await again.state()
            assert [m.text for m in found["messages"]] == [WAITS, REPLY]
            assert len(found["tried"]) == 1
            broken = [n["text"] for n in last.report["notes"] if "node failed" in n["text"]]
            assert not broken


_TELLING = """name: telling
include: support
nodes:
  sadness_way: {use: guide, options: {moment: sadness_moment}}
  joy_way: {use: guide, options: {moment: joy_moment}}
cut: [fusion -> remember]
edges: [sadness_way -> remember, joy_way -> remember]
routes:
  fusion:
    - {when: {user_emotion.label: {eq: sadness}}, to: sadness_way}
    - {to: joy_way}
"""


async def test_r16_a_graph_that_names_its_nodes_by_feelings_writes_none(tmp_path: Path) -> None:
    file = tmp_path / "telling.yaml"
    file.write_text(_TELLING, "utf-8")
    async with opened(tmp_path) as store:
        talk, states = await turn(store, str(file))
        assert (await talk.state())["moment"] == "sadness_moment"
        assert len([s for s in states if values(s).get("said")]) >= 2
        assert seen(["sadness", "sadness_way", "sadness_moment"], states) == set()
        for left in open_turns(states):
            await store.save(talk.id, left)  # as a kill had left it
            again = await reopened(store, talk.id, services(), graph=str(file))
            assert isinstance((await drain(again, READ))[-1], Finished)
            assert [m.text for m in (await again.state())["messages"]] == [WAITS, REPLY]


async def test_what_was_not_written_of_a_reply_counts_as_unknown_when_it_is_finished(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        talk, states = await turn(store, "escot")
        await store.save(talk.id, [s for s in states if values(s).get("said")][-2])
        again = await reopened(store, talk.id, services(), graph="escot")
        last = (await drain(again, READ))[-1]
        assert isinstance(last, Finished)
        assert last.report["user_emotion"]["label"] == "unknown" and not last.report["readings"]
        assert last.report["strategy"]["label"] and not last.report["strategy"]["scores"]
        assert thoughts_of(await again.state()) == {} == last.report["system_emotion"]["scores"]


async def test_the_choice_to_keep_changes_nothing_in_memory(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        talk, _ = await turn(store, "escot")
        state = await talk.state()
    assert state["strategy"]["scores"] and state["examples"] and thoughts_of(state)


def test_every_part_of_the_state_is_written_or_has_what_stands_for_it() -> None:
    keys = frozenset(ConversationState.__annotations__)
    assert keys >= RESUMED and not RESUMED & HELD
    assert keys - RESUMED - HELD <= set(FRESH)


def test_a_part_that_nobody_has_listed_is_not_written() -> None:
    checkpoint: Any = {
        "v": 4, "id": "1", "ts": "", "versions_seen": {}, "updated_channels": None,
        "channel_values": {"said": ["Hello."], "user_emotion": {"label": "joy"}, "notes": [{}],
                           "strategy": {"label": "Approval", "scores": {"a": 1.0}, "why": "joy"},
                           "branch:to:respond": None, "mood": "low", "felt": ["joy"]},
        "channel_versions": {"said": 1, "branch:to:respond": 2, "branch:to:sad_way": 1, "mood": 1},
    }  # fmt: skip
    written = writable(checkpoint)
    assert set(written["channel_versions"]) == {"said", "branch:to:respond"}
    found = written["channel_values"]
    assert not {"mood", "felt"} & set(found)
    assert found["said"] == ["Hello."] and "branch:to:respond" in found
    assert found["user_emotion"] == FRESH["user_emotion"] and found["notes"] == []
    assert found["strategy"] == {"label": "Approval", "scores": {}, "why": ""}
    assert checkpoint["channel_values"]["user_emotion"] == {"label": "joy"}
