"""Evaluate a graph on a corpus: read, run, score, each into the run's folder."""

import asyncio
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from graphs.evaluation.altering import altered
from graphs.evaluation.asking import Asking
from graphs.evaluation.bench import bench
from graphs.evaluation.emitting import emitted
from graphs.evaluation.folder import Prediction, RunFolder
from graphs.evaluation.items import Item, draw, read_items
from graphs.evaluation.labels import LabelSpace
from graphs.evaluation.manifest import describe
from graphs.evaluation.running import History, Mode, Way, first_error, run
from graphs.evaluation.scoring import score
from graphs.services import assemble
from graphs.shelf import Shelf, Version
from graphs.spec import find_graph, read_graph
from graphs.warm import warm
from tools.corpora.library import find_corpus
from tools.errors import ConfigError
from tools.seeds import plant

TALKING = 8
"""Replies that are written at once: a language model on a CPU gains nothing from more."""

READING = 32
"""Dialogues that run at once where no reply is written: a full batch of the encoder."""


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
    corpus, place = find_corpus(asking.data)
    split = asking.split or corpus.validation or corpus.splits[0]
    whole = read_items(corpus, place, split, asking.unit)
    items = draw(whole, asking.limit, asking.seed)
    plant(asking.seed)
    services = assemble(asking.profile, models=asking.models, evaluation=True)
    try:
        spec = altered(read_graph(find_graph(asking.graph)), asking.swap, asking.drop)
        version = Shelf(services).compile(spec)  # what the checker refuses is not measured
        made = bench(spec, services, reply=asking.reply)
        mode = Mode.parse(asking.mode, made.steps)
        history = _history(asking.history, mode)
        settings = {
            "corpus": corpus.name,
            "licence": corpus.licence,
            "split": split,
            "of": len(whole),
            "unit": asking.unit,
            "mode": mode.name,
            "history": history,
            "swap": dict(asking.swap),
            "drop": list(asking.drop),
            "limit": asking.limit,
            "seed": asking.seed,
        }
        folder = RunFolder(out)
        manifest = describe(made, services, items, settings)
        if resume and (out / "manifest.json").exists():
            folder.require_same(manifest)
            folder.tidy()
        else:
            folder.begin(manifest, [item.record() for item in items])
        way = Way(
            bench=made,
            space=LabelSpace(corpus),
            services=services,
            mode=mode,
            history=history,
            at_once=asking.at_once or (TALKING if asking.reply else READING),
        )
        asyncio.run(_run(items, way, folder, replace(version, spec=made.spec), console))
    finally:
        services.models.close()
    folder.tidy()
    folder.score(score(made.steps, folder.items(), folder.predictions(), way.space,
                       emitted(made.kits)))  # fmt: skip
    return folder


def _history(asked: str, mode: Mode) -> History:
    if asked in ("predicted", "gold", "none"):
        return asked  # type: ignore[return-value]  # narrowed by the line above
    if asked:
        raise ConfigError(f"the history {asked!r} is none of predicted, gold and none")
    return "gold" if mode.name == "gold" else "predicted"


async def _run(
    items: list[Item], way: Way, folder: RunFolder, version: Version, console: Console
) -> None:
    """Warm the models, then predict what is not there yet, with a bar that says how long."""
    known = {one["id"]: one for one in folder.predictions()}
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(), console=console,
    ) as progress:  # fmt: skip
        bar = progress.add_task("loading the models", total=len(items), completed=len(known))
        if len(known) < len(items):
            for notice in await warm(way.services, version):
                console.print(notice.reason, style="yellow", markup=False, highlight=False)
        progress.update(bar, description=f"{way.bench.spec.name} on {len(items)} items")

        def done(prediction: Prediction) -> None:
            folder.append(prediction)
            progress.advance(bar)

        try:
            await run(items, way, known, done)
        except BaseExceptionGroup as group:
            raise first_error(group) from None
