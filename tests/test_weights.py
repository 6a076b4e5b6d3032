from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.made_wheels import entry, hub, make_store, pinned, wheel
from tools import weights
from tools.errors import ConfigError, UnknownName, WeightsError
from tools.weights.manifest import Manifest, read_manifest
from tools.weights.store import Store

CONTENT = b"weights" * 1000


def placed(folder: Path, name: str = "model.gguf", content: bytes = CONTENT) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = entry({"model.gguf": pinned(CONTENT)}, hub(), wheel("some-model"))
    return make_store(tmp_path, model=made)


def test_missing_weights_are_refused_with_file_sources_and_remedy(store: Store) -> None:
    with pytest.raises(WeightsError) as caught:
        store.require("model")
    message = str(caught.value)
    assert "'model.gguf' is missing" in message
    assert "the model hub (someone/model), else the wheel some-model==1.0" in message
    assert "python -m tools weights get model" in message
    assert "ATTUNE_WEIGHTS" in message
    assert "\n" not in message


def test_right_weights_are_given_as_a_folder(store: Store) -> None:
    placed(store.cache.folder("model"))
    assert store.require("model") == store.cache.folder("model")


def test_one_changed_byte_is_refused(store: Store) -> None:
    placed(store.cache.folder("model"), content=CONTENT[:-1] + b"!")
    with pytest.raises(WeightsError, match=r"damaged: 'model.gguf' in .* does not have its sha256"):
        store.require("model")


def test_present_looks_at_sizes_only(store: Store) -> None:
    assert not store.present("model")
    path = placed(store.cache.folder("model"), content=b"x" * len(CONTENT))
    assert store.present("model")
    path.write_bytes(CONTENT[:-1])
    assert not store.present("model")
    assert store.state("model") == "damaged"


def test_an_unknown_name_is_refused_with_the_nearest(store: Store) -> None:
    with pytest.raises(UnknownName, match="did you mean 'model'"):
        store.require("modle")


def test_a_persons_own_folder_comes_before_the_cache(store: Store, tmp_path: Path) -> None:
    placed(store.cache.folder("model"))
    placed(tmp_path / "own" / "model")
    store.own = tmp_path / "own"
    assert store.require("model") == tmp_path / "own" / "model"


def test_a_wrong_file_in_the_own_folder_gives_way_to_the_cache(
    store: Store, tmp_path: Path
) -> None:
    placed(store.cache.folder("model"))
    placed(tmp_path / "own" / "model", content=b"something else")
    store.own = tmp_path / "own"
    assert store.require("model") == store.cache.folder("model")


def test_the_environment_names_the_own_folder_and_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_WEIGHTS", str(tmp_path / "own"))
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "elsewhere"))
    store = Store()
    assert store.own == tmp_path / "own"
    assert store.cache.root == tmp_path / "elsewhere"


@pytest.fixture
def pickles(tmp_path: Path) -> Store:
    made = entry({"model.ckpt": pinned(CONTENT)}, hub(), pickle=True)
    store = make_store(tmp_path, model=made)
    placed(store.cache.folder("model"), "model.ckpt")
    return store


def test_pickles_are_refused_until_allowed(pickles: Store) -> None:
    assert not pickles.present("model")
    with pytest.raises(WeightsError, match="--allow-pickle model"):
        pickles.require("model")


def test_pickles_can_be_allowed_on_this_machine(pickles: Store) -> None:
    pickles.allow_pickle("model")
    assert pickles.present("model")
    assert pickles.require("model")


def test_pickles_can_be_allowed_for_one_process(
    pickles: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_ALLOW_PICKLE", "another, model")
    assert pickles.require("model")


def test_only_an_entry_with_pickles_can_have_them_allowed(store: Store) -> None:
    with pytest.raises(ConfigError, match="hold no pickles"):
        store.allow_pickle("model")


@pytest.fixture
def shipped(tmp_path: Path) -> Store:
    made = entry({}, {"kind": "shipped", "folder": "head"})
    store = make_store(tmp_path, model=made)
    placed(tmp_path / "shipped" / "head", "head.safetensors")
    placed(tmp_path / "shipped" / "head", "card.md", b"# About")
    return store


def test_shipped_weights_are_unusable_before_they_are_pinned(shipped: Store) -> None:
    assert not shipped.present("model")
    with pytest.raises(WeightsError, match="not been trained yet"):
        shipped.require("model")


def test_pinning_accepts_what_was_trained_and_leaves_the_card_free(shipped: Store) -> None:
    folder = shipped.shipped_folder("model")
    assert [*shipped.pin("model")] == ["head.safetensors"]
    placed(folder, "card.md", b"# Another text")
    assert shipped.require("model") == folder


def test_pinning_again_gives_the_same(shipped: Store) -> None:
    assert shipped.pin("model") == shipped.pin("model")


def test_shipped_weights_that_changed_are_refused(shipped: Store) -> None:
    shipped.pin("model")
    placed(shipped.shipped_folder("model"), "head.safetensors", CONTENT[::-1])
    with pytest.raises(WeightsError, match="python -m tools train"):
        shipped.require("model")


def test_only_a_shipped_entry_can_be_pinned(store: Store) -> None:
    with pytest.raises(ConfigError, match="do not ship"):
        store.pin("model")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"colour": "blue"}, "Extra inputs"),
        ({"files": {"../model.gguf": pinned(CONTENT)}}, "relative path"),
        ({"files": {"model.ckpt": pinned(CONTENT)}}, "is a pickle"),
        ({"files": {"model.py": pinned(CONTENT)}}, "is code"),
        ({"files": {}}, "needs `files`"),
        ({"sources": [hub(revision="main")]}, "must be a commit"),
        ({"sources": []}, "at least 1"),
    ],
)
def test_a_manifest_entry_that_is_unsafe_is_refused(change: dict[str, Any], reason: str) -> None:
    made = {**entry({"model.gguf": pinned(CONTENT)}, hub()), **change}
    with pytest.raises(ValidationError, match=reason):
        Manifest.model_validate({"weights": {"model": made}})


def test_a_manifest_that_is_wrong_says_where(tmp_path: Path) -> None:
    path = tmp_path / "weights.yaml"
    path.write_text("weights: {model: {about: x}}", "utf-8")
    with pytest.raises(ConfigError, match=r"weights\.model\.licence"):
        read_manifest(path)


def test_every_entry_that_ships_in_the_manifest_is_pinned_but_these() -> None:
    loose = {
        name
        for name, made in weights.entries().items()
        if any(pin.sha256 is None for pin in made.files.values())
    }
    guards = {"llama-guard-3-1b", "llama-guard-4-12b", "granite-guardian-3.1-2b"}
    assert loose == {"deepface-emotion", "smolvlm2-500m", *guards}


@pytest.mark.models
def test_the_embedded_weights_are_right() -> None:
    names = ["all-minilm-l6-v2", "whisper-tiny-en", "smollm2-135m-instruct", "mini-xception-onnx"]
    assert {name: weights.verify(name) for name in names} == dict.fromkeys(names, "ready")
