"""YAML that somebody passes on with bad intent is refused in words, and runs nothing."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from graphs.spec import read_graph
from tests.made_hostile import (
    BOMBS,
    CODE,
    LAUGHS,
    hostile_yaml,
    huge,
)
from tools.errors import (
    ConfigError,
)
from tools.models import read_models
from tools.safety.handoff import open_handoff
from tools.weights.manifest import read_manifest
from tools.yaml_file import MAX_BYTES, load_yaml

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
