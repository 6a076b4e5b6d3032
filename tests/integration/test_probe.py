"""What strangers try, against the program itself on loopback: nobody gets in.

`python -m ui --profile stub` runs once; each test is a browser, or several, by `httpx`.
"""

import contextlib
import importlib.util
import io
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.made_media import tone, wav
from ui.gate.routes import ROUTES
from ui.uploads import LIMITS

pytestmark = pytest.mark.program

ROOT = Path(__file__).resolve().parents[2]
FILES = "/gradio_api/file="
UPLOAD = "/gradio_api/upload"
JOIN = "/gradio_api/queue/join"
SENTINEL = b"left by nobody but the probe"


class Program:
    """The page's program, its address and its folder of uploads."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "log"
        (folder / ".env").write_bytes(SENTINEL)
        (folder / "notes.txt").write_bytes(SENTINEL)
        options = ("--profile", "stub", "--port", "0", "--store", "off")
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ui", *options],
                cwd=folder, stdout=log, stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT), "ATTUNE_CACHE": str(folder / "cache")},
            )  # fmt: skip
        self.home = self._address()

    def _address(self) -> str:
        until = time.monotonic() + 120
        while time.monotonic() < until and self.process.poll() is None:
            if ready := re.search(r"ready: (\S+)", self.printed):
                return ready[1]
            time.sleep(0.1)
        self.end()
        raise AssertionError(self.printed)

    @property
    def printed(self) -> str:
        return self._log.read_text("utf-8")

    def uploads(self) -> list[Path]:
        opened = [fd.resolve() for fd in Path(f"/proc/{self.process.pid}/fd").iterdir()]
        [lock] = [path for path in opened if path.name.startswith("attune-uploads-")]
        return [path for path in lock.with_suffix("").rglob("*") if path.is_file()]

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    program = Program(tmp_path_factory.mktemp("probe"))
    yield program
    program.end()


class Browser(httpx.Client):
    """A client that has opened the page."""

    def __init__(self, home: str) -> None:
        super().__init__(base_url=home, timeout=30)
        self.page = self.get("/").text

    def raw(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """Ask for a path just as it is written."""
        return self.request(method, self.base_url.copy_with(raw_path=path.encode()), **more)

    def upload(self, name: str = "a.wav", data: bytes | None = None) -> httpx.Response:
        data = wav(tone(0.5)) if data is None else data
        return self.post(UPLOAD, files={"files": (name, io.BytesIO(data), "audio/wav")})

    def functions(self) -> dict[str, Any]:
        config = re.search(r"window\.gradio_config = (\{.*?\});</script>", self.page, re.DOTALL)
        assert config
        found: dict[str, Any] = json.loads(config[1])
        return found


@pytest.fixture
def one(program: Program) -> Iterator[Browser]:
    with contextlib.closing(Browser(program.home)) as browser:
        yield browser


@pytest.fixture
def other(program: Program) -> Iterator[Browser]:
    with contextlib.closing(Browser(program.home)) as browser:
        yield browser


def fresh() -> str:
    """Return the id of a page that nobody has opened yet."""
    return secrets.token_hex(8)


def event(session: str, *data: Any, fn: int = 0) -> dict[str, Any]:
    return {"data": list(data), "fn_index": fn, "session_hash": session}


# Files of this computer.

PATHS = [
    "/etc/passwd",
    "//etc/passwd",
    "/./etc/passwd",
    "../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "%252e%252e%252fetc%252fpasswd",
    "/etc/passwd%00.wav",
    "%2fetc%2fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "/proc/self/environ",
    "/proc/self/cwd/.env",
    ".env",
    "notes.txt",
    "./notes.txt",
    "file:///etc/passwd",
    "~/.bashrc",
    "C:/Windows/win.ini",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_file_of_this_computer_is_read(one: Browser, path: str) -> None:
    for start in (FILES, "/gradio_api/file/", "/file=", "/static/", "/assets/", "/"):
        answer = one.raw(start + path.replace("\\", "%5c"))
        assert answer.status_code in (400, 403, 404), start
        assert b"root:" not in answer.content and SENTINEL not in answer.content


def test_a_path_out_of_the_upload_folder_is_not_read(one: Browser) -> None:
    [path] = one.upload().json()
    up = quote("/../" * 12 + "etc/passwd")
    assert one.raw(f"{FILES}{path}{up}").status_code == 404
    assert one.raw(f"{FILES}{Path(path).parent}").status_code == 404


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "notes.txt", "../.env"])
def test_no_file_of_this_computer_can_be_sent_as_ones_own(one: Browser, path: str) -> None:
    part = {"path": path, "orig_name": "a.wav", "meta": {"_type": "gradio.FileData"}}
    for url in (JOIN, "/gradio_api/run/predict"):
        assert one.post(url, json=event(fresh(), part)).status_code == 403


# Requests in the server's name.


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/health",
        "http://localhost:{port}/health",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:{port}/health",
        "http://0x7f000001:{port}/health",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
    ],
)
def test_the_server_fetches_nothing_for_a_stranger(
    one: Browser, program: Program, address: str
) -> None:
    address = address.format(port=program.home.rsplit(":", 1)[1])
    meta = {"meta": {"_type": "gradio.FileData"}}
    for part in ({"path": address, **meta}, {"path": None, "url": address, **meta}):
        assert one.post(JOIN, json=event(fresh(), part)).status_code == 403
    for start in (FILES, "/gradio_api/proxy=", "/proxy="):
        answer = one.raw(start + quote(address, safe=":/[]"))
        assert answer.status_code == 404 and "status" not in answer.text


# Other pages, and other names.


def test_no_other_page_may_read_an_answer(one: Browser) -> None:
    for path in ("/", "/health", "/theme.css", "/gradio_api/app_id"):
        for origin in ("https://evil.example", "null", "http://localhost:1"):
            headers = one.get(path, headers={"origin": origin}).headers
            assert not [name for name in headers if name.startswith("access-control")]


def test_no_other_page_may_ask_beforehand(one: Browser) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = one.options(JOIN, headers=headers)
    assert answer.status_code == 404
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", [JOIN, "/gradio_api/run/predict", UPLOAD, "/attune/go"])
def test_no_other_page_may_post(one: Browser, path: str) -> None:
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert one.post(path, json=event("x"), headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", "evil:80"])
def test_no_other_name_opens_the_page(one: Browser, host: str) -> None:
    for path in ("/", "/health", JOIN):
        assert one.get(path, headers={"host": host}).status_code == 400


def test_no_other_site_may_frame_the_page(one: Browser) -> None:
    headers = one.get("/").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


def test_the_page_runs_no_script_but_its_own(one: Browser) -> None:
    rule = one.get("/").headers["content-security-policy"]
    assert "'unsafe-inline'" not in rule.split("style-src")[0]
    assert "connect-src 'self' data: blob:;" in rule


# What belongs to others.


def test_an_upload_is_its_persons_alone(one: Browser, other: Browser, program: Program) -> None:
    [path] = one.upload().json()
    assert one.get(f"{FILES}{path}").content == wav(tone(0.5))
    assert other.get(f"{FILES}{path}").status_code == 404
    assert httpx.get(f"{program.home}{FILES}{path}").status_code == 401
    part = {"path": path, "meta": {"_type": "gradio.FileData"}}
    assert other.post(JOIN, json=event(fresh(), part)).status_code == 403


def test_a_session_is_its_persons_alone(one: Browser, other: Browser) -> None:
    assert one.post(JOIN, json=event("mine0", fn=9999)).status_code != 404
    for method, path, body in (
        ("POST", JOIN, event("mine0", fn=1)),
        ("POST", "/gradio_api/run/predict", event("mine0", fn=1)),
        ("GET", "/gradio_api/queue/data?session_hash=mine0", None),
        ("GET", "/gradio_api/heartbeat/mine0", None),
        ("POST", "/gradio_api/cancel", {**event("mine0"), "event_id": "x"}),
    ):
        assert other.request(method, path, json=body).status_code == 404


def test_the_key_of_a_session_cannot_be_sent_from_a_browser(one: Browser, other: Browser) -> None:
    """It is state of the server: what stands in its place in an event is not read."""
    config = one.functions()
    states = {part["id"] for part in config["components"] if part["type"] == "state"}
    opened = config["dependencies"][0]
    answer = one.post("/gradio_api/run/predict", json=event(fresh(), fn=opened["id"]))
    assert answer.status_code == 200
    for place, part in enumerate(opened["outputs"]):
        if part in states:
            assert answer.json()["data"][place] is None


@pytest.mark.parametrize(
    "value", ["x", "x.g.y", "admin", "../..", "A" * 43 + ".s." + "0" * 32, '"; DROP', "%0d%0aX: y"]
)
def test_a_cookie_that_was_made_up_opens_nothing(program: Program, value: str) -> None:
    headers = {"cookie": f"attune_visitor={value}"}
    for path in (UPLOAD, "/attune/stay"):
        assert httpx.post(program.home + path, headers=headers).status_code == 401
    given = httpx.get(program.home, headers=headers).cookies["attune_visitor"]
    assert given != value and not given.startswith(f"{value}.")


def test_a_cookie_is_for_this_server_and_no_script(program: Program) -> None:
    parts = httpx.get(program.home).headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} == set(parts[1:])
    assert httpx.get(program.home).headers["set-cookie"].split("; ")[0] != parts[0]


# Endpoints.


def test_only_what_the_page_needs_answers(one: Browser) -> None:
    """Gradio's own routes, asked one by one: what is open is what the list says, and no more."""
    spec = importlib.util.find_spec("gradio")
    assert spec and spec.origin
    source = Path(spec.origin).with_name("routes.py").read_text("utf-8")
    found = re.findall(r'@(app|router)\.(get|post)\(\s*f?"([^"]+)"', source)
    paths = {
        (
            method.upper(),
            f"{'/gradio_api' if of == 'router' else ''}{re.sub(r'{[^}]*}', 'x', path)}",
        )
        for of, method, path in found
    }
    assert len(paths) > 60
    open_ = set()
    for method, path in paths:
        if path.endswith("heartbeat/x"):
            continue  # a stream without end; it is on the list
        answer = one.raw(path, method)
        if answer.status_code != 404 or "nothing here" not in answer.text:
            open_.add(f"{method} {path}")
    assert open_ == {
        *("GET /", "GET /theme.css", "GET /favicon.ico", "GET /robots.txt", "GET /assets/x"),
        *("GET /static/x", "GET /gradio_api/app_id", "GET /gradio_api/upload_progress"),
        *("POST /gradio_api/queue/join", "POST /gradio_api/cancel", "POST /gradio_api/reset"),
        *("POST /gradio_api/stream/x", "POST /gradio_api/stream/x/close"),
        *("POST /gradio_api/upload", "GET /gradio_api/queue/data"),
    }


def test_the_list_of_routes_is_no_longer_than_it_was() -> None:
    assert len(ROUTES) == 18


def test_the_page_publishes_no_endpoint(one: Browser) -> None:
    info = re.search(r"window\.gradio_api_info = (\{.*?\});</script>", one.page, re.DOTALL)
    assert info and json.loads(info[1]) == {"named_endpoints": {}, "unnamed_endpoints": {}}
    assert all(fn["api_visibility"] == "private" for fn in one.functions()["dependencies"])


def test_an_error_tells_nothing_of_the_program(one: Browser) -> None:
    answer = one.post("/gradio_api/run/predict", json=event(fresh(), {"a": 1}, fn=3))
    for part in (answer.text, one.get("/nothing").text, one.raw(FILES + "/etc/passwd").text):
        assert "Traceback" not in part and str(ROOT) not in part and "site-packages" not in part


def test_the_server_does_not_say_what_it_is(one: Browser) -> None:
    assert "server" not in one.get("/").headers


# Uploads.


def test_an_upload_without_a_visit_is_refused(program: Program) -> None:
    files = {"files": ("a.wav", b"RIFF    WAVE", "audio/wav")}
    assert httpx.post(program.home + UPLOAD, files=files).status_code == 401


def test_a_large_upload_is_refused(one: Browser, program: Program) -> None:
    before = set(program.uploads())
    body = (bytes(2**20) for _ in range(LIMITS.max_bytes // 2**20 + 2))
    kind = {"content-type": "multipart/form-data; boundary=b"}
    with contextlib.suppress(httpx.TransportError):  # the server may hang up in the middle of it
        assert one.post(UPLOAD, content=body, headers=kind).status_code == 413
    assert set(program.uploads()) == before


@pytest.mark.parametrize(
    "data",
    [b"<html><script>hit()</script>", b"%PDF-1.7", b"PK\x03\x04", b"\x7fELF", b"#!/bin/sh", b""],
)
def test_what_is_no_recording_leaves_no_file(one: Browser, program: Program, data: bytes) -> None:
    before = set(program.uploads())
    assert one.upload("a.wav", data).status_code == 415
    assert set(program.uploads()) == before


@pytest.mark.parametrize(
    "name",
    [
        "../../../../tmp/attune-probe.wav",
        "..\\..\\attune-probe.wav",
        "a\r\nSet-Cookie: evil=1\r\n.wav",
        'a"; filename="b.html',
        "a.html",
        "<img src=x onerror=hit()>.wav",
        "." * 200 + ".wav",
        "\u202egnp.wav",
        "CON.wav",
    ],
)
def test_a_file_name_is_only_a_name(one: Browser, program: Program, name: str) -> None:
    before = set(program.uploads())
    answer = one.upload(name)
    if answer.status_code != 200:
        assert answer.status_code in (400, 415) and set(program.uploads()) == before
        return
    [path] = answer.json()
    folder = {file.parent.parent for file in set(program.uploads())}
    assert {Path(path).parent.parent} == folder, "it lies somewhere else"
    got = one.get(f"{FILES}{quote(path)}")
    assert "evil" not in got.headers.get("set-cookie", "")
    assert got.headers["content-type"].startswith(("audio/", "application/octet-stream"))
    assert got.headers["x-content-type-options"] == "nosniff"


def test_a_form_that_is_none_leaves_no_file(one: Browser, program: Program) -> None:
    before = set(program.uploads())
    kind = {"content-type": "multipart/form-data; boundary=b"}
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\nRIFF'
    for body in (part, b"--b", b"", part * 50):
        one.post(UPLOAD, content=body, headers=kind)
        assert set(program.uploads()) == before


# Ways to say two things at once.


def test_a_header_cannot_be_put_into_an_answer(one: Browser) -> None:
    for path in ("/%0d%0aSet-Cookie:%20evil=1", "/attune/sign-in%0d%0aX:%20y", "/?a=%0d%0aX: y"):
        answer = one.raw(path.replace(" ", "%20"))
        assert "evil" not in str(answer.headers) and "x" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-host": "evil.example"},
        {"x-forwarded-proto": "https"},
        {"forwarded": "host=evil.example"},
        {"x-forwarded-for": "192.0.2.1"},
        {"x-direct-url": "https://evil.example"},
    ],
)
def test_no_client_says_where_the_page_stands(
    one: Browser, program: Program, headers: dict[str, str]
) -> None:
    page = one.get("/", headers=headers).text
    assert "evil.example" not in page
    assert re.search(r'"root":"(http:[^"]*)"', page)[1] == program.home  # type: ignore[index]


def test_a_web_socket_is_not_opened(one: Browser) -> None:
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    assert one.get("/gradio_api/queue/join", headers=upgrade).status_code == 404


def test_nothing_of_it_left_a_trace_in_the_log(program: Program) -> None:
    assert "Traceback" not in program.printed
    assert "attune-uploads" not in program.printed and "visitor:" not in program.printed
