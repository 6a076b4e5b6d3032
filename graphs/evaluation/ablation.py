"""A grid of runs: the graph whole, without each part, with each other model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path

from rich.console import Console

from graphs.evaluation.asking import Asking
from graphs.evaluation.evaluating import evaluate
from graphs.evaluation.folder import RunFolder
from tools.errors import ConfigError

Cell = tuple[str, Asking]
"""The name of a run's folder, and what is asked for in it."""


def cells(
    asking: Asking,
    drop: Sequence[str],
    swap: Sequence[Mapping[str, str]],
    *,
    together: bool = False,
) -> list[Cell]:
    """Return the runs of an ablation, the whole graph first.

    Args:
        asking: the whole graph.
        drop: what is left out, each alone.
        swap: node -> model, each alone.
        together: every combination of changes as well, but not two models for one node.

    Raises:
        ConfigError: nothing is changed.
    """
    changes: list[tuple[str, Mapping[str, str], tuple[str, ...]]] = [
        ("no-" + name, {}, (name,)) for name in drop
    ]
    for one in swap:
        changes.append(("-".join(f"{node}={model}" for node, model in one.items()), one, ()))
    if not changes:
        raise ConfigError("an ablation changes something; give --drop-each or --swap-each")
    most = len(changes) if together else 1
    found: list[Cell] = [("whole", asking)]
    for chosen in chain.from_iterable(combinations(changes, n) for n in range(1, most + 1)):
        nodes = [node for _, swapped, _ in chosen for node in swapped]
        if len(nodes) != len(set(nodes)):
            continue
        found.append(
            (
                "+".join(name for name, _, _ in chosen),
                replace(
                    asking,
                    swap={
                        node: model for _, swapped, _ in chosen for node, model in swapped.items()
                    },
                    drop=tuple(name for _, _, dropped in chosen for name in dropped),
                ),
            )
        )
    return found


def run_grid(asked: Sequence[Cell], out: Path, console: Console) -> list[RunFolder]:
    """Run every cell that is not done yet, each into a folder of its own in `out`.

    Raises:
        AttuneError: a cell cannot be run; those before it are kept.
    """
    return [evaluate(asking, out / name, console, resume=True) for name, asking in asked]
