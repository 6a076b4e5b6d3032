"""A graph file that somebody passes on opens no file but its own."""

from pathlib import Path

import pytest

from graphs.spec import read_graph, sources
from tools.errors import (
    ConfigError,
    UnknownName,
)


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
