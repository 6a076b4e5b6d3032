"""The soak finds what it looks for, and nothing where all is well."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from rich.console import Console

from agents.context import Services
from benchmarks.soak import callers, gauges, media, visitors
from benchmarks.soak.checks import Sent, Tally, check_history, foreign
from benchmarks.soak.command import ECHOING, Line, Plan, Result, hold
from benchmarks.soak.gauges import Sample
from benchmarks.soak.marks import message, word, words_in
from graphs.run import Conversation
from tests.made_services import example, stub_services
from tools.chat import ChatRequest, Message
from tools.clips import ClipStore
from tools.media import decode
from tools.models import load_models
from ui.uploads import UploadFolder


def services() -> Services:
    return replace(stub_services(example()), models=load_models("stub", ECHOING))


async def run(folder: Path, **plan: object) -> Result:
    settings = {"turns": 12, "conversations": 4, "seed": 3, **plan}
    return await hold(services(), Plan(**settings), folder, Console(quiet=True))  # type: ignore[arg-type]


def line(lines: list[Line], what: str) -> Line:
    return next(line for line in lines if line.what == what)


async def test_nothing_is_lost_or_crossed_where_all_is_well(tmp_path: Path) -> None:
    lines, tally, samples = await run(tmp_path)
    assert not tally.lost and not tally.crossed and not tally.left and not tally.reasons
    assert tally.turns >= 12 and tally.media > 0 and tally.prompts > 0 and len(samples) == 3
    assert line(lines, "lost turns").verdict == "met"
    assert line(lines, "messages").verdict == ""


async def test_two_people_in_one_conversation_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "Conversation", partial(Conversation, id="one-for-all"))
    lines, tally, _ = await run(tmp_path, kept=0.0)
    assert {"a prompt"} < set(tally.crossed)
    assert line(lines, "crossed conversations").verdict == "missed"


async def test_a_recording_that_stays_in_memory_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClipStore, "forget", lambda self, handles: None)
    _, tally, _ = await run(tmp_path)
    assert "a recording in memory" in tally.left


async def test_an_upload_that_stays_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UploadFolder, "discard", lambda self, files: None)
    _, tally, _ = await run(tmp_path)
    assert "an upload behind its turn" in tally.left


async def test_a_conversation_that_outlives_its_deletion_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self: Conversation) -> None: ...

    monkeypatch.setattr(Conversation, "forget", nothing)
    monkeypatch.setattr(visitors, "PATIENCE_S", 0.1)
    _, tally, _ = await run(tmp_path)
    assert "a checkpoint of a deleted conversation" in tally.left
    assert "a deleted conversation in the store" in tally.left


def history(*numbers: int, replies: int = 1) -> list[AnyMessage]:
    messages: list[AnyMessage] = []
    for number in numbers:
        messages.append(HumanMessage(message(5, number)))
        messages.extend(AIMessage("I hear you.") for _ in range(replies))
    return messages


@pytest.mark.parametrize(
    ("messages", "fault"),
    [
        (history(1, 2), ""),
        (history(1), "not in the history"),
        (history(1, 2, 2), "in the history 2 times"),
        (history(1, 2, replies=0), "0 replies"),
        (history(1, 2, replies=2), "2 replies"),
    ],
)
def test_every_answered_message_has_one_place_and_one_reply(
    messages: list[AnyMessage], fault: str
) -> None:
    tally = Tally()
    check_history(messages, Sent(5, {1: "answered", 2: "answered"}), tally)
    assert bool(tally.lost) == bool(fault)
    assert all(fault in told for told in tally.lost[-1:])


def test_a_stopped_message_may_be_gone_but_not_without_its_reply() -> None:
    tally, sent = Tally(), Sent(5, {1: "stopped"})
    check_history([], sent, tally)
    assert not tally.lost
    check_history(history(1, replies=0), sent, tally)
    assert tally.lost


def test_each_conversation_has_a_word_of_its_own() -> None:
    words = {word(serial) for serial in range(media.SERIALS)}
    assert len(words) == media.SERIALS
    assert words_in(" ".join(words).upper()) == words
    assert foreign(f"{word(1)} and {word(2)}", 1) == {word(2)}


@pytest.mark.parametrize(("serial", "number"), [(0, 1), (77, 40), (255, 120)])
def test_a_recording_tells_whose_it_is_after_it_was_decoded(serial: int, number: int) -> None:
    audio = decode(media.spoken(serial, number, 1.0)).audio
    assert audio is not None and media.heard(audio) == (serial, number)


@pytest.mark.parametrize("serial", [0, 20, 47])
def test_a_picture_tells_whose_it_is_after_it_was_decoded(serial: int) -> None:
    for made in (media.still, media.video):
        assert media.seen(decode(made(serial)).frames) == media.shade(serial)
    assert media.seen([np.asarray(media.frame(serial))]) == media.shade(serial)


def test_the_fake_model_notes_whom_it_was_asked_about() -> None:
    backend = load_models("stub", ECHOING).backend("echo-chat")
    said = "".join(backend.stream(ChatRequest((Message("user", f"{word(1)}, {word(2)}"),))))
    assert backend.asked == [frozenset({word(1), word(2)})]
    assert words_in(said) == {word(1), word(2)}


def sample(turns: int, memory: float) -> Sample:
    return Sample(turns, memory, below=0.0, files=5, threads=5, children=0, disk=0, shared=0)


def test_steady_growth_is_measured_per_hundred_turns() -> None:
    growing = [sample(turns, 100 + turns / 50) for turns in range(0, 500, 20)]
    assert gauges.slope(growing, "memory") == pytest.approx(2.0)


def test_a_step_that_is_taken_back_is_no_growth() -> None:
    bumps = [sample(turns, 100.0 + 50 * (turns % 100 == 0)) for turns in range(0, 500, 20)]
    assert gauges.slope(bumps, "memory") == pytest.approx(0.0, abs=0.5)


def test_what_lies_in_a_folder_is_counted(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one").write_bytes(b"x" * 100)
    reading = gauges.read(7, [tmp_path], [tmp_path / "deep"])
    assert reading.disk == reading.shared == 100
    assert reading.turns == 7 and reading.memory > 1 and reading.files > 0
