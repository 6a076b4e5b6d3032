"""`python -m ui`, as far as it goes without a browser."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.made_services import stub_services
from tools.command import run
from tools.errors import ConfigError
from tools.storage.keys import new_key
from ui.__main__ import app
from ui.house import House
from ui.server import HOST, serve

ROOT = Path(__file__).parents[1]


async def test_a_port_that_is_taken_is_said_at_once() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"{port}.*--port"):
            await serve(stub_services(), graph="support", port=port, locale="en")


async def test_a_graph_that_is_not_there_gives_the_port_back() -> None:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with pytest.raises(ConfigError, match="suport.*did you mean 'support'"):
        await serve(stub_services(), graph="suport", port=port, locale="en")
    with socket.socket() as again:
        again.bind((HOST, port))


def test_an_unknown_profile_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["ui", "--profile", "embeded"])
    with pytest.raises(SystemExit) as ended:
        run(app)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "did you mean 'embedded'?" in said and "Traceback" not in said


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> str:
    monkeypatch.setattr("ui.__main__.close_off", lambda: None)
    monkeypatch.setattr("sys.argv", ["ui", *words])
    with pytest.raises(SystemExit) as ended:
        run(app)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--behind", "https://attune.example"), "host name"),
        (("--users", "none.yaml"), "users add"),
        (("--oidc", "none.yaml"), "there is no OpenID Connect file 'none.yaml'"),
        (("users", "remove", "ada", "--users", "none.yaml"), "users add"),
    ],
)
def test_who_may_come_in_is_checked_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    part: str,
) -> None:
    monkeypatch.setattr("graphs.services.assemble", lambda *_, **__: pytest.fail("loaded"))
    assert part in refused(monkeypatch, capsys, *words)


async def test_a_store_that_is_none_is_one_sentence_and_gives_the_port_back() -> None:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with pytest.raises(ConfigError, match="ATTUNE_STORE"):
        await serve(stub_services(), graph="support", port=port, locale="en", store="mysql://here")
    with socket.socket() as again:
        again.bind((HOST, port))


def test_the_program_ends_without_a_complaint_while_a_page_is_open(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.made_page", "support"],
        cwd=ROOT, env={**os.environ, "ATTUNE_STORE": "off", "ATTUNE_CACHE": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert program.stdout is not None
        lines = iter(program.stdout.readline, "")
        [home] = re.findall(r"http://[\d.:]+", next(line for line in lines if "ready" in line))
        with httpx.Client(base_url=home, trust_env=False) as client, ExitStack() as streams:
            client.get("/")
            for name in ("made", "other"):
                heard = client.stream("GET", f"/gradio_api/heartbeat/{name}")
                assert streams.enter_context(heard).status_code == 200
            program.send_signal(signal.SIGINT)
            said, _ = program.communicate(timeout=20)
        assert said == "" and program.returncode == 0
    finally:
        program.kill()


async def test_nothing_is_kept_unless_a_store_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[House] = []

    async def run(page: object, gate: object, listener: object, house: House) -> None:
        seen.append(house)

    monkeypatch.setattr("ui.server._run", run)
    await serve(stub_services(), graph="support", port=0, locale="en")
    assert seen[0].storage is None and seen[0].archive is None


async def test_a_store_is_open_while_the_page_is_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ready: list[str] = []

    async def run(page: object, gate: object, listener: object, house: House) -> None:
        assert house.storage is not None and house.archive is not None
        assert house.keep_days == 7
        ready.append(house.storage.owner("user:ada"))

    monkeypatch.setenv("ATTUNE_KEY", new_key())
    monkeypatch.setenv("ATTUNE_KEEP_DAYS", "7")
    monkeypatch.setattr("ui.server._run", run)
    file = tmp_path / "made.sqlite"
    for _ in range(2):
        await serve(stub_services(), graph="support", port=0, locale="en", store=str(file))
    assert ready[0] == ready[1], "the second start found another store, or a closed one"
