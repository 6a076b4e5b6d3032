"""Events of the page: of one's own session and with one's own files alone."""

import json
from typing import Any

import httpx
import pytest

from tests.made_gate import Made
from ui.gate.belongings import Belongings
from ui.gate.limits import RateLimits
from ui.uploads import UploadFolder

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "


async def come(one: httpx.AsyncClient) -> None:
    assert (await one.get("/")).status_code == 200


def event(session: str, *data: Any) -> dict[str, Any]:
    return {"data": list(data), "fn_index": 1, "session_hash": session}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/gradio_api/queue/join", event("theirs", "words")),
        ("POST", "/gradio_api/run/predict", event("theirs")),
        ("GET", "/gradio_api/queue/data?session_hash=theirs", None),
        ("GET", "/gradio_api/queue/data?x=1&session_hash=theirs", None),
        ("GET", "/gradio_api/heartbeat/theirs", None),
        ("POST", "/gradio_api/cancel", {**event("theirs"), "event_id": "1"}),
        ("POST", "/gradio_api/reset", {**event("theirs"), "event_id": "1"}),
        ("POST", "/gradio_api/stream/0a1b", event("theirs")),
    ],
)
async def test_the_session_of_another_is_not_there(
    made: Made, method: str, path: str, body: object
) -> None:
    async with made.browser() as one, made.browser() as other:
        await come(one)
        await come(other)
        await one.post("/gradio_api/queue/join", json=event("theirs"))
        reached = len(made.behind.reached)
        answer = await other.request(method, path, json=body)
        assert answer.status_code == 404 and len(made.behind.reached) == reached
        assert (await one.request(method, path, json=body)).status_code == 200


@pytest.mark.parametrize("session", [None, "", 7, ["x"], "a b", "../x", "a" * 65])
async def test_an_event_needs_a_session(made: Made, session: object) -> None:
    async with made.browser() as one:
        await come(one)
        body = {"data": [], "fn_index": 1, "session_hash": session}
        assert (await one.post("/gradio_api/run/predict", json=body)).status_code == 400


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b"[]", b"7"])
async def test_what_is_no_event_is_refused(made: Made, body: bytes) -> None:
    async with made.browser() as one:
        await come(one)
        assert (await one.post("/gradio_api/run/predict", content=body)).status_code == 400


async def test_an_event_arrives_as_it_was_sent(made: Made) -> None:
    async with made.browser() as one:
        await come(one)
        sent = json.dumps(event("mine", "ÄÖ  words"), indent=1).encode()
        await one.post("/gradio_api/queue/join", content=sent)
        assert made.behind.reached[-1][2] == sent


async def test_an_event_has_an_end(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.gate.events._LARGEST", 1000)
    async with made.browser() as one:
        await come(one)
        long = event("mine", "x" * 1000)
        assert (await one.post("/gradio_api/queue/join", json=long)).status_code == 413


async def upload(one: httpx.AsyncClient, name: str = "a.wav") -> str:
    answer = await one.post("/gradio_api/upload", content=name.encode() + b"|" + WAV)
    [path] = answer.json()
    return str(path)


def file(path: str | None, **more: Any) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


async def test_an_own_upload_may_be_sent_and_another_persons_not(made: Made) -> None:
    async with made.browser() as one, made.browser() as other:
        await come(one)
        await come(other)
        path = await upload(one)
        url = f"http://127.0.0.1:7860/gradio_api/file={path}"
        for body in (event("s1", file(path, url=url)), event("s1", {"deep": [file(path)]})):
            assert (await one.post("/gradio_api/queue/join", json=body)).status_code == 200
            stolen = {**body, "session_hash": "s2"}
            assert (await other.post("/gradio_api/queue/join", json=stolen)).status_code == 403


@pytest.mark.parametrize(
    "part",
    [
        file("/etc/passwd"),
        file("http://127.0.0.1:7860/health"),
        file("http://169.254.169.254/latest/meta-data"),
        file(None, url="http://127.0.0.1:7860/health"),
        file(None, url="file:///etc/passwd"),
        {"url": "//evil.example/x"},
        {"path": ["/etc/passwd"]},
        {"path": "/dev/shm/../../etc/passwd"},
    ],
)
async def test_no_other_file_or_address_may_stand_in_an_event(
    made: Made, part: dict[str, Any]
) -> None:
    async with made.browser() as one:
        await come(one)
        for body in (event("mine", part), event("mine", [[part]]), event("mine", {"x": part})):
            answer = await one.post("/gradio_api/queue/join", json=body)
            assert answer.status_code == 403
            assert "passwd" not in answer.text


async def test_a_frame_of_the_camera_holds_itself(made: Made) -> None:
    async with made.browser() as one:
        await come(one)
        body = event("mine", {"path": None, "url": "data:image/webp;base64,AAAA"})
        assert (await one.post("/gradio_api/stream/0a1b", json=body)).status_code == 200


async def test_a_flood_of_events_is_told_to_wait(
    folder: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.gate.limits.PER_PERSON", {"event": "2/minute"})
    made = Made(folder, limits=RateLimits())
    async with made.browser() as one:
        await come(one)
        answers = [await one.post("/gradio_api/run/predict", json=event("m")) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_flood_of_new_sessions_is_told_to_wait(
    folder: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.gate.limits.PER_PERSON", {"session": "2/minute"})
    made = Made(folder, limits=RateLimits())
    async with made.browser() as one:
        await come(one)
        path = "/gradio_api/run/predict"
        statuses = [(await one.post(path, json=event(f"m{n}"))).status_code for n in range(3)]
        assert statuses == [200, 200, 429]
        assert (await one.post(path, json=event("m0"))).status_code == 200


def test_only_so_many_sessions_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.gate.belongings._MOST", 2)
    belongings = Belongings()
    for session in ("a", "b", "a", "c"):
        belongings.claim(session, "one")
    assert belongings.knows("a") and belongings.knows("c") and not belongings.knows("b")
