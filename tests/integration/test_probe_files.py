"""Strangers try to read files, and to put some where they do not belong: nobody succeeds."""

import contextlib
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.made_probe import FILES, JOIN, SENTINEL, UPLOAD, Browser, event, fresh
from tests.made_program import Program
from ui.uploads import LIMITS

pytestmark = pytest.mark.program


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


def test_an_upload_without_a_visit_is_refused(program: Program) -> None:
    files = {"files": ("a.wav", b"RIFF    WAVE", "audio/wav")}
    assert httpx.post(program.address() + UPLOAD, files=files).status_code == 401


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
