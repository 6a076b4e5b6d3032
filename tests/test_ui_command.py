"""`python -m ui`, as far as it goes without a browser."""

import socket

import pytest

from tests.made_services import stub_services
from tools.command import run
from tools.errors import ConfigError
from ui.__main__ import app
from ui.server import HOST, serve


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
