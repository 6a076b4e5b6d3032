"""What is wrong with the thoughts of a graph, in a designer's words."""

from collections.abc import Iterator, Mapping

from agents.library import NODES
from agents.node import Node
from agents.prompt import read_prompt
from agents.think import ThinkOptions, think
from graphs.spec import GraphSpec
from tools.errors import AttuneError, UnknownName
from tools.values import load_values


def thoughts_in(spec: GraphSpec) -> Iterator[tuple[str, ThinkOptions]]:
    """Give the thoughts that the nodes of a checked graph write, by name, with their options."""
    for name, entry in spec.nodes.items():
        options = NODES[spec.used(name)].parse(entry.options)
        if isinstance(options, ThinkOptions):
            yield options.step or name, options


def about_person(spec: GraphSpec) -> frozenset[str]:
    """Return the thoughts of a checked graph that are about the person.

    Who writes a thought without being asked to think tells of what was perceived.
    """
    nodes = {spec.used(name) for name in spec.nodes}
    perceived = {name for name in nodes - {think.name} if "thoughts" in NODES[name].writes}
    told = {name for name, options in thoughts_in(spec) if options.about == "person"}
    return frozenset(perceived | told)


def thought_problems(spec: GraphSpec, nodes: Mapping[str, Node]) -> Iterator[str]:
    """Find thoughts that no prompt asks for, that two nodes write, or that wait in vain."""
    steps: dict[str, str] = {}
    waiting: dict[str, tuple[str, ...]] = {}
    dropping: dict[str, ThinkOptions] = {}
    writers = {name for name, node in nodes.items() if "thoughts" in node.writes}
    for name, node in nodes.items():
        options = node.parse(spec.nodes[name].options)
        if not isinstance(options, ThinkOptions):
            continue
        step = options.step or name
        if step in steps:
            yield f"{name!r} and {steps[step]!r} both write the thought {step!r}; keep one of them"
        steps[step], waiting[name], dropping[name] = name, options.wants, options
        yield from _unasked(name, step, spec.nodes[name].prompt or "")
    known = {*steps, *(writers - set(waiting))}
    for name, wanted in waiting.items():
        for thought in wanted:
            if thought not in known:
                missing = UnknownName("thought of this graph", thought, known)
                yield f"{name!r} waits for what nothing writes: {missing}"
    for name, options in dropping.items():
        for thought in {thought for dropped in options.drops.values() for thought in dropped}:
            if thought not in options.wants:
                yield f"{name!r} takes back {thought!r}; name it under `wants` as well"
        answers = load_values() if options.choices == "values" else options.choices
        for answer in set(options.drops) - set(answers):
            yield f"{name!r} takes something back for {answer!r}, which is none of its `choices`"


def _unasked(name: str, step: str, prompt: str) -> Iterator[str]:
    if not prompt:
        yield f"{name!r} has no prompt; name a file with `### {step}` under `## steps`"
        return
    try:
        asked = read_prompt(prompt).entries("steps")
    except AttuneError:
        return  # said already, of every node
    if step not in asked:
        yield f"{name!r}: {UnknownName(f'step of the prompt {prompt!r}', step, asked)}"
