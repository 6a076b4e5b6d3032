"""R16: no part that fails lets anybody's words out into logs, notes or exceptions."""

import asyncio
import base64
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from agents.context import Update
from agents.node import Node
from graphs.run import Conversation, TurnReport
from tests.made_hostile import traces
from tests.made_media import recording, still, tone, wav
from tests.made_services import example, stub_services
from tests.made_turn import conversation, face, say, voice
from tests.test_faults import NODE_NAMES, Fault, broken
from tools.errors import AttuneError, MediaError, places
from tools.media import decode
from ui.uploads import UploadFolder, read_clips

WORDS = "I keep waiting for the letter from Timbuktu."
HEARD = "Somebody spoke of Ouagadougou."
SECRETS = {"typed": "Timbuktu", "heard": "Ouagadougou", "thrown": "Zanzibar"}


def told(*shown: object) -> list[str]:
    """Return which of the secrets stand in what was shown."""
    return [name for name, secret in SECRETS.items() if any(secret in str(each) for each in shown)]


def everything(caplog: pytest.LogCaptureFixture) -> str:
    """Return every log record in full, with its arguments and its traceback."""
    plain = logging.Formatter("%(name)s %(message)s")
    return "\n".join(f"{plain.format(record)} {record.args}" for record in caplog.records)


# The scan itself


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: json.dumps({"text": text}).encode(),
        lambda text: base64.b64encode(f"said: {text}!".encode()),
        lambda text: base64.b64encode(f"it said {text}!".encode()),
        lambda text: base64.b64encode(f"he said {text}".encode()),
        lambda text: base64.b64encode(text.encode()),
    ],
    ids=["plain", "utf-16", "utf-16-be", "json", "base64-0", "base64-2", "base64-1", "base64"],
)
@pytest.mark.parametrize("text", ["heron4711beef", "Möwe “am” Fluß"])
def test_a_mark_is_found_however_it_is_written(text: str, written: Any, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file.db").write_bytes(b"\0\1" * 500 + written(text) + b"\0" * 99)
    assert traces({"the words": text}, tmp_path) == [f"the words in {tmp_path}/deep/file.db"]


def test_a_mark_is_found_in_the_name_of_a_file_and_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "heron4711").mkdir()
    assert traces({"name": "heron4711"}, tmp_path)
    assert not traces({"name": "heron4712"}, tmp_path)


# A turn in which something fails


async def _speak_up(node: Node, state: Any) -> Update:
    logging.getLogger("library").debug("about to fail")
    raise RuntimeError(f"cannot read {SECRETS['thrown']}: {state.get('words', '')!r}")


async def _with_cause(node: Node, state: Any) -> Update:
    try:
        await _speak_up(node, state)
    except RuntimeError as error:
        raise ValueError(f"{SECRETS['thrown']} again") from error
    return {}


@pytest.mark.parametrize("fault", [_speak_up, _with_cause])
@pytest.mark.parametrize("name", NODE_NAMES)
async def test_r16_a_node_that_fails_tells_nobodys_words(
    name: str, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    graph = broken(name)
    talk, graph.fault = graph.talk(), fault
    report = await say(talk, WORDS, [voice(), face()], microphone=True, camera=True)
    assert told(everything(caplog), report["notes"]) == []


MODELS = {
    "text": {"text": {"fail": SECRETS["thrown"]}},
    "face": {"face": {"fail": SECRETS["thrown"]}},
    "voice": {"voice": {"fail": SECRETS["thrown"]}},
    "chat": {"chat": {"fail": SECRETS["thrown"]}},
    "detector": {"detector": {"fail": SECRETS["thrown"]}},
    "embed": {"embed": {"fail": SECRETS["thrown"]}},
}


@pytest.mark.parametrize("model", MODELS)
async def test_r16_a_model_that_fails_tells_nobodys_words(
    model: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    services = stub_services(example(), ears={"text": HEARD}, **MODELS[model])
    report = await say(
        conversation(services), WORDS, [voice(), face()], microphone=True, camera=True
    )
    logged = everything(caplog)
    assert "Timbuktu" not in logged and "Ouagadougou" not in logged
    assert "typed" not in told(report["notes"]) and "heard" not in told(report["notes"])


async def test_r16_a_turn_that_goes_well_logs_no_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    services = stub_services(example(), ears={"text": HEARD})
    report = await say(
        conversation(services), WORDS, [voice(), face()], microphone=True, camera=True
    )
    assert report["heard"]["text"] == HEARD
    assert told(everything(caplog), report["notes"]) == []


async def test_r16_the_error_of_a_turn_that_fails_tells_no_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = conversation(stub_services())

    async def fail(*_: object, **__: object) -> TurnReport:
        raise OSError(f"{SECRETS['thrown']}: {WORDS}")

    monkeypatch.setattr(talk.version.graph.checkpointer, "aget_tuple", fail)
    with pytest.raises(AttuneError) as caught:
        await say(talk, WORDS)
    assert told(caught.value) == []


async def test_r16_the_clips_of_a_turn_are_gone_at_its_end_also_after_a_fault() -> None:
    for name in ("listen", "fusion", "deliver"):
        graph = broken(name)
        talk = graph.talk()
        graph.fault = _speak_up
        await say(talk, WORDS, [voice(), face()], microphone=True, camera=True)
        assert len(graph.services.clips) == 0, name


async def test_r16_the_clips_of_a_stopped_turn_are_gone() -> None:
    graph, reached = broken("voice_emotion"), asyncio.Event()

    async def linger(node: Node, state: Any) -> Update:
        reached.set()
        await asyncio.Event().wait()
        return {}

    talk, graph.fault = graph.talk(), linger
    turn = asyncio.create_task(_drain(talk))
    await asyncio.wait(
        {turn, asyncio.create_task(reached.wait())}, timeout=10, return_when="FIRST_COMPLETED"
    )
    assert reached.is_set() and not turn.done()
    assert len(graph.services.clips)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert len(graph.services.clips) == 0


async def _drain(talk: Conversation) -> None:
    await say(talk, WORDS, [voice(), face()], microphone=True, camera=True)


# Files


BROKEN = {
    "nothing": b"nothing",
    "empty": b"",
    "half": wav(tone(1.0))[:60],
    "video": recording(seconds=0.4)[:300],
    "picture": still("PNG")[:200],
    "archive": b"PK\x03\x04" + b"\0" * 50,
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_r16_a_broken_upload_tells_no_name(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / f"me in {SECRETS['typed']}.wav"
    file.write_bytes(BROKEN[kind])
    clips, [sentence] = await read_clips([file])
    assert not clips and told(everything(caplog), sentence) == []


@pytest.mark.parametrize("kind", BROKEN)
def test_r16_the_error_of_a_broken_recording_names_no_file_in_any_of_its_causes(
    kind: str, tmp_path: Path
) -> None:
    file = tmp_path / f"me in {SECRETS['typed']}.wav"
    file.write_bytes(BROKEN[kind])
    with pytest.raises(MediaError) as caught:
        decode(file)
    error: BaseException | None = caught.value
    while error is not None:
        assert told(error, getattr(error, "filename", "")) == []
        error = error.__cause__ or error.__context__


def test_r16_an_upload_that_is_gone_tells_no_name(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        decode(tmp_path / f"{SECRETS['typed']}.wav")
    assert told(caught.value) == []


def test_r16_decoding_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    decode(wav(tone(1.0)))
    decode(recording(seconds=0.4))
    decode(still("PNG"))
    assert not list(tmp_path.iterdir())


def test_r16_uploads_lie_in_memory_where_the_system_offers_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = UploadFolder()
    try:
        assert folder.path.parent == Path("/dev/shm") or not Path("/dev/shm").is_dir()
    finally:
        folder.close()


def test_the_place_of_an_error_is_told_without_its_message() -> None:
    try:
        raise ValueError(SECRETS["typed"])
    except ValueError as error:
        assert told(places(error)) == [] and "ValueError at test_left_behind.py" in places(error)
