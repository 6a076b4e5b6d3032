"""Nothing is sent anywhere unless a person configures it (R22)."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graphs.services import assemble
from tests.made_services import stub_services
from tests.made_turn import conversation, say
from tests.test_crisis import disclosure
from ui.server import serve

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Deny every way out of this machine, and return what was tried."""
    tried: list[object] = []

    def deny(original: Any) -> Any:
        def guarded(*arguments: Any, **options: Any) -> Any:
            first = arguments[0]
            local = isinstance(first, socket.socket) and first.family == socket.AF_UNIX
            address = arguments[-1] if isinstance(first, socket.socket) else first
            host = address[0] if isinstance(address, tuple) else address
            if local or host in LOOPBACK:
                return original(*arguments, **options)
            tried.append(address)
            raise OSError("no network here")

        return guarded

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, deny(getattr(socket.socket, name)))
    for name in ("getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, deny(getattr(socket, name)))
    return tried


def test_the_denial_denies(opened: list[object]) -> None:
    with pytest.raises(OSError, match="no network here"):
        socket.create_connection(("example.org", 443), 1)
    with socket.socket() as plain, pytest.raises(OSError, match="no network here"):
        plain.connect(("192.0.2.1", 80))
    assert opened == ["example.org", ("192.0.2.1", 80)]


@pytest.mark.parametrize("words", ["I keep waiting.", disclosure("high")], ids=["calm", "crisis"])
async def test_r22_a_whole_turn_opens_nothing(
    words: str, opened: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path))
    services = assemble("stub")
    try:
        report = await say(conversation(services), words)
        await services.examples.open()
    finally:
        services.models.close()
    assert report["reply"] and opened == []
    assert (report["route"] == "crisis") == (words != "I keep waiting.")


async def test_r22_the_example_store_reports_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path))
    services = assemble("stub")
    await services.examples.open()
    settings = services.examples._open.client.get_settings()  # type: ignore[attr-defined]
    assert settings.anonymized_telemetry is False
    services.models.close()


async def test_r22_the_page_reports_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    async def run(*_: object) -> None:
        seen.append(os.environ.get("GRADIO_ANALYTICS_ENABLED"))

    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    monkeypatch.setattr("ui.server._run", run)
    await serve(stub_services(), graph="support", port=0, locale="en")
    assert seen == ["False"]


TRACES = ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING")


def imported(code: str, **environment: str) -> str:
    """Return what a fresh program prints, in a shell that traces other programs."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LANGSMITH", "LANGCHAIN"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["tools", "graphs", "agents.state", "ui.house"])
def test_r22_no_run_is_traced(module: str) -> None:
    code = f"import {module}, langsmith.utils as u; print(u.tracing_is_enabled())"
    assert imported(code, **dict.fromkeys(TRACES, "true")) == "False"


def test_r22_a_run_is_traced_where_a_person_asks_for_it() -> None:
    code = "import graphs.run, langsmith.utils as u; print(u.tracing_is_enabled())"
    asked = {"ATTUNE_TRACING": "langsmith", "LANGSMITH_TRACING": "true"}
    assert imported(code, **asked) == "True"


@pytest.mark.parametrize(
    ("name", "off"),
    [
        ("GRADIO_ANALYTICS_ENABLED", "False"),
        ("HF_HUB_DISABLE_TELEMETRY", "1"),
        ("ANONYMIZED_TELEMETRY", "False"),
        ("DO_NOT_TRACK", "1"),
    ],
)
def test_r22_no_library_reports_whatever_the_shell_says(name: str, off: str) -> None:
    assert imported(f"import tools, os; print(os.environ[{name!r}])", **{name: "yes"}) == off
