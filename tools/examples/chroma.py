"""Clients of Chroma: a folder of this process, a copy in memory, or a server.

None of them fetches a model or reports anything to anybody. Chroma's files are not safe for two
processes, so that the first one owns the folder.
"""

import logging
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from tools.errors import ConfigError, DataError

if TYPE_CHECKING:
    from chromadb.config import Settings

_log = logging.getLogger(__name__)

Vector = npt.NDArray[np.float32]

_LOCK = "owner.lock"
_PART = 250
"""How many vectors go to Chroma, or come from it, at once: a server must answer in time."""

SETTING = "ATTUNE_CHROMA"
"""The variable with the address of a Chroma server, e.g. `http://127.0.0.1:8000`."""

PATIENCE_S = 5.0
"""Seconds within which a server must answer; Chroma's own client waits for ever."""


@dataclass(frozen=True)
class Connection:
    """An open client.

    Attributes:
        client: Chroma's client.
        owner: the lock on the folder; None where there is none, or another process has it.
    """

    client: Any
    owner: FileLock | None = None

    def names(self) -> list[str]:
        """Return the names of all collections."""
        return [collection.name for collection in self.client.list_collections()]

    def whole(self, name: str, count: int) -> Any:
        """Return a collection of so many vectors, or None; one of another number is removed."""
        if name not in self.names():
            return None
        collection = self.client.get_collection(name, embedding_function=None)
        if collection.count() == count:
            return collection
        self.client.delete_collection(name)
        return None

    def fill(self, vectors: Sequence[Vector], name: str) -> Any:
        """Build a collection under a passing name, then put it in place, and return it.

        In a folder of its own it replaces all others; on a server, and in the memory that clients
        of one process share, others may be in use.
        """
        fresh = self.client.create_collection(
            f"building-{secrets.token_hex(8)}",
            embedding_function=None,
            configuration={"hnsw": {"space": "ip"}},
        )
        try:
            for start in range(0, len(vectors), _PART):
                part = vectors[start : start + _PART]
                ids = [str(start + i) for i in range(len(part))]
                fresh.add(ids=ids, embeddings=[vector.tolist() for vector in part])
            if self.owner is not None:
                for other in self.names():
                    if other != fresh.name:
                        self.client.delete_collection(other)
            fresh.modify(name=name)
        except Exception:  # among them that another process was first
            self.client.delete_collection(fresh.name)
            if name not in self.names():
                raise
            return self.client.get_collection(name, embedding_function=None)
        return fresh

    def close(self) -> None:
        """Give the folder free."""
        if self.owner is not None:
            self.owner.release()


def all_vectors(collection: Any) -> Vector:
    """Return all vectors of a collection by the number that is their id, shape (n, width)."""
    rows: dict[int, Vector] = {}
    for start in range(0, collection.count(), _PART):
        part = collection.get(include=["embeddings"], limit=_PART, offset=start)
        rows.update(zip(map(int, part["ids"]), part["embeddings"], strict=True))
    return np.array([rows[place] for place in range(len(rows))], np.float32)


def server_setting() -> str:
    """Return the address of the configured server; empty where there is none."""
    return os.environ.get(SETTING, "").strip()


def open_folder(folder: Path) -> Connection:
    """Open a folder, or a client in memory where another process has it.

    A folder that Chroma cannot open is emptied: all of it is built again, in memory until the next
    start.
    """
    import chromadb

    folder.mkdir(parents=True, exist_ok=True)
    # Opened in a worker thread and closed from another one, hence not local to a thread.
    owner = FileLock(folder / _LOCK, thread_local=False)
    try:
        owner.acquire(timeout=0)
    except Timeout:
        return Connection(chromadb.EphemeralClient(_settings()))
    try:
        return Connection(chromadb.PersistentClient(str(folder), _settings()), owner)
    except Exception as error:  # the library raises nothing narrower
        _log.warning("the example store is damaged (%s), and is built anew", type(error).__name__)
        _empty(folder)
        owner.release()
    # Chroma remembers a path that failed for as long as the process lives.
    return Connection(chromadb.EphemeralClient(_settings()))


def open_server(address: str) -> Connection:
    """Open a client of a server.

    The vectors of what people say are sent there, never the words.

    Raises:
        ConfigError: the address is none.
        DataError: nothing that is Chroma answers there.
    """
    import chromadb
    import httpx

    try:
        url = urlsplit(address)
        host, port = url.hostname, url.port
    except ValueError:
        host = None
    if not host or url.scheme not in ("http", "https") or url.username:
        raise ConfigError(
            f"{SETTING} is no address of a server; give one such as http://127.0.0.1:8000"
        )
    port = port or (443 if url.scheme == "https" else 80)
    try:
        httpx.get(f"{url.scheme}://{url.netloc}/api/v2/heartbeat", timeout=PATIENCE_S)
        client: Any = chromadb.HttpClient(
            host, port, ssl=url.scheme == "https", settings=_settings()
        )
        client._server._session.timeout = httpx.Timeout(PATIENCE_S)
    except Exception as error:  # Chroma turns every failure into a ValueError
        raise DataError(
            f"the Chroma server at {url.netloc!r} cannot be reached ({type(error).__name__}); "
            f"start it, or take {SETTING} away to keep the examples in a folder"
        ) from error
    return Connection(client)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


def _settings() -> "Settings":
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False, allow_reset=False)
