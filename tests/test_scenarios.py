"""Every dialogue pattern in a conversation: what is found, who answers, and what the reply is."""

import pytest

from graphs.spec import FOLDER as GRAPHS
from graphs.spec import find_graph, read_graph
from tests.made_scenario import NAMES, Stage, Turn, read_scenario
from tests.test_crisis import disclosure

PATTERNS = sorted(path.stem for path in (GRAPHS / "patterns").glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
async def test_a_scenario_runs_as_its_file_says(name: str) -> None:
    scenario = read_scenario(name)
    stage = Stage(scenario)
    heard: list[str] = []
    for number, turn in enumerate(scenario.turns, 1):
        words = turn.says.replace("DISCLOSURE", disclosure("high"))
        state, reply, route = await stage.take(turn.model_copy(update={"says": words}))
        where = f"turn {number} of {name}: {reply!r}"
        assert route == turn.route, where
        if turn.moment is not None:
            assert state["moment"] == turn.moment, where
        if turn.writer is not None:
            assert state["writer"] == turn.writer, where
        if turn.strategy is not None:
            assert state["strategy"]["label"] == turn.strategy, where
        assert state["said"] and not holds_wrong(turn, reply), where
        if turn.phrase:
            wordings = stage.wordings(turn.language, turn.phrase)
            assert [w for w in wordings if w in reply and w not in heard], where
        heard.append(reply)


def holds_wrong(turn: Turn, reply: str) -> list[str]:
    """Return what the reply should hold and does not, or holds and should not."""
    wrong = [piece for piece in turn.holds if piece not in reply]
    wrong += [piece for piece in turn.lacks if piece in reply]
    if turn.asks is not None and turn.asks is not ("?" in reply):
        wrong.append("?")
    return wrong


def test_every_shipped_pattern_is_in_the_default_graph() -> None:
    assert sorted(read_graph(find_graph("support")).patterns) == PATTERNS


def test_every_pattern_of_the_default_graph_has_a_scenario() -> None:
    spec = read_graph(find_graph("support"))
    seen = {turn.moment for name in NAMES for turn in read_scenario(name).turns}
    assert {node for nodes in spec.patterns.values() for node in nodes} - seen == set()
