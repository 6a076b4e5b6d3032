"""One turn on the page."""

import asyncio
import html
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from graphs.keeping.saver import Saver
from graphs.run import Conversation, Earlier
from graphs.shelf import Shelf
from graphs.spec import find_graph
from tests.made_media import tone, wav
from tests.made_risk import grade
from tests.made_services import LABELS, example, stub_services
from tools.errors import ModelError
from tools.labels import Danger, Risk
from tools.safety.policy import SafetyPolicy
from ui import texts
from ui import turn as turn_module
from ui.layout import welcome_html
from ui.noticed.panel import noticed
from ui.session import Session
from ui.turn import Sent, take_turn
from ui.uploads import UploadFolder

AFRAID = {"text": {"scores": {**dict.fromkeys(LABELS, 1.0), "fear": 30.0}}}

JUNK = b"RIFF....WAVEnonsense"


@pytest.fixture
def uploads(tmp_path: Path) -> Iterator[UploadFolder]:
    folder = UploadFolder(tmp_path)
    yield folder
    folder.close()


def made(**options: object) -> Session:
    services = stub_services(example(), **options)  # type: ignore[arg-type]
    version = Shelf(services, Saver()).current("support")
    return Session(Conversation(version, services))


def danger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every message count as danger, so that no test has to name any."""
    monkeypatch.setattr(SafetyPolicy, "grade", lambda self, text, **_: grade())


def upload(folder: UploadFolder, data: bytes, name: str = "audio.wav") -> str:
    path = folder.path / name.replace(".", "-") / name
    path.parent.mkdir()
    path.write_bytes(data)
    return str(path)


async def run(
    session: Session, uploads: UploadFolder, words: str = "", **sent: object
) -> list[str]:
    message = Sent(words=words, **sent)  # type: ignore[arg-type]
    return [status async for status in take_turn(session, message, uploads)]


async def test_a_message_and_its_reply_are_shown(uploads: UploadFolder) -> None:
    session = made()
    statuses = await run(session, uploads, "It was a long week.")
    assert statuses[0] == texts.THINKING and statuses[-1] == ""
    assert [bubble["role"] for bubble in session.shown] == ["user", "assistant"]
    assert session.shown[1]["content"] == session.report["reply"]


async def test_nothing_sent_is_said_kindly(uploads: UploadFolder) -> None:
    session = made()
    assert await run(session, uploads, "  \n") == [texts.NOTHING]
    assert session.shown == []


async def test_a_recording_is_heard_and_deleted(uploads: UploadFolder) -> None:
    session = made(ears={"text": "I am a little tired."})
    audio = upload(uploads, wav(tone(1.0)))
    statuses = await run(session, uploads, audio=audio, microphone=True)
    assert statuses[0] == texts.LISTENING
    assert session.shown[0]["content"] == "Spoken: “I am a little tired.”"
    assert not list(uploads.path.iterdir())


async def test_a_recording_without_consent_is_deleted_unread(uploads: UploadFolder) -> None:
    session = made()
    audio = upload(uploads, wav(tone(1.0)))
    await run(session, uploads, "Hello.", audio=audio, microphone=False)
    assert session.report["readings"]["voice"]["missing"] == "not given"
    assert not list(uploads.path.iterdir())


async def test_live_frames_without_consent_are_forgotten(uploads: UploadFolder) -> None:
    session = made()
    session.camera.see(np.zeros((60, 80, 3), np.uint8))
    await run(session, uploads, "Hello.", camera=False)
    assert session.report["readings"]["face"]["missing"] == "not given"
    assert session.camera.take() is None


async def test_live_frames_with_consent_are_read(uploads: UploadFolder) -> None:
    session = made()
    session.camera.see(np.zeros((60, 80, 3), np.uint8))
    await run(session, uploads, "Hello.", camera=True)
    assert session.report["readings"]["face"]["missing"] == ""


async def test_words_beside_a_broken_recording_are_answered(uploads: UploadFolder) -> None:
    session = made()
    audio = upload(uploads, JUNK)
    await run(session, uploads, "These words.", audio=audio, microphone=True)
    asked, sorry, reply = session.shown
    assert [asked["role"], sorry["role"], reply["role"]] == ["user", "assistant", "assistant"]
    assert "These words." in asked["content"] and "please" in sorry["content"]
    assert reply["content"] == session.report["reply"] and session.unsent == []
    assert not list(uploads.path.iterdir())


async def test_danger_beside_a_broken_recording_takes_the_crisis_route(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = made()
    danger(monkeypatch)
    audio = upload(uploads, JUNK)
    await run(session, uploads, "These words.", audio=audio, microphone=True)
    assert session.report["route"] == "crisis"


async def test_a_recording_beside_a_broken_file_is_heard(uploads: UploadFolder) -> None:
    session = made(ears={"text": "I am a little tired."})
    sent = {"audio": upload(uploads, wav(tone(1.0))), "file": upload(uploads, JUNK, "me.webm")}
    await run(session, uploads, microphone=True, camera=True, **sent)
    assert session.report["heard"]["text"] == "I am a little tired."
    assert "please" in session.shown[1]["content"] and len(session.shown) == 3


async def test_a_broken_recording_alone_is_one_sentence(uploads: UploadFolder) -> None:
    session = made()
    session.camera.see(np.zeros((60, 80, 3), np.uint8))
    audio = upload(uploads, JUNK)
    await run(session, uploads, audio=audio, microphone=True, camera=True)
    [sorry] = session.shown
    assert sorry["role"] == "assistant" and "please" in sorry["content"]
    assert session.report is None and not list(uploads.path.iterdir())


async def test_stop_after_a_broken_recording_gives_the_words_back(uploads: UploadFolder) -> None:
    session = made(chat={"delay": 0.3})
    audio = upload(uploads, JUNK)
    turn = take_turn(session, Sent(words="These words.", audio=audio, microphone=True), uploads)
    async for _ in turn:
        if len(session.shown) == 2:
            asyncio.get_running_loop().call_later(0.1, session.stop)
    [sorry] = session.shown
    assert "please" in sorry["content"] and session.unsent == ["These words."]


async def test_a_screen_of_another_name_moves_the_status_on(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    support = find_graph("support").read_text("utf-8")
    support = support.replace("  screen:\n    on", "  guard:\n    on")
    support = support.replace("  screen:\n", "  guard: {use: screen}\n")
    graph = tmp_path / "renamed.yaml"
    graph.write_text(support.replace("-> screen\n", "-> guard\n"), "utf-8")
    services = stub_services(example())
    version = Shelf(services, Saver()).current(str(graph))
    danger(monkeypatch)  # so that this screen is the only one
    statuses = await run(Session(Conversation(version, services)), uploads, "Hello.")
    assert statuses[:2] == [texts.THINKING, texts.THINKING]


async def test_an_unexpected_error_is_one_kind_sentence_and_keeps_the_words(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = made()

    def fail(*_: object) -> None:
        raise RuntimeError("the person said: secret")

    monkeypatch.setattr(session.conversation, "send", fail)
    await run(session, uploads, "These words.")
    assert session.shown == [{"role": "assistant", "content": texts.SORRY}]
    assert session.unsent == ["These words."]
    assert "RuntimeError at turn.py:" in caplog.text and "secret" not in caplog.text


async def test_the_sentence_of_a_failed_model_is_not_shown(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = made()

    def fail(*_: object) -> None:
        raise ModelError("the model 'chat' failed: RuntimeError: cuda")

    monkeypatch.setattr(session.conversation, "send", fail)
    await run(session, uploads, "These words.")
    assert "cuda" not in str(session.shown)


async def test_a_message_that_is_too_long_says_why_and_is_kept(uploads: UploadFolder) -> None:
    session, words = made(), "word " * 2000
    await run(session, uploads, words)
    assert "please send it in parts" in session.shown[0]["content"]
    assert session.unsent == [words]


async def test_stop_before_the_first_sentence_gives_the_words_back(uploads: UploadFolder) -> None:
    session = made(chat={"delay": 0.3})
    turn = take_turn(session, Sent(words="These words."), uploads)
    await anext(turn)
    asyncio.get_running_loop().call_later(0.1, session.stop)
    statuses = [status async for status in turn]
    assert statuses[-1] == texts.STOPPED
    assert session.shown == [] and session.unsent == ["These words."]


async def test_stop_gives_all_words_that_wait_back_in_their_order_but_once(
    uploads: UploadFolder,
) -> None:
    session, said = made(chat={"delay": 0.3}), ["One.", "Two.", "Three."]
    turns = [asyncio.create_task(run(session, uploads, words)) for words in said]
    await asyncio.sleep(0.1)
    session.stop()
    assert [statuses[-1] for statuses in await asyncio.gather(*turns)] == [texts.STOPPED] * 3
    assert session.shown == [] and not session.answering
    assert session.collect() == ["One.", "Two.", "Three."] and session.unsent == []


async def test_a_message_right_behind_a_stop_is_answered_and_the_stopped_one_comes_back(
    uploads: UploadFolder,
) -> None:
    session = made(chat={"delay": 0.1})
    first = asyncio.create_task(run(session, uploads, "One."))
    await asyncio.sleep(0.05)
    session.stop()
    await run(session, uploads, "Two.")
    assert (await first)[-1] == texts.STOPPED and session.unsent == ["One."]
    assert [(b["role"], b["content"]) for b in session.shown][:1] == [("user", "Two.")]
    assert len(session.shown) == 2


async def test_what_is_sent_in_mid_reply_is_answered_behind_it(uploads: UploadFolder) -> None:
    session = made(chat={"delay": 0.05})
    second = None
    async for status in take_turn(session, Sent(words="One."), uploads):
        if status == texts.WRITING and second is None:
            second = asyncio.create_task(run(session, uploads, "Two."))
    assert second is not None
    await second
    assert [bubble["role"] for bubble in session.shown] == ["user", "assistant"] * 2
    assert [b["content"] for b in session.shown if b["role"] == "user"] == ["One.", "Two."]


async def test_messages_are_answered_as_they_came_however_long_a_recording_takes_to_read(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = made()
    read = turn_module.read_clips

    async def slowly(files: list[str]) -> object:
        await asyncio.sleep(0.3 if files else 0)
        return await read(files)

    monkeypatch.setattr(turn_module, "read_clips", slowly)
    voice = upload(uploads, wav(tone(1.0)))
    first = asyncio.create_task(run(session, uploads, "One.", audio=voice, microphone=True))
    await asyncio.sleep(0.05)
    assert session.answering
    await run(session, uploads, "Two.")
    assert first.done() and len(session.shown) == 4
    said = [m.text for m in (await session.conversation.state())["messages"]]
    assert said[0].startswith("One.") and said[2] == "Two."


async def test_stop_ends_the_reading_of_a_recording_and_deletes_it(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = made()

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(turn_module, "read_clips", never)
    voices = [upload(uploads, wav(tone(1.0)), f"{name}.wav") for name in "ab"]
    turns = [
        asyncio.create_task(run(session, uploads, audio=voice, microphone=True)) for voice in voices
    ]
    await asyncio.sleep(0.05)
    session.stop()
    assert [s[-1] for s in await asyncio.gather(*turns)] == [texts.STOPPED] * 2
    assert not any(Path(voice).exists() for voice in voices)
    assert session.unsent == [] and session.shown == []


async def test_a_correction_goes_with_one_message_and_with_the_next_where_that_is_taken_back(
    uploads: UploadFolder,
) -> None:
    session = made(chat={"delay": 0.1})
    session.correction = "sadness"
    first = asyncio.create_task(run(session, uploads, "One."))
    await asyncio.sleep(0.05)
    assert session.correction == ""
    session.stop()
    await first
    assert session.correction == "sadness"


async def test_an_empty_press_in_mid_reply_says_nothing(uploads: UploadFolder) -> None:
    session = made(chat={"delay": 0.05})
    pressed: list[str] | None = None
    async for status in take_turn(session, Sent(words="One."), uploads):
        if status == texts.WRITING and pressed is None:
            pressed = await run(session, uploads, "")
    assert pressed == [] and len(session.shown) == 2


async def test_stop_in_mid_reply_keeps_what_was_said(uploads: UploadFolder) -> None:
    session = made(chat={"delay": 0.05})
    turn = take_turn(session, Sent(words="These words."), uploads)
    async for status in turn:
        if status == texts.WRITING:
            session.stop()
    assert [bubble["role"] for bubble in session.shown] == ["user", "assistant"]
    assert session.unsent == []


async def test_a_turn_waits_until_it_may_begin(uploads: UploadFolder) -> None:
    session, may = made(), asyncio.Event()

    async def ready() -> None:
        await may.wait()

    async def collect() -> None:
        async for _ in take_turn(session, Sent(words="Hello."), uploads, ready):
            pass

    task = asyncio.create_task(collect())
    await asyncio.sleep(0.1)
    assert len(session.shown) == 1
    may.set()
    await task
    assert len(session.shown) == 2


async def test_a_correction_is_used_once(uploads: UploadFolder) -> None:
    session = made(**AFRAID)
    session.correction = "sadness"
    await run(session, uploads, "Hello.")
    assert session.report["user_emotion"]["label"] == "sadness"
    await run(session, uploads, "Hello again.")
    assert session.report["user_emotion"]["label"] == "fear"


async def test_a_guess_is_said_tentatively(uploads: UploadFolder) -> None:
    session = made(**AFRAID)
    await run(session, uploads, "Hello.")
    phrases = stub_services().phrases.for_locale("en")
    assert noticed(session, phrases) == "You might be feeling afraid. Is that right?"
    assert noticed(session, phrases, corrected="fear") == ""


async def test_what_is_unknown_is_not_guessed(uploads: UploadFolder) -> None:
    session = made(text={"fail": "no"})
    await run(session, uploads, "Hello.")
    assert noticed(session, stub_services().phrases.for_locale("en")) == ""


async def test_nothing_is_guessed_in_a_crisis(uploads: UploadFolder) -> None:
    session = made(**AFRAID)
    await run(session, uploads, "Hello.")
    session.report["route"] = "crisis"
    assert noticed(session, stub_services().phrases.for_locale("en")) == ""


async def test_the_lines_of_a_crisis_reply_stand_apart(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = made()
    danger(monkeypatch)
    await run(session, uploads, "Hello.")
    assert session.report["route"] == "crisis"
    assert session.shown[1]["content"].count("\n") >= 3


async def test_r9_a_reminder_stands_apart_from_the_reply(uploads: UploadFolder) -> None:
    session = made(chat={"reply": "That is a lot. What happened?"})
    await run(session, uploads, "Are you human?")
    answer, reply = session.shown[1]["content"].split("\n\n")
    phrases = stub_services().phrases.for_locale("en")
    assert answer in phrases.identity and reply == "That is a lot. What happened?"


async def test_r9_who_saw_the_page_has_read_the_disclosure(uploads: UploadFolder) -> None:
    session = made()
    await run(session, uploads, "Hello.")
    phrases = stub_services().phrases.for_locale("en")
    assert phrases.disclosure[0] not in session.shown[1]["content"]
    assert all(html.escape(line) in welcome_html(phrases) for line in phrases.disclosure)


async def test_r23_a_session_remembers_that_somebody_young_is_here(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = made()
    with monkeypatch.context() as patch:
        patch.setattr(SafetyPolicy, "grade", lambda self, text, **_: grade(Danger.MINOR, Risk.LOW))
        await run(session, uploads, "Hello.")
    assert session.minor
    await run(session, uploads, "Hello again.")
    assert session.minor


async def test_what_a_crash_had_left_open_is_shown_above_the_new_message(
    uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = made()
    send = session.conversation.send

    async def after_a_crash(*given: object) -> AsyncIterator[object]:
        yield Earlier("The lost words.", "The late reply.")
        async for event in send(*given):  # type: ignore[arg-type]
            yield event

    monkeypatch.setattr(session.conversation, "send", after_a_crash)
    await run(session, uploads, "The new words.")
    said = [bubble["content"] for bubble in session.shown]
    assert said[:3] == ["The lost words.", "The late reply.", "The new words."]
    assert len(said) == 4
