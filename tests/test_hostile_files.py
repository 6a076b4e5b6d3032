"""Files that somebody passes on with bad intent are refused in words, and run nothing."""

import csv
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from graphs.keeping.written import read
from graphs.spec import read_graph, sources
from tests.made_checkpoints import Marker, save_classifier, save_iemocap
from tests.made_encoder import save_encoder
from tests.made_examples import row, write
from tests.made_hostile import (
    BOMBS,
    CODE,
    LAUGHS,
    WEIGHTS,
    cut_gguf,
    hostile_yaml,
    huge,
    pickled,
    poisoned,
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
    registry,
    wheel,
)
from tools.backends import hf_text, minilm, wav2vec2_iemocap
from tools.corpora.json_items import json_items
from tools.corpora.trouble import Trouble
from tools.errors import (
    AttuneError,
    ConfigError,
    DataError,
    StorageError,
    UnknownName,
    WeightsError,
)
from tools.examples.rows import parse_rows
from tools.examples.table import parse_table
from tools.models import read_models
from tools.safety.handoff import open_handoff
from tools.weights.fetching import fetch
from tools.weights.manifest import read_manifest
from tools.weights.merging import merge_adapter
from tools.yaml_file import MAX_BYTES, load_yaml

__all__ = ["registry"]  # a fixture

LABELS = ["joy", "fear"]
AT_ONCE_S = 20.0


def pattern(path: Path) -> object:
    folder = path.parent / "patterns"
    folder.mkdir()
    path.rename(folder / "bad.yaml")
    path.write_text("name: mine\ninclude: support\npatterns: [bad]\n", "utf-8")
    return read_graph(path)


READERS: dict[str, Callable[[Path], object]] = {
    "graph": read_graph,
    "pattern": pattern,
    "models": read_models,
    "handoff": open_handoff,
    "weights": read_manifest,
}
"""Every kind of YAML file that people write and pass on."""


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[Path]:
    """Return a path that must not come into being."""
    path = tmp_path / "ran"
    yield path
    assert not path.exists(), "code out of a file has run"


# YAML


@pytest.mark.parametrize("text", CODE)
@pytest.mark.parametrize("kind", READERS)
def test_yaml_that_names_code_is_refused_and_runs_nothing(
    kind: str, text: str, tmp_path: Path, marker: Path
) -> None:
    file = hostile_yaml(tmp_path / "mine.yaml", CODE[text], marker)
    with pytest.raises(ConfigError) as caught:
        READERS[kind](file)
    assert "\n" not in str(caught.value)


def test_the_marker_of_these_tests_does_appear_where_yaml_may_run_code(tmp_path: Path) -> None:
    file = hostile_yaml(tmp_path / "mine.yaml", CODE["apply"], tmp_path / "made")
    yaml.load(file.read_text(), yaml.UnsafeLoader)
    assert (tmp_path / "made").is_dir()


@pytest.mark.parametrize("text", BOMBS)
@pytest.mark.parametrize("kind", READERS)
def test_yaml_that_unfolds_or_means_nothing_is_refused_at_once(
    kind: str, text: str, tmp_path: Path, marker: Path
) -> None:
    file = hostile_yaml(tmp_path / "mine.yaml", BOMBS[text], marker)
    begun = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        READERS[kind](file)
    assert time.monotonic() - begun < AT_ONCE_S and len(str(caught.value)) < 1000


@pytest.mark.parametrize("text", ["laughs", "laughs-merged", "wide"])
def test_yaml_of_too_many_values_is_refused_before_any_schema(text: str, tmp_path: Path) -> None:
    file = hostile_yaml(tmp_path / "mine.yaml", BOMBS[text], tmp_path)
    with pytest.raises(yaml.YAMLError, match="holds more than 100000 values"):
        load_yaml(file)


@pytest.mark.parametrize("kind", READERS)
def test_a_yaml_file_of_100_mb_is_refused_unread(kind: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(ConfigError, match="larger than 1024 kB"):
        READERS[kind](huge(tmp_path / "mine.yaml"))
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("kind", ["graph", "models", "handoff", "weights"])
def test_a_named_pipe_in_the_place_of_a_file_blocks_nobody(kind: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mine.yaml")
    with pytest.raises(ConfigError):
        READERS[kind](tmp_path / "mine.yaml")


@pytest.mark.parametrize("kind", READERS)
def test_yaml_in_another_encoding_is_refused(kind: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(ConfigError, match="not written in UTF-8"):
        READERS[kind](tmp_path / "mine.yaml")


@pytest.mark.parametrize("kind", READERS)
def test_the_error_of_a_file_repeats_no_line_of_it(kind: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: x\nkey: 'opal-secret\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        READERS[kind](tmp_path / "mine.yaml")
    assert "opal-secret" not in str(caught.value) and "in line" in str(caught.value)


def test_a_few_aliases_are_as_good_as_what_they_stand_for(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("a: &a {x: 1}\nb: *a\nc: {<<: *a, x: 2}\n", "utf-8")
    assert load_yaml(tmp_path / "mine.yaml") == {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 2}}


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("a: " + "x" * (MAX_BYTES - 4) + "\n", "utf-8")
    assert len(load_yaml(tmp_path / "mine.yaml")["a"]) == MAX_BYTES - 4


def test_the_laughs_of_these_tests_do_unfold() -> None:
    made = yaml.safe_load(LAUGHS)
    size: dict[int, int] = {}
    for value in made.values():
        size[id(value)] = sum(size[id(v)] for v in value) if isinstance(value, list) else 1
    assert max(size.values()) == 9**9


# Paths in graph files


@pytest.mark.parametrize("how", ["../other", "{folder}/other.yaml", "../other.yaml"])
def test_a_graph_cannot_include_a_file_of_another_folder(how: str, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("name: other\nopal-secret: 1\n", "utf-8")
    (tmp_path / "mine").mkdir()
    file = tmp_path / "mine" / "mine.yaml"
    file.write_text(f"name: mine\ninclude: {how.format(folder=tmp_path)}\n", "utf-8")
    for reading in (read_graph, sources):
        with pytest.raises((ConfigError, UnknownName)) as caught:
            reading(file)
        assert "opal-secret" not in str(caught.value)


def test_a_graph_cannot_include_a_file_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "other.yaml").write_text("name: other\nopal-secret: 1\n", "utf-8")
    (tmp_path / "mine" / "linked.yaml").symlink_to(tmp_path / "other.yaml")
    file = tmp_path / "mine" / "mine.yaml"
    file.write_text("name: mine\ninclude: linked\n", "utf-8")
    with pytest.raises(ConfigError, match="another folder"):
        read_graph(file)


def test_a_graph_that_is_itself_a_link_includes_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "base.yaml").write_text("name: base\ninclude: support\n", "utf-8")
    (tmp_path / "real.yaml").write_text("name: real\ninclude: base\n", "utf-8")
    (tmp_path / "linked.yaml").symlink_to(tmp_path / "real.yaml")
    assert read_graph(tmp_path / "linked.yaml").nodes


@pytest.mark.parametrize("name", ["../../secret", "/etc/hostname", "a/b"])
def test_a_pattern_has_a_name_and_no_path(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("nodes: {}\n", "utf-8")
    file = tmp_path / "deep" / "mine.yaml"
    (tmp_path / "deep" / "patterns").mkdir(parents=True)
    file.write_text(f"name: mine\ninclude: support\npatterns: ['{name}']\n", "utf-8")
    with pytest.raises(UnknownName):
        read_graph(file)


# Tables and lines of JSON


def troubles(path: Path) -> list[str]:
    told: list[Trouble] = []
    for _ in json_items(path, told.append):
        pass
    return [trouble.what for trouble in told]


@pytest.mark.parametrize("start", ["", "["])
def test_json_nested_without_end_is_a_broken_line(start: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(start + '{"a":' * 200_000 + "\n", "utf-8")
    assert len(troubles(tmp_path / "rows.jsonl")) == 1


def test_a_line_of_100_mb_is_a_broken_line_and_the_next_is_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    with file.open("w") as lines:
        lines.write('{"a": "' + "x" * (100 * 2**20) + '"}\n{"a": 1}\n')
    told: list[Trouble] = []
    assert [item for _, item in json_items(file, told.append)] == [{"a": 1}]
    assert "longer than" in told[0].what and len(told[0].what) < 200


def test_a_corpus_file_of_a_terabyte_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="larger than 1024 MB"):
        list(json_items(huge(tmp_path / "rows.jsonl", 2**40)))


def test_a_table_with_a_cell_of_100_mb_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    with file.open("w") as cells:
        cells.write("id,said\n1," + "x" * (100 * 2**20) + "\n")
    with pytest.raises(DataError, match="field larger than"):
        parse_table(file, lambda _: None, {})


def test_earlier_turns_nested_without_end_are_a_broken_row(tmp_path: Path) -> None:
    file, told = tmp_path / "rows.csv", []
    good = row()
    with file.open("w", newline="") as cells:
        table = csv.DictWriter(cells, list(good))
        table.writeheader()
        table.writerow({**good, "before": "[" * 100_000})
    parse_table(file, told.append, {})
    assert len(told) == 1


@pytest.mark.parametrize("field", ["reply", "said", "situation"])
def test_an_example_as_long_as_a_book_is_a_broken_row(field: str, tmp_path: Path) -> None:
    told: list[Trouble] = []
    file = write(tmp_path / "mine.jsonl", row(**{field: "word " * 100_000}))
    assert parse_rows(file, told.append) == [] and len(told) == 1


# Checkpoints


@pytest.mark.parametrize("module", ["os", "posix", "pathlib", "shutil"])
@pytest.mark.parametrize("kind", range(8))
def test_a_poisoned_checkpoint_is_refused_and_runs_nothing(
    kind: int, module: str, marker: Path
) -> None:
    with pytest.raises(StorageError):
        read(poisoned(kind, module, "mkdir", str(marker)))


@pytest.mark.parametrize("data", [b"", b"\x80\x03.", b"{}", b"\xc1", b"\x91" * 100_000])
def test_a_checkpoint_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(StorageError):
        read(data)


def test_the_poison_of_these_tests_would_work_with_a_serde_that_allows_it(tmp_path: Path) -> None:
    loose = JsonPlusSerializer(allowed_msgpack_modules=True)
    loose.loads_typed(("msgpack", poisoned(0, "os", "mkdir", str(tmp_path / "made"))))
    assert (tmp_path / "made").is_dir()


# Weights


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
