"""The loop of writer, check and deliver: who may speak, and what of it is ever seen."""

import asyncio
import json
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from agents.context import Context
from graphs.shelf import Shelf
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say
from tools.safety.policy import SafetyPolicy

SECRET = "Zanzibar"


class Refusing(SafetyPolicy):
    """Refuse every sentence with the secret word in it."""

    def __init__(self, inner: SafetyPolicy) -> None:
        self.__dict__ = inner.__dict__

    def read(self, sentence: str, **more: Any) -> str:
        return "secret" if SECRET in sentence else ""


class Failing(SafetyPolicy):
    """A policy whose reading raises, except for the sentence of last resort."""

    def __init__(self, inner: SafetyPolicy) -> None:
        self.__dict__ = inner.__dict__

    def read(self, sentence: str, **more: Any) -> str:
        raise RuntimeError("the patterns are gone")


def refusing(reply: str = f"The waiting weighs on you. Think of {SECRET}. Rest now.") -> Any:
    services = stub_services(example(), chat={"reply": reply})
    return stub_services(example(), chat={"reply": reply}, policy=Refusing(services.policy))


async def test_a_refused_sentence_is_replaced_and_never_said() -> None:
    report = await say(conversation(refusing()), "Hello.")
    assert SECRET not in report["reply"] and report["reply"].startswith(
        "The waiting weighs on you."
    )


async def test_a_refusal_leaves_only_the_name_of_the_rule() -> None:
    report = await say(conversation(refusing()), "Hello.")
    assert any("refused a sentence of respond: secret" in n["text"] for n in report["notes"])
    assert SECRET not in json.dumps(report)


async def test_an_unchecked_sentence_is_in_no_stream_event_checkpoint_or_history() -> None:
    saver = InMemorySaver(serde=JsonPlusSerializer())
    graph = Shelf(refusing(), saver).current("support").graph
    config: Any = {"configurable": {"thread_id": "one"}}
    seen: list[str] = []
    turn: Any = {"messages": [HumanMessage("Hello.", id="h1")]}
    modes: Any = ["values", "updates", "messages", "custom", "debug", "tasks", "checkpoints"]
    async for part in graph.astream(turn, config, context=Context(), stream_mode=modes):
        seen.append(repr(part))
    turn = {"messages": [HumanMessage("Hello again.", id="h2")]}
    async for event in graph.astream_events(turn, config, context=Context(), version="v2"):
        seen.append(repr(event))
    seen += [repr(state) async for state in graph.aget_state_history(config)]
    seen += [repr(item) for item in saver.storage.values()]
    seen += [repr(item) for item in saver.blobs.values()] + [repr(saver.writes)]
    assert len(seen) > 50 and "The waiting weighs on you." in "".join(seen)
    assert not [text[:300] for text in seen if SECRET in text]


async def test_a_writer_that_is_only_refused_ends_in_a_fixed_sentence() -> None:
    services = refusing(f"{SECRET} one. {SECRET} two. {SECRET} three. {SECRET} four.")
    report = await say(conversation(services), "Hello.")
    fallback = services.phrases.for_locale("en").fallback[report["strategy"]["label"]]
    assert report["reply"] in fallback


async def test_a_check_that_fails_refuses_everything_and_a_fixed_sentence_remains() -> None:
    services = stub_services(example())
    services = stub_services(example(), policy=Failing(services.policy))
    report = await say(conversation(services), "Hello.")
    assert report["reply"] == services.phrases.for_locale("en").last_resort


async def test_the_same_sentence_is_not_said_twice() -> None:
    services = stub_services(
        chat={"reply": "The week is long. The week is long. The week is long."}
    )
    report = await say(conversation(services), "Hello.")
    assert report["reply"] == "The week is long."


async def test_a_reply_copied_from_an_example_is_refused() -> None:
    copied = example(reply="The letter has taken over every single morning of your week.")
    services = stub_services(copied, chat={"reply": copied["reply"]})
    report = await say(conversation(services), "I keep waiting.")
    assert copied["reply"] not in report["reply"]


async def test_drafts_are_forgotten_when_the_turn_ends() -> None:
    services = refusing()
    await say(conversation(services), "Hello.")
    assert services.drafts._sentences == {}


async def test_the_reply_has_an_id_that_a_resumed_turn_cannot_double() -> None:
    talk = conversation(stub_services())
    await say(talk, "Hello.")
    state = await talk.version.graph.aget_state({"configurable": {"thread_id": talk.id}})
    person, reply = state.values["messages"]
    assert reply.id == f"{person.id}:reply"


async def test_a_node_that_raises_is_left_out_and_the_reply_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("agents.strategy.votes", explode)
    report = await say(conversation(stub_services()), "I keep waiting.")
    assert report["reply"] and report["strategy"]["label"] == ""
    assert {"node": "strategy", "text": "the node failed: ZeroDivisionError"} in report["notes"]


async def test_what_an_exception_says_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    services = stub_services()

    def explode(*_: object) -> None:
        raise RuntimeError(f"cannot read {SECRET}")

    for name in ("text", "chat"):
        backend = services.models.backend(name)
        monkeypatch.setattr(backend, "predict" if name == "text" else "stream", explode)
    report = await say(conversation(services), "Hello.")
    assert report["readings"]["text"]["missing"] == "failed"
    assert "RuntimeError" in json.dumps(report["notes"]) and SECRET not in json.dumps(report)


async def test_what_a_failing_turn_was_about_is_not_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError(f"cannot read {SECRET}")

    monkeypatch.setattr("agents.strategy.votes", explode)
    await say(conversation(stub_services()), "I keep waiting.")
    assert "RuntimeError" in caplog.text and SECRET not in caplog.text


async def test_conversations_with_equal_message_ids_do_not_share_a_reply() -> None:
    class Echo:
        def stream(self, request: Any) -> Any:
            word = request.messages[-1].content.split()[0]
            yield from (f"{word} one. ", f"{word} two. ")

    services = stub_services()
    monkey = services.models.backend("chat")
    monkey.stream = Echo().stream
    graph = Shelf(services, InMemorySaver()).current("direct").graph

    async def turn(name: str) -> str:
        config: Any = {"configurable": {"thread_id": name}}
        given: Any = {"messages": [HumanMessage(f"{name} speaks", id="1")]}
        state = await graph.ainvoke(given, config, context=Context(disclosed=True))
        return state["messages"][-1].text

    replies = await asyncio.gather(*map(turn, ["Ada", "Ben", "Cyd"]))
    assert replies == [f"{name} one. {name} two." for name in ("Ada", "Ben", "Cyd")]


def test_a_draft_is_taken_once() -> None:
    drafts = stub_services().drafts
    ticket = drafts.put("turn", 0, "One thing.")
    assert [drafts.take(ticket), drafts.take(ticket)] == ["One thing.", None]


def test_drafts_of_turns_that_were_given_up_do_not_pile_up() -> None:
    drafts = stub_services().drafts
    for i in range(300):
        drafts.put(f"turn {i}", 0, "One thing.")
    assert len(drafts._sentences) <= 256
