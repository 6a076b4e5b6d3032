"""Evaluate a graph on a corpus: run it, score it, each into the run's folder."""

import asyncio
from pathlib import Path

from rich.console import Console

from graphs.evaluation.asking import Asking, command
from graphs.evaluation.emitting import emitted
from graphs.evaluation.folder import ITEMS, MANIFEST, RunFolder
from graphs.evaluation.preparing import Prepared, prepare
from graphs.evaluation.records import Prediction
from graphs.evaluation.running import first_error, run
from graphs.evaluation.scoring import score
from graphs.progress import progress
from graphs.provenance import about_the_place


def evaluate(asking: Asking, out: Path, console: Console, *, resume: bool = False) -> RunFolder:
    """Run a graph over a corpus and score it.

    Args:
        asking: what is asked for.
        out: the run's folder.
        console: shows the progress.
        resume: go on with a run that was broken off.

    Raises:
        AttuneError: the graph, the corpus, a model or the folder cannot be used.
    """
    made = prepare(asking)
    if made.idle:
        console.print(
            f"no node uses a model of {str(asking.models)!r} ({', '.join(made.idle)}); "
            "bind one with --swap NODE=MODEL, or in a profile of that file",
            style="yellow", markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
    folder = RunFolder(out)
    items = [item.record() for item in made.items]
    try:
        if resume and (out / MANIFEST).exists():
            folder.require_same(made.manifest)
            if folder.restore(items):  # of the same run: the manifest holds their hash
                console.print(f"{ITEMS} was damaged and is written anew", style="yellow")
            folder.tidy()
        else:
            manifest = {**made.manifest, **about_the_place(command(asking, out))}
            folder.begin(manifest, items)
        asyncio.run(_run(made, folder, console))
    finally:
        made.setup.services.models.close()
    folder.tidy()
    bench = made.setup.bench
    found = score(
        bench.steps, folder.items(), folder.predictions(), made.setup.space, emitted(bench.kits),
        asking.further,
    )  # fmt: skip
    folder.score(found)
    return folder


async def _run(made: Prepared, folder: RunFolder, console: Console) -> None:
    """Warm the models, then predict what is not there yet, with a bar that says how long."""
    known = {one["id"]: one for one in folder.predictions()}
    with progress(console) as shown:
        bar = shown.add_task("loading the models", total=len(made.items), completed=len(known))
        if len(known) < len(made.items):
            for reason in await made.warm():
                console.print(reason, style="yellow", markup=False, highlight=False)
        name = made.setup.bench.spec.name
        shown.update(bar, description=f"{name} on {len(made.items)} items")

        def done(prediction: Prediction) -> None:
            folder.append(prediction)
            shown.advance(bar)

        try:
            await run(made.items, made.setup, known, done)
        except BaseExceptionGroup as group:
            raise first_error(group) from None
