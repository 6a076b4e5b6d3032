"""A person's conversations for themselves."""

import json
from pathlib import Path

from tests.made_own_data import ADA, asks, house
from tests.made_services import LABELS
from tools.phrases import load_phrases
from ui.layout import Layout
from ui.own import texts as data_texts
from ui.own.export import FORMAT, VERSION, Source, as_json, as_text, export

AFRAID = {"text": {"scores": {**dict.fromkeys(LABELS, 1.0), "fear": 30.0}}}
LINES = [
    {"role": "user", "content": "My sister <b>moved</b>."},
    {"role": "assistant", "content": "That is a change."},
]


def made_source(**more: object) -> Source:
    return Source(**{"lines": LINES, "graph": "support@abc", "kept": True, **more})


def test_the_file_says_its_format_versions_time_and_consents() -> None:
    content = export([made_source(begun=0.0, used=86400.0)], {"keep": True, "camera": False})
    assert content["format"] == FORMAT and content["version"] == VERSION
    assert content["consents"] == {"keep": True, "camera": False}
    assert "phrases" in content["versions"] and content["made"].endswith("+00:00")
    [talk] = content["conversations"]
    assert talk["begun"] == "1970-01-01T00:00:00+00:00" and talk["last_used"].startswith(
        "1970-01-02"
    )
    assert talk["graph"] == "support@abc" and talk["kept"]


def test_what_was_said_is_in_both_forms_word_by_word() -> None:
    content = export([made_source()], {})
    again = json.loads(as_json(content))
    assert again["conversations"][0]["messages"] == [
        {"said_by": "person", "text": "My sister <b>moved</b>."},
        {"said_by": "attune", "text": "That is a change."},
    ]
    text = as_text(content, load_phrases().for_locale("en"))
    assert "You:\nMy sister <b>moved</b>." in text and "Attune:\nThat is a change." in text


def test_what_is_remembered_and_how_serious_it_was_is_in_it() -> None:
    standing = {"level": "low", "quiet": 0, "denied": False, "eased": False}
    course = {"turn": 1, "peak": {"minor": "low"}, "now": {"minor": standing}, "watched": [],
              "distress": False}  # fmt: skip
    state = {"summary": {"lines": ["Tom called."], "upto": 2}, "risk": course}
    content = export([made_source(state=state)], {})
    [talk] = content["conversations"]
    assert talk["remembered"] == ["Tom called."]
    assert talk["risk"] == {"now": "low", "gravest": "low", "dangers": {"minor": "low"}}
    assert "- Tom called." in as_text(content, load_phrases().for_locale("en"))


async def test_r19_what_was_noticed_goes_with_it_and_no_file_is_written(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts, keeps=False, **AFRAID) as made:
        key = await made.tab("Hello.")
        before = sorted(tmp_path.rglob("*"))
        changes = await made.exporting.exported("json", key, False, True, False, asks())
        assert sorted(tmp_path.rglob("*")) == before
        file = json.loads(changes[parts.data.file])
        assert file["name"].startswith("attune-") and file["name"].endswith(".json")
        content = json.loads(file["text"])
        noticed = content["conversations"][0]["noticed"]
        assert noticed["together"]["feeling"] == "fear"
        assert 0 < noticed["together"]["confidence"] <= 1
        assert all(0 < guess["confidence"] <= 1 for guess in noticed["guesses"])
        assert content["consents"] == {"keep": False, "microphone": True, "camera": False}


async def test_r19_every_kept_conversation_goes_with_it_when_asked(
    parts: Layout, tmp_path: Path
) -> None:
    async with house(tmp_path, parts) as made:
        for words in ("The first.", "The second."):
            key = made.visit(page=words)
            await made.keep(key)
            await made.say(key, words)
        await made.sessions.end(key, ADA.key)
        again = await made.tab("The third.", page="another")
        alone = await made.exporting.exported("txt", again, False, False, False, asks())
        text = json.loads(alone[parts.data.file])["text"]
        assert "third" in text and "first" not in text
        whole = await made.exporting.exported("txt", again, True, False, False, asks())
        text = json.loads(whole[parts.data.file])["text"]
        assert all(words in text for words in ("The first.", "The second.", "The third."))


async def test_nothing_said_yet_is_no_file(parts: Layout, tmp_path: Path) -> None:
    async with house(tmp_path, parts, keeps=False) as made:
        key = made.visit()
        changes = await made.exporting.exported("txt", key, False, False, False, asks())
        assert (
            changes[parts.data.file] == ""
            and data_texts.EXPORT_EMPTY in changes[parts.data.exported]
        )
