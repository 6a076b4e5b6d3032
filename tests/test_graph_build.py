"""What building a graph adds to its nodes."""

from dataclasses import replace

import pytest

from agents.context import Update
from agents.library import NODES
from graphs.build import build, node_with_duty
from graphs.spec import find_graph, read_graph
from tests.made_services import stub_services
from tests.made_turn import conversation, say
from tools.errors import ConfigError

WORDS = "My neighbour's blue bicycle was stolen."


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("text_emotion", "the node 'text_emotion' failed on the model 'text' (`/health` says how"),
        ("fusion", "the node 'fusion' failed; this turn goes on without what it finds"),
    ],
)
async def test_the_log_names_the_node_and_the_model_that_failed_and_no_words(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    async def fail(*_: object) -> Update:
        raise RuntimeError(WORDS)

    monkeypatch.setitem(NODES, name, replace(NODES[name], run=fail))
    await say(conversation(stub_services()), WORDS)
    assert told in caplog.text and "RuntimeError" in caplog.text
    assert "bicycle" not in caplog.text


def test_a_graph_that_answers_is_not_built_with_services_that_measure() -> None:
    with pytest.raises(ConfigError, match="unmasked services answer nobody"):
        build(read_graph(find_graph("support")), stub_services(unmasked=True))


def test_a_node_is_found_by_its_duty() -> None:
    assert node_with_duty(read_graph(find_graph("smes")), "deliver") == "deliver"
