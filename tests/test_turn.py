"""One turn of `support` on stub models, from the person's words to the reply."""

import asyncio
import json
from contextlib import aclosing

import pytest

from agents.context import Context
from graphs.run import Conversation, Finished, Progress, Sentence
from tests.made_services import ListedExamples, example, stub_services
from tests.made_turn import conversation, face, say, voice
from tools.errors import InputError

JOY = {"scores": {"joy": 0.9, "sadness": 0.1}}
SAD = {"scores": {"joy": 0.1, "sadness": 0.9}}


async def test_a_text_turn_reports_every_step() -> None:
    report = await say(conversation(stub_services(example(), text=SAD)), "I keep waiting.")
    assert report["user_emotion"]["label"] == "sadness"
    assert report["strategy"]["label"] and report["system_emotion"]["label"]
    assert [e["id"] for e in report["examples"]] == ["made-1"]
    assert report["reply"]


async def test_a_report_is_plain_json() -> None:
    report = await say(conversation(stub_services(example())), "Hello.", [voice(), face()])
    assert json.loads(json.dumps(report)) == report


async def test_absent_modalities_are_marked_missing_and_never_neutral() -> None:
    report = await say(conversation(stub_services()), "Hello.")
    assert report["missing"] == {"face": "not given", "voice": "not given"}
    assert report["readings"]["face"]["label"] == ""


async def test_a_clip_without_consent_is_not_used() -> None:
    talk = conversation(stub_services(face={"fail": "the model was called"}))
    report = await say(talk, "Hello.", [voice(), face()])
    assert report["missing"] == {"face": "no consent", "voice": "no consent"}
    assert report["heard"]["text"] == ""


async def test_a_voice_turn_is_transcribed_and_read() -> None:
    talk = conversation(stub_services(ears={"text": "My day was long."}))
    report = await say(talk, "", [voice()], microphone=True)
    assert report["heard"]["text"] == "My day was long."
    assert report["readings"]["voice"]["label"]
    assert report["readings"]["text"]["missing"] == ""


async def test_the_transcript_takes_its_place_in_the_history() -> None:
    talk = conversation(stub_services(ears={"text": "My day was long."}))
    await say(talk, "Well.", [voice()], microphone=True)
    state = await talk.version.graph.aget_state({"configurable": {"thread_id": talk.id}})
    assert [m.text for m in state.values["messages"]][0] == "Well.\nMy day was long."


async def test_a_turn_without_words_gets_a_gentle_question_and_names_no_feeling() -> None:
    services = stub_services(face=SAD)
    report = await say(conversation(services), "", [face()], camera=True)
    assert report["reply"] == services.phrases.for_locale("en").no_words


async def test_a_voice_that_was_not_understood_is_said_so() -> None:
    services = stub_services(ears={"text": ""})
    report = await say(conversation(services), "", [voice()], microphone=True)
    assert report["reply"] == services.phrases.for_locale("en").moments["not_heard"][0]


async def test_media_is_forgotten_when_the_turn_ends() -> None:
    services = stub_services()
    await say(conversation(services), "Hello.", [voice(), face()], microphone=True, camera=True)
    assert len(services.clips) == 0


async def test_media_is_forgotten_when_the_turn_is_stopped() -> None:
    services = stub_services(chat={"delay": 0.2})
    stream = conversation(services).send("Hello.", [face()])
    async for event in stream:
        if isinstance(event, Progress) and event.node == "fusion":
            break
    await stream.aclose()
    assert len(services.clips) == 0


@pytest.mark.parametrize("model", ["text", "face", "voice", "ears"])
async def test_a_failing_perception_model_is_a_missing_modality(model: str) -> None:
    services = stub_services(**{model: {"fail": "it broke"}})
    report = await say(
        conversation(services), "Hello.", [voice(), face()], microphone=True, camera=True
    )
    assert report["reply"]
    found = {**report["readings"], "ears": report["heard"]}
    assert found[model]["missing"] == "failed"  # type: ignore[index]


async def test_a_slow_perception_model_is_a_missing_modality() -> None:
    services = stub_services(face={"delay": 1.0})
    talk = conversation(services, "tests/data/hasty.yaml")
    report = await say(talk, "Hello.", [face()], camera=True)
    assert report["missing"]["face"] == "too slow"


async def test_a_failing_language_model_gives_a_fixed_reply_of_the_strategy() -> None:
    services = stub_services(chat={"fail": "it broke"})
    report = await say(conversation(services), "Hello.")
    phrases = services.phrases.for_locale("en")
    assert report["reply"] in phrases.fallback[report["strategy"]["label"]]  # type: ignore[index]


async def test_a_language_model_that_breaks_off_keeps_what_was_said() -> None:
    services = stub_services(chat={"reply": "That is a lot. And there", "fail_after": 5})
    report = await say(conversation(services), "Hello.")
    assert report["reply"] == "That is a lot."


async def test_a_broken_example_store_does_not_stop_the_turn() -> None:
    store = ListedExamples(error=RuntimeError("the store is gone"))
    report = await say(conversation(stub_services(store=store)), "I keep waiting.")
    assert report["reply"] and report["examples"] == []
    assert {"node": "recall", "text": "no examples: RuntimeError"} in report["notes"]


async def test_a_question_ends_the_reply() -> None:
    services = stub_services(chat={"reply": "That is a lot. What happened? You should rest."})
    report = await say(conversation(services), "Hello.")
    assert report["reply"] == "That is a lot. What happened?"


async def test_sentences_arrive_before_the_turn_is_over() -> None:
    services = stub_services(chat={"reply": "One thing. Another thing."})
    kinds = [type(e) async for e in conversation(services).send("Hello.")]
    first = kinds.index(Sentence)
    assert Progress in kinds[first:] and kinds[-1] is Finished


async def test_an_empty_message_is_refused_kindly() -> None:
    with pytest.raises(InputError, match="Your message is empty"):
        await say(conversation(stub_services()), " \x00 ")


async def test_an_endless_message_is_refused_with_its_length() -> None:
    with pytest.raises(InputError, match="100,000 characters"):
        await say(conversation(stub_services()), "a" * 100_000)


async def test_what_the_last_turn_left_does_not_leak_into_the_next() -> None:
    talk = conversation(stub_services(ears={"text": "My day was long."}))
    await say(talk, "", [voice(), face()], microphone=True, camera=True)
    report = await say(talk, "Hello again.")
    assert report["heard"]["text"] == ""
    assert report["missing"] == {"face": "not given", "voice": "not given"}


async def test_two_conversations_share_nothing() -> None:
    services = stub_services()
    one, other = conversation(services), conversation(services)
    await asyncio.gather(say(one, "I am Ada."), say(other, "I am Ben."))
    states = [
        await talk.version.graph.aget_state({"configurable": {"thread_id": talk.id}})
        for talk in (one, other)
    ]
    assert [s.values["messages"][0].text for s in states] == ["I am Ada.", "I am Ben."]


async def test_turns_sent_together_are_answered_in_order_and_none_is_lost() -> None:
    talk = conversation(stub_services())
    await asyncio.gather(*(say(talk, f"Message {i}.") for i in range(8)))
    state = await talk.version.graph.aget_state({"configurable": {"thread_id": talk.id}})
    assert [m.text for m in state.values["messages"][::2]] == [f"Message {i}." for i in range(8)]
    assert len(state.values["messages"]) == 16


async def test_a_forgotten_conversation_leaves_nothing_in_the_saver() -> None:
    talk = conversation(stub_services())
    await say(talk, "Hello.")
    await talk.forget()
    state = await talk.version.graph.aget_state({"configurable": {"thread_id": talk.id}})
    assert state.values == {}


@pytest.mark.parametrize("graph", ["smes", "multimood", "direct", "text_only"])
async def test_every_graph_answers(graph: str) -> None:
    report = await say(conversation(stub_services(example()), graph), "I keep waiting.")
    assert report["reply"] and report["graph"].startswith(f"{graph}@")


async def test_a_turn_stopped_before_a_word_leaves_no_message_behind() -> None:
    talk = conversation(stub_services(chat={"delay": 0.2}))
    async with aclosing(talk.send("Hello there.")) as events:
        await anext(events)
    await say(talk, "Hello again.")
    assert await history(talk) == ["human", "ai"]


async def test_a_turn_stopped_in_mid_reply_keeps_what_was_said() -> None:
    talk = conversation(stub_services(chat={"reply": "One sentence here. And two.", "delay": 0.05}))
    async with aclosing(talk.send("Hello there.", context=Context(disclosed=True))) as events:
        async for event in events:
            if isinstance(event, Sentence):
                break
    assert await history(talk) == ["human", "ai"]
    messages = (await talk.version.graph.aget_state(talk._config)).values["messages"]
    assert messages[1].text == "One sentence here."


async def history(talk: Conversation) -> list[str]:
    state = await talk.version.graph.aget_state(talk._config)
    return [message.type for message in state.values["messages"]]
