from pathlib import Path

import pytest

from graphs.case import Case
from graphs.spec import Table, find_graph, read_graph, sources
from tools.errors import ConfigError, UnknownName


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return path


def test_an_arrow_line_with_commas_and_a_chain_becomes_pairs(tmp_path: Path) -> None:
    spec = read_graph(write(tmp_path, "name: mine\nedges: ['START -> a, b -> c -> END']"))
    assert spec.edges == [
        ("START", "a"), ("START", "b"), ("a", "c"), ("b", "c"), ("c", "END"),
    ]  # fmt: skip


def test_an_arrow_without_a_target_is_refused_with_the_right_form(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'a ->'; write it like"):
        read_graph(write(tmp_path, "name: mine\nedges: ['a ->']"))


def test_on_stays_a_word_and_true_a_boolean(tmp_path: Path) -> None:
    spec = read_graph(
        write(tmp_path, "name: mine\nnodes: {a: {join: true}}\nroutes: {a: {on: risk, none: b}}")
    )
    assert spec.nodes["a"].join
    assert spec.routes["a"] == Table(on="risk", to={"none": ["b"]})


def test_an_unknown_key_names_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'options'"):
        read_graph(write(tmp_path, "name: mine\nnodes: {a: {option: {}}}"))


def test_a_condition_in_words_of_code_is_refused(tmp_path: Path) -> None:
    text = "name: mine\nroutes: {a: [{when: 'turn < 3', to: b}]}"
    with pytest.raises(ConfigError):
        read_graph(write(tmp_path, text))


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    text = "name: mine\nabout: &a [x, x]\nedges: [*a, *a]"
    with pytest.raises(ConfigError, match="aliases are not allowed"):
        read_graph(write(tmp_path, text))


def test_a_python_tag_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    text = f"name: !!python/object/apply:pathlib.Path.touch ['{marker}']"
    with pytest.raises(ConfigError):
        read_graph(write(tmp_path, text))
    assert not marker.exists()


def test_include_cuts_and_adds_arrows() -> None:
    edges = read_graph(find_graph("multimood")).edges
    assert ("system_emotion", "strategy") in edges
    assert ("strategy", "system_emotion") not in edges


def test_include_drops_a_node_with_every_arrow_that_touches_it() -> None:
    spec = read_graph(find_graph("direct"))
    assert "strategy" not in spec.nodes
    assert all("strategy" not in arrow for arrow in spec.arrows())


def test_cutting_an_arrow_that_is_not_there_is_refused(tmp_path: Path) -> None:
    text = f"name: mine\ninclude: {find_graph('support')}\ncut: ['fusion -> respond']"
    with pytest.raises(UnknownName, match="arrow to cut in 'mine.yaml' 'fusion -> respond'"):
        read_graph(write(tmp_path, text))


def test_a_graph_that_includes_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="includes itself"):
        read_graph(write(tmp_path, "name: mine\ninclude: mine"))


def test_an_unknown_graph_names_the_nearest_one() -> None:
    with pytest.raises(UnknownName, match="did you mean 'support'"):
        find_graph("suport")


def test_the_hash_changes_with_an_option_and_not_with_a_comment(tmp_path: Path) -> None:
    plain = read_graph(write(tmp_path, "name: mine\nnodes: {a: {options: {x: 1}}}")).hash()
    commented = read_graph(write(tmp_path, "# hi\nname: mine\nnodes: {a: {options: {x: 1}}}"))
    changed = read_graph(write(tmp_path, "name: mine\nnodes: {a: {options: {x: 2}}}"))
    assert commented.hash() == plain != changed.hash()


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"turn": {"lt": 3}}, True),
        ({"turn": {"ge": 3}}, False),
        ({"user_emotion.label": {"in": ["joy", "fear"]}}, True),
        ({"user_emotion.label": {"eq": "anger"}}, False),
        ({"turn": {"lt": "three"}}, False),
        ({"nothing": {"ne": 1}}, False),
        ({"turn": {"gt": 1}, "user_emotion.label": {"ne": "joy"}}, False),
        ({}, True),
    ],
)
def test_a_case_compares_declared_keys(when: dict[str, object], holds: bool) -> None:
    state = {"turn": 2, "user_emotion": {"label": "joy"}}
    assert Case.model_validate({"when": when, "to": "x"}).holds(state) is holds


BASE = "name: mine\nnodes: {a: , b: }\nroutes: {a: {on: route, x: b}}\n"


def pattern(folder: Path, text: str, name: str = "greet") -> None:
    (folder / "patterns").mkdir(exist_ok=True)
    (folder / "patterns" / f"{name}.yaml").write_text(text, "utf-8")


def test_a_pattern_adds_nodes_arrows_and_labels_of_a_route(tmp_path: Path) -> None:
    pattern(tmp_path, "nodes: {hi: {use: say}}\nedges: ['hi -> b']\nroutes: {a: {y: hi}}")
    spec = read_graph(write(tmp_path, BASE + "patterns: [greet]"))
    assert list(spec.nodes) == ["a", "b", "hi"] and spec.edges == [("hi", "b")]
    assert spec.routes["a"] == Table(on="route", to={"x": ["b"], "y": ["hi"]})
    assert spec.patterns == {"greet": ["hi"]}


def test_a_graph_is_the_same_without_its_pattern(tmp_path: Path) -> None:
    pattern(tmp_path, "nodes: {hi: {use: say}}\nroutes: {a: {y: hi}}")
    assert read_graph(write(tmp_path, BASE + "patterns: []")) == read_graph(write(tmp_path, BASE))


def test_the_cases_of_a_pattern_stand_before_those_of_the_graph(tmp_path: Path) -> None:
    pattern(tmp_path, "nodes: {hi: }\nroutes: {a: [{when: {turn: {lt: 3}}, to: hi}]}")
    text = "name: mine\nnodes: {a: , b: }\nroutes: {a: [{to: b}]}\npatterns: [greet]"
    route = read_graph(write(tmp_path, text)).routes["a"]
    assert isinstance(route, list) and [case.to for case in route] == [["hi"], ["b"]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nodes: {b: {use: say}}", "brings the node 'b', which is there already"),
        ("nodes: {c: }\nroutes: {a: {x: c}}", "leads from 'a' by 'x', which leads somewhere"),
        ("nodes: {c: }\nroutes: {a: [{to: c}]}", "lead on from 'a' in different ways"),
        ("nodes: {c: }\nroutes: {a: {on: words, z: c}}", "lead on from 'a' in different ways"),
        ("nodes: {c: }\nedges: ['c -> ']", "write it like"),
        ("nodes: {c: }\nedge: []", "did you mean 'edges'"),
        ("nodes: {c: {option: {}}}", "did you mean 'options'"),
        ("name: greet\nnodes: {c: }", "unknown key 'name'"),
        ("about: nothing", "nodes: Field required"),
    ],
)
def test_a_pattern_changes_nothing_that_is_there(tmp_path: Path, text: str, why: str) -> None:
    pattern(tmp_path, text)
    with pytest.raises(ConfigError, match=why):
        read_graph(write(tmp_path, BASE + "patterns: [greet]"))


def test_an_unknown_pattern_names_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'silence'"):
        read_graph(write(tmp_path, BASE + "patterns: [silense]"))


def test_an_including_graph_takes_the_patterns_up_unless_it_names_its_own(tmp_path: Path) -> None:
    support = read_graph(find_graph("support"))
    assert len(support.patterns) > 9
    same = write(tmp_path, "name: mine\ninclude: support")
    assert read_graph(same).patterns == support.patterns
    fewer = write(tmp_path, "name: mine\ninclude: support\npatterns: [silence]")
    assert list(read_graph(fewer).patterns) == ["silence"]


def test_a_pattern_beside_a_graph_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    pattern(tmp_path, "nodes: {bye: {use: say}}\nroutes: {moment: {closing: bye}}", "closing")
    spec = read_graph(write(tmp_path, "name: mine\ninclude: support\npatterns: [closing]"))
    assert spec.patterns == {"closing": ["bye"]}


def test_the_files_of_patterns_count_as_sources(tmp_path: Path) -> None:
    pattern(tmp_path, "nodes: {hi: {use: say}}")
    top = write(tmp_path, BASE + "patterns: [greet]")
    assert sources(top) == [top, tmp_path / "patterns" / "greet.yaml"]
