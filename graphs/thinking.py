"""What is wrong with the thoughts of a graph, in a designer's words."""

from collections.abc import Iterator, Mapping

from agents.node import Node
from agents.prompt import read_prompt
from agents.think import ThinkOptions
from graphs.spec import GraphSpec
from tools.errors import AttuneError, UnknownName


def thought_problems(spec: GraphSpec, nodes: Mapping[str, Node]) -> Iterator[str]:
    """Find thoughts that no prompt asks for, that two nodes write, or that wait in vain."""
    steps: dict[str, str] = {}
    waiting: dict[str, tuple[str, ...]] = {}
    writers = {name for name, node in nodes.items() if "thoughts" in node.writes}
    for name, node in nodes.items():
        options = node.parse(spec.nodes[name].options)
        if not isinstance(options, ThinkOptions):
            continue
        step = options.step or name
        if step in steps:
            yield f"{name!r} and {steps[step]!r} both write the thought {step!r}; keep one of them"
        steps[step], waiting[name] = name, options.wants
        yield from _unasked(name, step, spec.nodes[name].prompt or "")
    known = {*steps, *(writers - set(waiting))}
    for name, wanted in waiting.items():
        for thought in wanted:
            if thought not in known:
                missing = UnknownName("thought of this graph", thought, known)
                yield f"{name!r} waits for what nothing writes: {missing}"


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
