"""The examples as chats: just what the responder is told at run time, and then the reply."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.prompt import read_prompt
from graphs.chats import Chat, chats, write
from graphs.keeping.saver import Saver
from graphs.run import Conversation
from graphs.shelf import Shelf
from tests.made_services import example, stub_services
from tests.made_turn import say
from tools.chat import ChatRequest
from tools.labels import EKMAN
from tools.records import Example
from tools.training.chat_rows import read_chats

PROMPT = read_prompt("respond_tuned")


def chat(**changes: Any) -> Chat:
    [made] = chats([example(**changes)], PROMPT)
    return made


def last(made: Chat) -> str:
    return made.messages[-2]["content"]


def many(emotion: str = "fear", count: int = 400) -> list[str]:
    made = [example(id=f"ex-{number}", emotion=emotion) for number in range(count)]
    return [last(one) for one in chats(made, PROMPT)]


def talk(turns: int) -> list[dict[str, str]]:
    return [
        {"speaker": speaker, "text": f"{speaker} tells of Anna, turn {turn}."}
        for turn in range(turns)
        for speaker in ("person", "supporter")
    ]


def known(emotion: str = "sadness", **changes: Any) -> Example:
    """Return an example whose feeling is told, and told right."""
    says = PROMPT.entries("feelings")[emotion]
    made = (example(id=f"ex-{n}", emotion=emotion, **changes) for n in range(50))
    return next(one for one in made if says in last(next(chats([one], PROMPT))))


def test_a_chat_ends_with_the_reply_that_is_to_be_learnt() -> None:
    assert chat().messages[-1] == {"role": "assistant", "content": example()["reply"]}


def test_a_chat_begins_as_every_request_does() -> None:
    assert chat().messages[0] == {"role": "system", "content": PROMPT.fill("system")}


def test_a_chat_is_named_after_its_example() -> None:
    assert chat(id="ex-7").id == "ex-7"


def test_speakers_take_turns() -> None:
    made = chat(before=talk(3))
    roles = [message["role"] for message in made.messages]
    assert roles == ["system", *["user", "assistant"] * 4]


def test_the_plan_of_the_example_stands_behind_what_was_said() -> None:
    told = last(chat(strategy="Restatement", system_emotion="sadness"))
    assert told.startswith("I keep waiting for the letter.\n[")
    assert PROMPT.entries("strategies")["Restatement"] in told
    assert PROMPT.entries("stances")["sadness"] in told


def test_a_greeting_is_told_as_the_moment_that_it_is() -> None:
    assert PROMPT.entries("moments")["opening"] in last(chat(said="Hello."))


def test_only_a_first_greeting_opens_a_conversation() -> None:
    told = last(chat(said="Hello.", before=talk(2)))
    assert PROMPT.entries("moments")["opening"] not in told


def test_about_a_third_of_the_chats_name_no_feeling() -> None:
    feelings = PROMPT.entries("feelings").values()
    silent = [told for told in many() if not any(words in told for words in feelings)]
    assert 0.28 <= len(silent) / 400 <= 0.48  # what is misread as neutral names none either


def test_a_few_chats_name_a_wrong_feeling() -> None:
    wrong = [words for name, words in PROMPT.entries("feelings").items() if name != "fear"]
    misread = [told for told in many() if any(words in told for words in wrong)]
    assert 0.04 <= len(misread) / 400 <= 0.15


@pytest.mark.parametrize("emotion", EKMAN)
def test_every_emotion_of_an_example_can_be_laid_out(emotion: str) -> None:
    assert len(many(emotion, 20)) == 20


def test_the_same_seed_makes_the_same_chats_in_any_order() -> None:
    made = [example(id=f"ex-{number}") for number in range(60)]
    forward = {one.id: one for one in chats(made, PROMPT, seed=3)}
    assert forward == {one.id: one for one in chats(made[::-1], PROMPT, seed=3)}
    assert forward != {one.id: one for one in chats(made, PROMPT, seed=4)}


def test_of_a_long_conversation_the_latest_is_shown_and_the_rest_summed_up() -> None:
    made = chat(before=talk(6))
    texts = [message["content"] for message in made.messages[1:-2]]
    assert len(texts) == 8 and texts[-1] == "supporter tells of Anna, turn 5."
    assert "person tells of Anna, turn 0." in texts[0] and texts[0].endswith("turn 2.")


def test_what_is_summed_up_is_the_persons() -> None:
    first = chat(before=talk(6)).messages[1]["content"]
    assert "supporter tells" not in first


def test_a_tuned_model_is_shown_no_demonstrations() -> None:
    assert len(chat().messages) == 3


def test_chats_are_written_as_the_training_reads_them(tmp_path: Path) -> None:
    made = [example(id="a", said="Café, “niño” – 你好"), example(id="b", before=talk(2))]
    path = tmp_path / "chats.jsonl"
    assert write(made, PROMPT, path) == 2
    rows = read_chats(path)
    assert [row.id for row in rows] == ["a", "b"]
    assert "Café, “niño” – 你好" in rows[0].messages[-2].content


def test_the_same_file_is_written_twice(tmp_path: Path) -> None:
    made = [example(id=f"ex-{number}") for number in range(20)]
    for name in ("one", "two"):
        write(made, PROMPT, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert all(json.loads(line) for line in (tmp_path / "one").read_text("utf-8").splitlines())


async def test_a_chat_is_just_what_the_responder_is_told_in_a_turn(tmp_path: Path) -> None:
    asked: list[ChatRequest] = []

    def stream(request: ChatRequest) -> Any:
        asked.append(request)
        yield "The letter stays away. What is the waiting like?"

    services = stub_services(text={"scores": {"joy": 0.05, "sadness": 0.95}})
    services.models.backend("chat").stream = stream
    file = tmp_path / "tuned.yaml"
    file.write_text(
        "name: tuned\ninclude: support\nnodes: {respond: {prompt: respond_tuned}}\n", "utf-8"
    )
    turn = Conversation(Shelf(services, Saver()).current(str(file)), services)
    report = await say(turn, "I keep waiting.")
    same = known(
        said="I keep waiting.",
        strategy=report["strategy"]["label"],
        system_emotion=report["system_emotion"]["label"],
    )
    told = [{"role": m.role, "content": m.content} for m in asked[0].messages]
    assert told == next(chats([same], PROMPT)).messages[:-1]
