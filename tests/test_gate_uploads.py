"""Uploads at the gate: of whom, how many, how large, and what."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.made_gate import Made
from tests.made_media import recording, still, tone, wav
from ui.gate.belongings import FILES
from ui.gate.kinds import is_media
from ui.gate.limits import RateLimits
from ui.uploads import UploadFolder

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
UPLOAD = "/gradio_api/upload"


async def put(one: httpx.AsyncClient, name: str = "a.wav", data: bytes = WAV) -> httpx.Response:
    return await one.post(UPLOAD, content=name.encode() + b"|" + data)


def lying(folder: UploadFolder) -> list[Path]:
    return [path for path in folder.path.rglob("*") if path.is_file()]


async def test_an_upload_is_read_by_its_person_alone(made: Made) -> None:
    async with made.browser() as one, made.browser() as other, made.browser() as nobody:
        await one.get("/")
        await other.get("/")
        [path] = (await put(one)).json()
        url = f"/gradio_api/file={path}"
        assert (await one.get(url)).content == WAV
        assert (await other.get(url)).status_code == 404
        assert (await nobody.get(url)).status_code == 401


async def test_no_other_file_is_read(made: Made, folder: UploadFolder) -> None:
    async with made.browser() as one:
        await one.get("/")
        [path] = (await put(one)).json()
        reached = len(made.behind.reached)
        for other in ("/etc/passwd", f"{path}/../../x", f"{path}\x00", str(Path(path).parent)):
            answer = await one.get(f"/gradio_api/file={quote(other)}")
            assert answer.status_code == 404
        assert len(made.behind.reached) == reached


async def test_a_discarded_upload_is_nobodys(made: Made, folder: UploadFolder) -> None:
    async with made.browser() as one:
        await one.get("/")
        [path] = (await put(one)).json()
        folder.discard([path])
        assert (await one.get(f"/gradio_api/file={path}")).status_code == 404


async def test_what_is_no_recording_is_refused_and_gone(made: Made, folder: UploadFolder) -> None:
    async with made.browser() as one:
        await one.get("/")
        answer = await put(one, "a.wav", b"<html><script>")
        assert answer.status_code == 415 and "another file" in answer.text
        assert not lying(folder)


async def test_what_gradio_leaves_beside_an_upload_is_gone(
    made: Made, folder: UploadFolder
) -> None:
    async with made.browser() as one:
        await one.get("/")
        await put(one)
        assert [path.name for path in lying(folder)] == ["a.wav"]


async def test_a_large_upload_is_refused_before_it_is_read(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.gate.uploads._LARGEST", 1000)
    async with made.browser() as one:
        await one.get("/")
        reached = len(made.behind.reached)
        assert (await put(one, data=WAV + bytes(1000))).status_code == 413
        assert len(made.behind.reached) == reached


async def test_an_upload_that_does_not_tell_its_size_is_cut_off(
    made: Made, folder: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.gate.uploads._LARGEST", 1000)

    async def chunks():  # type: ignore[no-untyped-def]
        for _ in range(20):
            yield bytes(100)

    async with made.browser() as one:
        await one.get("/")
        assert (await one.post(UPLOAD, content=chunks())).status_code == 413
        assert not lying(folder)


async def test_an_upload_that_breaks_off_touches_no_file(made: Made, folder: UploadFolder) -> None:
    async with made.browser() as one:
        await one.get("/")
        cookie = "; ".join(f"{name}={value}" for name, value in one.cookies.items())
    sent: list[dict[str, object]] = []
    coming = [{"type": "http.request", "body": b"a.wav|RIFF", "more_body": True}]

    async def receive() -> dict[str, object]:
        return coming.pop() if coming else {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": UPLOAD,
        "query_string": b"",
        "scheme": "http",
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())],
        "client": ("127.0.0.1", 1),
    }
    reached = len(made.behind.reached)
    await made.app(scope, receive, send)  # type: ignore[arg-type]
    assert len(made.behind.reached) == reached and not lying(folder)


async def test_only_so_many_files_wait_for_one_person(made: Made, folder: UploadFolder) -> None:
    async with made.browser() as one, made.browser() as other:
        await one.get("/")
        await other.get("/")
        paths = [(await put(one, f"{n}.wav")).json()[0] for n in range(FILES)]
        assert (await put(one, "more.wav")).status_code == 409
        assert (await put(other, "theirs.wav")).status_code == 200
        folder.discard(paths)
        assert (await put(one, "more.wav")).status_code == 200


async def test_who_uploads_too_often_is_told_to_wait(
    folder: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.gate.limits.PER_PERSON", {"upload": "1/minute"})
    made = Made(folder, limits=RateLimits())
    async with made.browser() as one:
        await one.get("/")
        assert (await put(one)).status_code == 200
        answer = await put(one)
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0


async def test_uploads_at_once_do_not_take_each_others_files(
    made: Made, folder: UploadFolder
) -> None:
    async with made.browser() as one:
        await one.get("/")
        answers = await asyncio.gather(*(put(one, f"{n}.wav") for n in range(6)))
        assert all(Path(answer.json()[0]).read_bytes() == WAV for answer in answers)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b"\x1aE\xdf\xa3 webm", True),
        (b"OggS", True),
        (b"\x00\x00\x00\x18ftypmp42", True),
        (b"\x00\x00\x00\x18ftypheic", True),
        (b"\xff\xfb\x90\x64", True),
        (b"\xff\xf1\x50\x80", True),
        (b"BM\x36\x00\x0c\x00\x00\x00\x00\x00", True),
        (b"BMW is a car maker", False),
        (b"\xff\xfeH\x00i\x00", False),
        (b"%PDF-1.7", False),
        (b"PK\x03\x04", False),
        (b"\x7fELF", False),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", False),
        (b"#EXTM3U", False),
        (b"RIFF\x00\x00\x00\x00ACON", False),
        (b"", False),
    ],
)
def test_a_kind_is_known_by_its_first_bytes(tmp_path: Path, head: bytes, known: bool) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(head)
    assert is_media(file) is known


def test_made_media_is_media(tmp_path: Path) -> None:
    for name, data in (("a", wav(tone(0.5))), ("b", still()), ("c", recording())):
        (tmp_path / name).write_bytes(data)
        assert is_media(tmp_path / name)


def test_a_file_that_is_not_there_is_no_media(tmp_path: Path) -> None:
    assert not is_media(tmp_path / "a")
