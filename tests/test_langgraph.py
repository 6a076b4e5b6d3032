"""The conventions of LangGraph: schemas for Studio, the twin, plain messages in and out."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from graphs.build import build
from graphs.spec import find_graph, read_graph
from graphs.support_twin import by_hand
from tests.made_services import stub_services


def arrows(graph: Any) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.get_graph().edges}


def test_the_twin_in_python_is_the_same_graph_as_the_yaml() -> None:
    services = stub_services()
    yaml = build(read_graph(find_graph("support")), services).compile()
    assert arrows(by_hand(services).compile()) == arrows(yaml)


def test_the_twin_joins_where_the_yaml_joins() -> None:
    services = stub_services()
    builders = build(read_graph(find_graph("support")), services), by_hand(services)
    yaml, hand = ({n for n, s in b.nodes.items() if s.defer} for b in builders)
    assert yaml == hand == {"screen_heard"}


async def test_the_twin_answers_like_the_yaml() -> None:
    services = stub_services()
    turn: Any = {"messages": [("user", "I keep waiting.")]}
    yaml = build(read_graph(find_graph("support")), services).compile()
    replies = [
        (await g.ainvoke(turn))["messages"][-1].text for g in (yaml, by_hand(services).compile())
    ]
    assert replies[0] == replies[1] != ""


def test_langgraph_json_names_a_module_and_a_graph_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATTUNE_PROFILE", "stub")
    config = json.loads(Path("langgraph.json").read_text("utf-8"))
    module, _, name = config["graphs"]["support"]["path"].partition(":")
    assert hasattr(getattr(importlib.import_module(module), name), "ainvoke")


def test_the_context_shows_as_settings_with_safe_defaults() -> None:
    schema = build(read_graph(find_graph("support")), stub_services()).compile()
    settings = schema.get_context_jsonschema()
    assert settings is not None
    defaults = {name: field["default"] for name, field in settings["properties"].items()}
    assert defaults["microphone"] is False and defaults["camera"] is False


def test_the_state_can_be_described_to_studio() -> None:
    graph = build(read_graph(find_graph("support")), stub_services()).compile()
    assert "messages" in graph.get_input_jsonschema()["properties"]
    assert "user_emotion" in graph.get_output_jsonschema()["properties"]


async def test_a_turn_without_any_message_is_answered() -> None:
    graph = build(read_graph(find_graph("support")), stub_services()).compile()
    state = await graph.ainvoke({"messages": []})
    assert state["messages"][-1].text
