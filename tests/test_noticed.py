"""What I think I noticed: shown as a guess, and put right or removed by its person."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from agents.fusion import PERSON
from graphs.amend import forget_lines, remembered
from tests.made_media import tone, wav
from tests.made_own_data import MadeHouse, asks, house
from tests.made_risk import grade
from tests.made_services import LABELS
from tools.chat import ChatRequest
from tools.safety.policy import SafetyPolicy
from ui import texts
from ui.layout import Layout
from ui.noticed.panel import GONE
from ui.own.export import Guess
from ui.panels import panel

AFRAID = {"text": {"scores": {**dict.fromkeys(LABELS, 1.0), "fear": 30.0}}}
HEARD = {"ears": {"text": "I saw the zeppelin."}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note all that the language model is given."""
    from tools.backends import stub

    found: list[str] = []
    before = stub.StubChat.stream

    def stream(self: Any, request: ChatRequest, *more: Any) -> Any:
        found.append(str(request))
        return before(self, request, *more)

    monkeypatch.setattr(stub.StubChat, "stream", stream)
    yield found


async def speak(made: MadeHouse, key: str, words: str = "") -> dict[Any, Any]:
    path = made.house.uploads.path / "a" / "voice.wav"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(wav(tone(1.0)))
    changes: dict[Any, Any] = {}
    async for part in made.talk.sent(key, words, str(path), None, True, False, "", asks()):
        changes |= part
    return changes


async def test_r24_each_guess_is_shown_as_one_with_words_and_a_number(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False, **AFRAID) as made:
        key = made.visit()
        changes = await made.say(key, "Hello.")
        form = parts.noticed
        line = changes[form.lines["text"]]
        confidence = made.session(key).report["readings"]["text"]["confidence"]
        assert "From your words" in line and "perhaps afraid" in line
        assert f"{confidence:.0%}" in line and "sure" in line
        assert changes[form.rows["together"]].visible and changes[form.panel].visible
        assert not changes[form.rows["face"]].visible
        assert not form.panel.open  # it never presses itself on somebody


def test_r24_no_guess_is_exported_without_its_confidence() -> None:
    assert get_type_hints(Guess)["confidence"] is float
    assert "confidence" in Guess.__required_keys__


async def test_r24_a_correction_replaces_the_guess_and_the_next_turn_goes_by_it(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False, **AFRAID) as made:
        key = await made.tab("Hello.")
        changes = await made.noticing.answered("text", "sadness", key, asks())
        assert "sad: as you said" in changes[parts.noticed.lines["text"]]
        assert "afraid" not in changes[parts.noticed.lines["together"]]
        assert "fear" not in changes[parts.panel]
        await made.say(key, "And now?")
        felt = made.session(key).report["user_emotion"]
        assert felt["label"] == "sadness" and PERSON in felt["sources"]


async def test_r24_a_word_about_the_whole_stands_on_top_and_overrules_each_guess(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False, **AFRAID) as made:
        key = await made.tab("Hello.")
        changes = await made.noticing.answered("together", "anger", key, asks())
        form = parts.noticed
        assert "angry: as you said" in changes[form.lines["together"]]
        line = changes[form.lines["text"]]
        assert "perhaps" not in line and "you said otherwise" in line and "overruled" in line
        assert next(iter(form.rows)) == "together"


async def test_r24_a_removed_guess_is_nowhere_any_more(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts, keeps=False, **AFRAID) as made:
        key = await made.tab("Hello.")
        assert "fear" in panel(made.session(key).report)
        changes = await made.noticing.answered("text", GONE, key, asks())
        assert not changes[parts.noticed.rows["text"]].visible
        assert "fear" not in changes[parts.panel] and "fear" not in str(made.session(key).report)
        exported = await made.exporting.exported("json", key, False, False, False, asks())
        assert "fear" not in exported[parts.data.file]


async def test_r24_one_guess_can_go_and_the_others_stay(parts: Layout, tmp_path: Path) -> None:
    joy = {"scores": {**dict.fromkeys(LABELS, 1.0), "joy": 30.0}}
    async with house(tmp_path, parts, keeps=False, voice=joy, **AFRAID, **HEARD) as made:
        key = made.visit()
        await speak(made, key, "Hello.")
        assert set(made.session(key).report["readings"]) >= {"text", "voice"}
        await made.noticing.answered("voice", GONE, key, asks())
        report = made.session(key).report
        assert "voice" not in report["readings"]
        assert report["user_emotion"]["label"] == "fear"


async def test_nothing_else_than_an_emotion_is_taken_for_a_correction(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False, **AFRAID) as made:
        key = await made.tab("Hello.")
        await made.noticing.answered("text", "<b>rubbish</b>", key, asks())
        assert made.session(key).correction == ""


async def test_what_was_heard_is_put_right_on_the_page_and_for_the_next_turn(
    parts: Layout, tmp_path: Path, asked: list[str]
) -> None:
    async with house(tmp_path, parts, **HEARD) as made:
        key = made.visit()
        await made.keep(key)
        changes = await speak(made, key)
        assert changes[parts.noticed.heard] == "I saw the zeppelin."
        async for _ in made.noticing.heard_otherwise(key, "I saw the lantern.", "", asks()):
            pass
        assert made.session(key).shown[0]["content"] == "Spoken: “I saw the lantern.”"
        lines = await made.session(key).conversation.lines()
        assert lines[0]["content"] == "I saw the lantern."
        asked.clear()
        await made.say(key, "It was warm.")
        assert "the lantern" in str(asked) and "zeppelin" not in str(asked)
        [id] = await made.kept_ids()
        assert made.store is not None
        assert b"zeppelin" not in (await made.store.load(id) or b"")


async def test_what_was_heard_can_be_removed(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts, keeps=False, **HEARD) as made:
        key = made.visit()
        await speak(made, key, "With typed words.")
        await made.noticing.unheard(key, asks())
        session = made.session(key)
        assert "zeppelin" not in str(session.shown) and "zeppelin" not in str(session.report)
        lines = await session.conversation.lines()
        assert lines[0]["content"] == "With typed words."
        exported = await made.exporting.exported("json", key, False, False, False, asks())
        assert "zeppelin" not in exported[parts.data.file]


async def test_danger_in_a_correction_is_answered_at_once(
    parts: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = SafetyPolicy.grade
    monkeypatch.setattr(
        SafetyPolicy,
        "grade",
        lambda self, text, **m: grade() if "lighthouse" in text else before(self, text, **m),
    )
    async with house(tmp_path, parts, keeps=False, **HEARD) as made:
        key = made.visit()
        await speak(made, key)
        async for _ in made.noticing.heard_otherwise(key, "lighthouse", "", asks()):
            pass
        assert made.session(key).report["route"] == "crisis"


async def test_a_line_that_is_removed_is_not_remembered_nor_shown_to_the_model_again(
    parts: Layout, tmp_path: Path, asked: list[str]
) -> None:
    async with house(tmp_path, parts) as made:
        key = await made.tab("My sister Maria moved to Leeds on Monday.", kept=True)
        for turn in range(9):
            changes = await made.say(key, f"My brother Tom painted house number {turn}.")
        lines = changes[parts.noticed.memory].choices
        about = next(line for line, _ in lines if "Maria" in line)
        assert "Maria" in asked[-1]
        changes = await made.noticing.forgotten(key, [about], asks())
        assert about not in str(changes[parts.noticed.memory].choices)
        asked.clear()
        await made.say(key, "And now?")
        assert asked and "Maria" not in str(asked)
        assert about not in await remembered(made.session(key).conversation)
        await made.sessions.end(key, "visitor:ada")
        [id] = await made.kept_ids()
        again = made.visit(page="another")
        await made.open(again, id)
        assert about not in made.session(again).chat.remembered


async def test_to_forget_what_was_never_remembered_changes_nothing(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        key = await made.tab("Hello.")
        await forget_lines(made.session(key).conversation, ["Not this."])
        assert len(await made.session(key).conversation.lines()) == 2


async def test_what_could_not_be_read_is_said_kindly(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts, keeps=False, text={"fail": "no"}) as made:
        key = made.visit()
        changes = await made.say(key, "Hello.")
        assert "that is my side, not yours" in changes[parts.noticed.missing].value
        assert texts.WHAT["text"] in changes[parts.noticed.missing].value
