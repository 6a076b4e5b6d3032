"""Evaluate a corpus in batches and one by one: `python -m benchmarks evaluate`.

The same graph, items and models, once with one dialogue at a time and once with many, in one run.
"""

import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe


def evaluate(
    data: Annotated[str, typer.Option(help="A corpus and its folder, e.g. mesc:DIR.")],
    graph: Annotated[str, typer.Option(help="A graph, by name or file.")] = "smes",
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    models: Annotated[Path | None, typer.Option(help="A models file of your own.")] = None,
    swap: Annotated[
        list[str] | None, typer.Option(help="NODE=MODEL: another model; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(min=2, help="Items of each round.")] = 120,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, one after the other.")] = 3,
    whole: Annotated[
        bool, typer.Option("--whole", help="Time the whole validation split once, in batches.")
    ] = False,
) -> None:
    """Compare items per second in batches with those of the loop that takes one by one."""
    from graphs.evaluation.asking import Asking, swaps
    from graphs.evaluation.evaluating import evaluate as run
    from graphs.evaluation.preparing import READING, prepare
    from graphs.evaluation.running import run as take

    console = Console(width=100)
    console.print(describe())
    asking = Asking(
        graph=graph, data=data, profile=profile, models=models, swap=swaps(swap or []),
        reply=False, limit=limit,
    )  # fmt: skip
    if whole:
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            run(replace(asking, limit=0), Path(folder) / "run", Console(stderr=True))
            spent_s = time.perf_counter() - began
            console.print(f"the whole split, loading and scoring included: {spent_s:.1f} s")
        return
    table = Table("dialogues at once", "items/s, best round", "items/s, median", "times the loop")
    spent: dict[int, list[float]] = {1: [], READING: []}

    async def measure() -> int:
        made = prepare(asking)
        await made.warm()
        for _ in range(rounds):
            for at_once, seconds in spent.items():
                began = time.perf_counter()
                await take(made.items, replace(made.setup, at_once=at_once), {}, lambda one: None)
                seconds.append(time.perf_counter() - began)
        made.setup.services.models.close()
        return len(made.items)

    items = asyncio.run(measure())
    loop = sorted(spent[1])[rounds // 2]
    for at_once, seconds in spent.items():
        middle = sorted(seconds)[rounds // 2]
        table.add_row(
            str(at_once), f"{items / min(seconds):.1f}", f"{items / middle:.1f}",
            f"{loop / middle:.2f}",
        )  # fmt: skip
    console.print(table)
