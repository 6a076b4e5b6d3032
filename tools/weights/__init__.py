"""Model weights: named files with a known sha256, fetched once and checked before every use.

`weights.yaml` says what belongs to a name and where it can be had. `require` is what a backend
calls: it never touches the network. `fetch` is what `python -m tools weights get` calls.
"""

from pathlib import Path

from tools.weights import fetching
from tools.weights.manifest import Entry, Manifest, Pin, read_manifest
from tools.weights.report import Report
from tools.weights.shipped import pin_folder
from tools.weights.store import State, Store

__all__ = [
    "Entry",
    "Manifest",
    "Pin",
    "State",
    "Store",
    "entries",
    "fetch",
    "pin",
    "present",
    "require",
    "verify",
]


def entries() -> dict[str, Entry]:
    """Return every entry of `weights.yaml` by name."""
    return read_manifest().weights


def present(name: str) -> bool:
    """Tell cheaply, by file sizes, whether `require` can be expected to succeed.

    Raises:
        UnknownName: no such entry.
    """
    return Store().present(name)


def require(name: str) -> Path:
    """Return the folder of an entry's files, each checked against its sha256 just now.

    Raises:
        UnknownName: no such entry.
        WeightsError: a file is missing or damaged, or a person has to decide something first.
    """
    return Store().require(name)


def fetch(name: str, *, trust: bool = False, report: Report | None = None) -> Path:
    """Return the folder of an entry's verified files, downloading what is missing.

    Raises:
        UnknownName: no such entry.
        WeightsError: no source gave the right files, the disk is full, or a person has to decide
            something first.
    """
    return fetching.fetch(Store(), name, trust=trust, report=report)


def verify(name: str) -> State:
    """Hash an entry's files and return how it stands.

    Raises:
        UnknownName: no such entry.
    """
    return Store().verify(name)


def pin(name: str, folder: Path | None = None) -> dict[str, Pin]:
    """Record the hashes of a shipped entry's files after they were trained anew.

    Args:
        name: a shipped entry, e.g. `text-emotion-head`.
        folder: where its files are; its folder under `tools/data` by default.

    Raises:
        ConfigError: the entry is not one that ships.
        WeightsError: the folder has no weight files.
    """
    return pin_folder(folder or Store().shipped_folder(name))
