"""Weights by name: where their files may be, and whether what is there is what it must be."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from tools.errors import ConfigError, WeightsError
from tools.weights.cache import Cache, has_size, matches
from tools.weights.manifest import Manifest, Pin, Shipped, read_manifest
from tools.weights.shipped import SHIPPED, pin_folder, read_pins
from tools.weights.sources import hub_trouble

GET = "python -m tools weights get"

State = Literal["ready", "missing", "damaged"]
Decision = Literal["", "trust", "pickle"]

# Hashing leaves the interpreter lock, so that a model in several shards is read in parallel.
_HASHERS = 4


class Store:
    """The entries of one manifest, and the places where their files may be.

    A person's own folder `<own>/<entry>/` is looked at first, then what ships with the repository,
    then the cache.
    """

    def __init__(
        self,
        manifest: Manifest | None = None,
        *,
        cache: Cache | None = None,
        own: Path | None = None,
        shipped: Path = SHIPPED,
    ) -> None:
        """Look for weights in the given places.

        Args:
            manifest: the entries; `weights.yaml` by default.
            cache: the cache; `ATTUNE_CACHE` or the platform's by default.
            own: a folder with files that a person brought; `ATTUNE_WEIGHTS` by default.
            shipped: the folder whose subfolders ship with the repository.
        """
        self.manifest = manifest or read_manifest()
        self.cache = cache or Cache()
        named = os.environ.get("ATTUNE_WEIGHTS")
        self.own = own or (Path(named).expanduser() if named else None)
        self.shipped = shipped
        self._hub_trouble: str | None = None

    def pins(self, name: str) -> dict[str, Pin]:
        """Return what each file of an entry must be, as pinned or as trusted on this machine.

        Raises:
            UnknownName: no such entry.
        """
        entry = self.manifest.entry(name)
        if not entry.files:
            return read_pins(self.shipped_folder(name))
        trusted = self.cache.decisions()["trusted"].get(name, {})
        return {
            file: Pin.model_validate(trusted[file]) if not pin.sha256 and file in trusted else pin
            for file, pin in entry.files.items()
        }

    def undecided(self, name: str) -> Decision:
        """Return what a person has to decide before an entry is used, if anything.

        `pickle`: its files can run code, and nobody allowed that by name, on this machine or in
        `ATTUNE_ALLOW_PICKLE` (names with commas between). `trust`: a file is not pinned.
        """
        if self.manifest.entry(name).pickle:
            allowed = os.environ.get("ATTUNE_ALLOW_PICKLE", "").replace(" ", "").split(",")
            if name not in (*allowed, *self.cache.decisions()["pickles"]):
                return "pickle"
        return "trust" if any(not pin.sha256 for pin in self.pins(name).values()) else ""

    def places(self, name: str) -> list[Path]:
        """Return the folders where an entry's files may be, in the order they are looked at."""
        own = [self.own / name] if self.own else []
        if not self.manifest.entry(name).files:
            return [*own, self.shipped_folder(name)]
        return [*own, self.cache.folder(name)]

    def shipped_folder(self, name: str) -> Path:
        """Return the folder of an entry that ships with the repository.

        Raises:
            ConfigError: it does not ship.
        """
        for source in self.manifest.entry(name).sources:
            if isinstance(source, Shipped):
                return self.shipped / source.folder
        raise ConfigError(f"the weights {name!r} do not ship, so they have no folder to pin")

    def state(self, name: str) -> State:
        """Return how an entry stands, judged by its files' sizes alone."""
        pins = self.pins(name)
        worst: State = "missing"
        for place in self.places(name):
            if pins and all((place / file).is_file() for file in pins):
                if all(has_size(place / file, pin) for file, pin in pins.items()):
                    return "ready"
                worst = "damaged"
        return worst

    def present(self, name: str) -> bool:
        """Tell cheaply whether `require` can be expected to succeed."""
        return not self.undecided(name) and self.state(name) == "ready"

    def verified(self, name: str) -> Path | None:
        """Return the first place where every file has its sha256, hashed just now, or None."""
        pins = self.pins(name)
        return next((p for p in self.places(name) if pins and not wrong(p, pins)), None)

    def require(self, name: str) -> Path:
        """Return the folder of an entry's files, each checked against its sha256 just now.

        Nothing is downloaded. The hash is taken on every call and no stamp of an earlier one is
        believed: 1.1 GB cost 0.7 s of one core, a twentieth of loading it, and reading the file
        warms the page cache for that.

        Raises:
            UnknownName: no such entry.
            WeightsError: a file is missing or damaged, or a person has to decide something first.
        """
        self.demand_decision(name)
        if folder := self.verified(name):
            return folder
        raise WeightsError(f"{self._trouble(name)}; {self._remedy(name)}")

    def verify(self, name: str) -> State:
        """Return how an entry stands, judged by its files' sha256."""
        if self.verified(name):
            return "ready"
        return "missing" if self.state(name) == "missing" else "damaged"

    def allow_pickle(self, name: str) -> None:
        """Allow an entry's pickles on this machine.

        Raises:
            UnknownName: no such entry.
            ConfigError: it has none.
        """
        if not self.manifest.entry(name).pickle:
            raise ConfigError(f"the weights {name!r} hold no pickles, so there is none to allow")
        self.cache.allow_pickle(name)

    def pin(self, name: str) -> dict[str, Pin]:
        """Record the hashes of an entry that ships from the files that are there now.

        Raises:
            ConfigError: it does not ship.
            WeightsError: there is no file to pin.
        """
        return pin_folder(self.shipped_folder(name))

    def demand_decision(self, name: str, *, trust: bool = False) -> None:
        """Refuse an entry about which a person has to decide something first.

        Raises:
            WeightsError: its pickles are not allowed, or its files neither pinned nor trusted.
        """
        undecided = self.undecided(name)
        if undecided == "pickle":
            raise WeightsError(
                f"the weights {name!r} are pickles, which can run code when they are loaded; "
                f"allow them by name with `{GET} {name} --allow-pickle {name}` if you trust "
                f"{self.manifest.entry(name).upstream}"
            )
        if undecided == "trust" and not trust:
            raise WeightsError(
                f"nobody has pinned the sha256 of {listed(self._unpinned(name))} of {name!r}; "
                f"`{GET} {name} --trust` takes what {self.manifest.entry(name).sources[0]} gives "
                "and accepts only that from then on"
            )

    def hub_trouble(self) -> str:
        """Return why the hub does not answer, or an empty string; it is asked once per store."""
        if self._hub_trouble is None:
            self._hub_trouble = hub_trouble()
        return self._hub_trouble

    def by_hand(self, name: str, files: list[str]) -> str:
        """Return the clause that tells how to bring files oneself."""
        folder = str(self.own) if self.own else "FOLDER"
        setting = "" if self.own else f" and set ATTUNE_WEIGHTS={folder}"
        return f"put {listed(files)} into {folder}/{name}/{setting}"

    def _unpinned(self, name: str) -> list[str]:
        return [file for file, pin in self.pins(name).items() if not pin.sha256]

    def spoilt(self, name: str) -> str:
        """Return a clause that names a file which is there but not the right one, or nothing."""
        pins = self.pins(name)
        for place in self.places(name):
            if bad := [file for file in wrong(place, pins) if (place / file).is_file()]:
                return f"{listed(bad)} in {str(place)!r} does not have its sha256"
        return ""

    def _trouble(self, name: str) -> str:
        pins = self.pins(name)
        if not pins:
            return f"the weights {name!r} have not been trained yet"
        if spoilt := self.spoilt(name):
            return f"the weights {name!r} are damaged: {spoilt}"
        return f"the weights {name!r} are not here: {listed([*pins])} is missing"

    def _remedy(self, name: str) -> str:
        entry = self.manifest.entry(name)
        if any(isinstance(source, Shipped) for source in entry.sources):
            return "get them back from the repository, or make them with `python -m tools train`"
        sources = ", else ".join(map(str, entry.sources))
        by_hand = self.by_hand(name, [*self.pins(name)])
        return f"run `{GET} {name}` (from {sources}), or {by_hand}"


def wrong(folder: Path, pins: Mapping[str, Pin]) -> list[str]:
    """Return the files that are not in `folder` with the size and sha256 they must have."""
    with ThreadPoolExecutor(_HASHERS) as hashers:
        right = hashers.map(lambda file: matches(folder / file, pins[file]), pins)
        return [file for file, is_right in zip(pins, right, strict=True) if not is_right]


def listed(files: list[str]) -> str:
    """Return file names for a sentence, the first of them when they are many."""
    rest = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0]!r}{rest}" if files else "no file"
