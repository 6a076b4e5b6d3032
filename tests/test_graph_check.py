import re
from pathlib import Path

import pytest

from graphs.build import build
from graphs.check import problems
from graphs.spec import FOLDER, GraphSpec, find_graph, read_graph
from tests.made_services import stub_models, stub_services
from tools.errors import ConfigError, GraphError


def edited(folder: Path, *changes: tuple[str, str]) -> GraphSpec:
    """Return `support.yaml` with pieces of its text replaced."""
    text = find_graph("support").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "edited.yaml"
    path.write_text(text, "utf-8")
    return read_graph(path)


def one(spec: GraphSpec, needle: str) -> None:
    found = problems(spec)
    assert any(needle in problem for problem in found), found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_graph_is_accepted(path: Path) -> None:
    assert problems(read_graph(path), stub_models()) == []


def test_an_unknown_node_names_the_nearest_one(tmp_path: Path) -> None:
    one(edited(tmp_path, ("  fusion:\n", "  fusion: {use: fussion}\n")), "did you mean 'fusion'")


def test_a_dangling_arrow_is_named(tmp_path: Path) -> None:
    one(edited(tmp_path, ("-> respond\n", "-> responder\n")), "-> responder leads nowhere")


def test_a_node_that_nothing_leads_to_is_named(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("  fusion:\n", "  fusion:\n  again: {use: fusion}\n"))
    one(spec, "'again' is never reached")


def test_an_unknown_option_names_the_nearest_one(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("  recall:\n", "  recall: {options: {kk: 3}}\n"))
    one(spec, "did you mean 'k'")


def test_an_option_of_the_wrong_kind_is_named(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("  recall:\n", "  recall: {options: {k: many}}\n"))
    one(spec, "the option 'k' of the node 'recall' is wrong")


def test_a_model_of_another_task_cannot_be_bound(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("  text_emotion:\n", "  text_emotion: {model: face}\n"))
    assert any("cannot be bound" in p for p in problems(spec, stub_models()))


@pytest.mark.parametrize("name", ["screen", "screen_heard"])
def test_no_graph_file_chooses_the_detector(tmp_path: Path, name: str) -> None:
    path = tmp_path / "own.yaml"
    entry = f"{name}: {{use: screen, model: detector, options: {{of: words}}}}"
    text = f"name: own\ninclude: support\nnodes: {{{entry}}}\n"
    path.write_text(text, "utf-8")
    needle = f"{name!r} takes the detector of the profile alone"
    one(read_graph(path), needle)
    assert any(needle in problem for problem in problems(read_graph(path), stub_models()))


def test_a_key_that_nothing_wrote_is_named(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        (
            "text_emotion -> fusion -> remember",
            "text_emotion -> remember",
        ),
        ("  fusion:\n", ""),
    )
    one(spec, "'system_emotion' reads 'user_emotion', which nothing before it writes")


def test_a_reply_that_bypasses_check_is_refused(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("  - deliver -> END", "  - deliver -> END\n  - fusion -> deliver"))
    one(spec, "a reply can reach 'deliver' without passing `check`")


def test_a_writer_that_does_not_lead_to_check_is_refused(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("respond, crisis -> check", "crisis -> check\n  - respond -> deliver"))
    one(spec, "'respond' writes sentences and must lead to `check`")


def test_a_graph_without_screen_is_refused(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        ("-> begin_turn -> screen", "-> begin_turn -> listen, face_emotion, voice_emotion"),
        (
            "  screen:\n    on: route\n    crisis: crisis\n"
            "    support: [listen, face_emotion, voice_emotion]\n",
            "",
        ),
        ("  screen:\n", ""),
    )
    one(spec, "before the typed words are screened")


def test_a_screen_of_what_was_heard_does_not_count_as_one_of_typed_words(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("  screen:\n  listen", "  screen: {options: {of: heard}}\n  listen"))
    one(spec, "a person can be reached before the typed words are screened")


def test_what_was_heard_cannot_be_used_unscreened(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("options: {of: heard}", "options: {of: words}"))
    one(spec, "what 'listen' heard reaches 'text_emotion' unscreened")


def test_a_screen_whose_crisis_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    support = "\n    support: text_emotion"
    spec = edited(tmp_path, (f"crisis: crisis{support}", f"crisis: text_emotion{support}"))
    one(spec, "'screen_heard' must lead from `crisis` to the crisis reply")


def test_a_route_label_without_a_target_is_named(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("    deliver: deliver\n", ""))
    one(spec, "the route of 'check' has no target for 'deliver'")


def test_a_loop_that_does_not_pass_check_is_refused(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        ("recall -> strategy -> system_emotion -> respond", "recall -> strategy"),
        (
            "routes:\n",
            "routes:\n  strategy:\n    - {when: {turn: {lt: 3}}, to: recall}\n"
            "    - {to: system_emotion}\n  system_emotion:\n    - {to: respond}\n",
        ),
    )
    one(spec, "goes round for ever")


def test_branches_that_meet_without_a_join_are_named(tmp_path: Path) -> None:
    spec = edited(
        tmp_path, ("    options: {of: heard}\n    join: true", "    options: {of: heard}")
    )
    one(spec, "let them meet first, at a node with `join: true`")


def test_a_conditional_route_needs_a_last_case_for_all_else(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        ("text_emotion -> fusion -> remember", "fusion -> remember"),
        ("routes:\n", "routes:\n  text_emotion:\n    - {when: {turn: {lt: 3}}, to: fusion}\n"),
    )
    one(spec, "needs a last case without `when`")


def test_a_condition_on_an_unknown_key_names_the_nearest_one(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        ("text_emotion -> fusion -> remember", "fusion -> remember"),
        (
            "routes:\n",
            "routes:\n  text_emotion:\n    - {when: {trun: {lt: 3}}, to: fusion}\n"
            "    - {to: fusion}\n",
        ),
    )
    one(spec, "did you mean 'turn'")


def test_a_graph_with_problems_is_not_built(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("  - deliver -> END", "  - deliver -> END\n  - fusion -> deliver"))
    with pytest.raises(GraphError, match="without passing `check`"):
        build(spec, stub_services())


@pytest.mark.parametrize("target", ["respond", "deliver"])
def test_check_must_lead_a_crisis_reply_back_to_its_writer(tmp_path: Path, target: str) -> None:
    spec = edited(
        tmp_path, ("    crisis: crisis\n    deliver", f"    crisis: {target}\n    deliver")
    )
    one(spec, "'check' must lead from 'crisis' back to 'crisis', and nowhere else")


@pytest.mark.parametrize("key", ["writer", "verdict", "words"])
def test_a_table_goes_by_the_route_and_by_nothing_else(tmp_path: Path, key: str) -> None:
    spec = edited(tmp_path, ("  check:\n    on: route", f"  check:\n    on: {key}"))
    one(spec, f"the route of 'check' goes by '{key}'")


def test_a_table_behind_a_node_that_chooses_no_route_is_refused(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        ("text_emotion -> fusion -> remember", "fusion -> remember"),
        ("routes:\n", "routes:\n  text_emotion: {on: route, support: fusion}\n"),
    )
    one(spec, "the route of 'text_emotion' goes by 'route'; a table goes by `on: route` behind")


def test_a_label_that_is_never_chosen_names_the_nearest(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("support: text_emotion", "suport: text_emotion"))
    one(spec, "did you mean 'support'")


def test_a_second_voice_is_refused(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        (
            "  deliver:\n",
            "  deliver:\n  other: {use: check}\n",
        ),
    )
    one(spec, "the graph has 2 'check' nodes; keep one")


def test_a_branch_that_speaks_before_the_others_have_met_it_is_refused(tmp_path: Path) -> None:
    spec = edited(
        tmp_path,
        ("  - listen, face_emotion, voice_emotion -> screen_heard", "  - listen -> screen_heard"),
        (
            "support: [listen, face_emotion, voice_emotion]",
            "support: [listen, text_emotion]",
        ),
        ("  face_emotion:\n  voice_emotion:\n", ""),
        (
            "    crisis: crisis\n    support: text_emotion",
            "    crisis: crisis\n    support: fusion",
        ),
    )
    one(spec, "before they have met")


def with_pattern(folder: Path, text: str) -> GraphSpec:
    """Return `support` with one more pattern."""
    (folder / "patterns").mkdir()
    (folder / "patterns" / "mine.yaml").write_text(text, "utf-8")
    return edited(folder, ("  - closing\n", "  - mine\n"))


FAREWELL = """
nodes: {bye: {use: say, options: {lines: {en: [So long.]}}}}
edges: ["bye -> check"]
routes: {moment: {closing: bye}, check: {bye: bye}}
"""


def test_a_pattern_with_words_of_its_own_is_accepted(tmp_path: Path) -> None:
    assert problems(with_pattern(tmp_path, FAREWELL), stub_models()) == []


@pytest.mark.parametrize(
    ("old", "new", "needle"),
    [
        ("bye -> check", "bye -> deliver", "a reply can reach 'deliver' without passing `check`"),
        ("bye -> check", "bye -> END", "a turn can end without `deliver`"),
        ("bye -> check", "bye -> respond", "'bye' writes sentences and must lead to `check`"),
        ("bye -> check", "START -> bye -> check", "before the typed words are screened"),
        ("bye -> check", "listen -> bye -> check", "heard reaches 'bye' unscreened"),
        ("bye -> check", "bye -> check -> deliver", "both arrows and a route"),
        ("{closing: bye}", "{closing: deliver}", "a reply can reach 'deliver' without"),
        ("{closing: bye}", "{clsing: bye}", "did you mean 'closing'"),
        (", check: {bye: bye}", "", "the route of 'check' has no target for 'bye'"),
        ("{bye: bye}}", "{bye: respond}}", "must lead from 'bye' back to 'bye'"),
        ("say, options: {lines: {en: [So long.]}}", "check", "the graph has 2 'check' nodes"),
        (", options: {lines: {en: [So long.]}}", "", "'bye' has nothing to say"),
        ("{en: [So long.]}", "{de: [Ade.]}", "'bye' has lines in no English"),
    ],
)
def test_a_pattern_cannot_go_around_screen_or_check(
    tmp_path: Path, old: str, new: str, needle: str
) -> None:
    assert old in FAREWELL
    one(with_pattern(tmp_path, FAREWELL.replace(old, new)), needle)


@pytest.mark.parametrize("route", ["screen: {crisis: bye}", "check: {deliver: bye}"])
def test_a_pattern_cannot_turn_the_crisis_route_or_the_delivery(tmp_path: Path, route: str) -> None:
    text = FAREWELL.replace("check: {bye: bye}", route)
    with pytest.raises(ConfigError, match="adds routes and changes none"):
        with_pattern(tmp_path, text)


def test_a_choice_of_moments_needs_an_else(tmp_path: Path) -> None:
    one(edited(tmp_path, ("    else: recall\n", "    plain: recall\n")), "'moment' needs `else`")


def test_what_keeps_a_person_safe_has_no_else(tmp_path: Path) -> None:
    spec = edited(tmp_path, ("    deliver: deliver\n", "    else: deliver\n"))
    one(spec, "the route of 'check' keeps people safe")
    one(spec, "the route of 'check' has no target for 'deliver'")


def test_the_pattern_of_the_guide_is_accepted(tmp_path: Path) -> None:
    guide = (FOLDER.parent / "docs" / "patterns.md").read_text("utf-8")
    pattern, graph = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)[1:]
    (tmp_path / "patterns").mkdir()
    (tmp_path / "patterns" / "birthday.yaml").write_text(pattern, "utf-8")
    (tmp_path / "mine.yaml").write_text(graph, "utf-8")
    spec = read_graph(tmp_path / "mine.yaml")
    assert problems(spec, stub_models()) == [] and "birthday" in spec.patterns
