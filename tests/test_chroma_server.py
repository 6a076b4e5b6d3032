"""The example store on a Chroma server, on this machine only."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.made_services import stub_models
from tests.test_examples import write
from tools.errors import ConfigError, DataError
from tools.examples import chroma
from tools.examples.query import Query
from tools.examples.store import ChromaExamples

_CHROMA = shutil.which("chroma", path=str(Path(sys.executable).parent)) or shutil.which("chroma")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if _CHROMA is None:
        pytest.skip("the executable `chroma` is not there")
    port, folder = free_port(), tmp_path_factory.mktemp("chroma")
    options = ["--host", "127.0.0.1", "--port", str(port), "--path", str(folder)]
    process = subprocess.Popen(
        [_CHROMA, "run", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx.get(f"{address}/api/v2/heartbeat", timeout=1)
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        else:
            pytest.skip("`chroma run` did not answer within 10 s")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def store(server: str, folder: Path, source: Path) -> ChromaExamples:
    host = stub_models().host("embed")
    return ChromaExamples(host, folder=folder, sources=[source], server=server)  # type: ignore[arg-type]


async def found(kept: ChromaExamples, said: str) -> list[str]:
    return [e["said"] for e in await kept.search(Query(said=said), 2)]


async def test_examples_on_a_server_are_found_and_no_folder_is_made(
    server: str, tmp_path: Path
) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died", "my exam went badly", "the bus is late")
    kept = store(server, tmp_path / "folder", source)
    assert (await found(kept, "my exam went badly"))[0] == "my exam went badly"
    assert not (tmp_path / "folder").exists()


async def test_two_processes_with_other_examples_share_a_server(
    server: str, tmp_path: Path
) -> None:
    first = store(server, tmp_path, write(tmp_path / "1.jsonl", "my cat ran off"))
    second = store(server, tmp_path, write(tmp_path / "2.jsonl", "my rent went up"))
    assert await found(first, "cat") == ["my cat ran off"]
    assert await found(second, "rent") == ["my rent went up"]
    assert await found(first, "cat") == ["my cat ran off"]


async def test_whoever_comes_second_uses_what_is_there(server: str, tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my tram broke down")
    first, second = store(server, tmp_path, source), store(server, tmp_path, source)
    await first.open()
    second._connect = lambda mark, count: setattr(second, "_open", first._open)  # type: ignore[method-assign]
    assert await found(second, "tram") == ["my tram broke down"]  # built in spite of the first
    assert await found(first, "tram") == ["my tram broke down"]
    assert first._open is not None
    assert not [name for name in first._open.names() if name.startswith("building")]


async def test_a_server_that_does_not_answer_is_told_in_a_sentence(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    kept = store(address, tmp_path, write(tmp_path / "e.jsonl", "my dog died"))
    with pytest.raises(DataError, match=r"127\.0\.0\.1:\d+' cannot be reached .* ATTUNE_CHROMA"):
        await kept.open()


async def test_a_server_that_takes_a_call_and_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chroma, "PATIENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(DataError, match="ReadTimeout"):
            chroma.open_server(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://a:b@c", "http://c:x"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="is no address of a server"):
        chroma.open_server(address)


def test_the_server_is_one_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphs.services import assemble

    monkeypatch.setenv(chroma.SETTING, " http://127.0.0.1:8000 ")
    assert assemble("stub").examples._server == "http://127.0.0.1:8000"  # type: ignore[attr-defined]
    monkeypatch.delenv(chroma.SETTING)
    assert assemble("stub").examples._server == ""  # type: ignore[attr-defined]
