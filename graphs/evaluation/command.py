"""`python -m graphs evaluate | compare | report | ablate`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tools import journal
from tools.command import console

Graph = Annotated[str, typer.Option(help="A graph, by name or file.")]
Data = Annotated[
    str, typer.Option(metavar="NAME:DIR", help="A corpus and its folder, e.g. mesc:DIR.")
]
Split = Annotated[str, typer.Option(help="A split of the corpus; else its validation split.")]
UnitOption = Annotated[
    str,
    typer.Option(help="turns (all that is said until the answer) or utterances (lines)."),
]
ModeOption = Annotated[
    str, typer.Option(help="predicted, gold (every step is given), or oracle:STEP (one is).")
]
HistoryOption = Annotated[
    str,
    typer.Option(help="Labels of earlier turns that are told: predicted, gold or none."),
]
Profile = Annotated[str, typer.Option(help="A profile of tools/models.yaml.")]
Models = Annotated[Path | None, typer.Option(help="A models file of your own.")]
Limit = Annotated[int, typer.Option(min=0, help="About so many items, in whole dialogues; 0: all.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides the draw, and all chance in the models.")]
Reply = Annotated[
    bool, typer.Option("--reply/--labels", help="Write replies too, or score the labels alone.")
]
Part = Annotated[
    bool, typer.Option("--part", help="The folder holds a part of the corpus, on purpose.")
]
AtOnce = Annotated[int, typer.Option(min=0, help="Dialogues at the same time; 0: as suits.")]

out_console = console()
err_console = Console(stderr=True)


def evaluate(
    graph: Graph,
    data: Data,
    split: Split = "",
    unit: UnitOption = "turns",
    mode: ModeOption = "predicted",
    history: HistoryOption = "",
    profile: Profile = "embedded",
    models: Models = None,
    swap: Annotated[
        list[str] | None,
        typer.Option(metavar="NODE=MODEL", help="Another model in this run; may be repeated."),
    ] = None,
    drop: Annotated[
        str, typer.Option(help="Nodes or modalities, all left out of this run: face,voice")
    ] = "",
    reply: Reply = True,
    limit: Limit = 0,
    seed: Seed = 0,
    at_once: AtOnce = 0,
    part: Part = False,
    bertscore: Annotated[
        str, typer.Option(help="MODEL:LAYER for BERTScore, e.g. all-minilm-l6-v2:5.")
    ] = "",
    wordnet: Annotated[
        Path | None, typer.Option(help="Folder of WordNet, for METEOR with synonyms.")
    ] = None,
    perplexity: Annotated[
        bool, typer.Option("--perplexity", help="Let the responder's model score the references.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; else one in runs/.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run.")] = False,
) -> None:
    """Run a graph over a corpus, score every step, and keep the run in a folder.

    Nobody is answered here: the screens grade but lead nobody away, and the patterns of a dialogue
    are left out.
    """
    from graphs.evaluation.asking import Asking, run_name, swaps
    from graphs.evaluation.asking import unit as known_unit
    from graphs.evaluation.evaluating import evaluate as run
    from graphs.evaluation.further import Further
    from graphs.evaluation.tables import show

    asking = Asking(
        graph=graph, data=data, split=split, unit=known_unit(unit), mode=mode, history=history,
        profile=profile, models=models, swap=swaps(swap or []), drop=_parts(drop), reply=reply,
        limit=limit, seed=seed, at_once=at_once, part=part, perplexity=perplexity,
        further=Further(bertscore, wordnet),
    )  # fmt: skip
    folder = run(asking, out or Path("runs") / run_name(asking), err_console, resume=resume)
    show(folder, out_console)


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders; the first is the baseline.")],
    draws: Annotated[int, typer.Option(min=100, help="Bootstrap draws.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    out: Annotated[Path | None, typer.Option(help="A file to write as well, in Markdown.")] = None,
) -> None:
    """Compare runs on the items that they share, with paired intervals over dialogues."""
    from graphs.evaluation.comparing import compare as compared
    from graphs.evaluation.folder import RunFolder
    from graphs.evaluation.reporting import ELSEWHERE
    from graphs.evaluation.tables import comparison_grids

    found = compared([RunFolder.open(run) for run in runs], draws=draws, seed=seed)
    grids = comparison_grids(found)
    for grid in grids:
        out_console.print(grid.rich())
    if out is not None:
        with journal.writing(f"the comparison {out.name!r}", ELSEWHERE):
            journal.replace(out, "".join(grid.markdown() for grid in grids))


def report(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report; else report/ in the run.")
    ] = None,
) -> None:
    """Write a run's report as Markdown with pictures: confusion, calibration, classes, latency."""
    from graphs.evaluation.folder import RunFolder
    from graphs.evaluation.reporting import write_report

    file = write_report(RunFolder.open(run), out or run / "report")
    out_console.print(f"wrote {file.parent.name}/{file.name}", highlight=False)


def ablate(
    graph: Graph,
    data: Data,
    drop_each: Annotated[
        str, typer.Option(help="Nodes or modalities, a run without each: face,voice,clue")
    ] = "",
    swap_each: Annotated[
        list[str] | None,
        typer.Option(metavar="NODE=MODEL", help="A run with each other model; may be repeated."),
    ] = None,
    together: Annotated[
        bool, typer.Option("--together", help="Run every combination, not each alone.")
    ] = False,
    split: Split = "",
    unit: UnitOption = "turns",
    mode: ModeOption = "predicted",
    history: HistoryOption = "",
    profile: Profile = "embedded",
    models: Models = None,
    reply: Reply = True,
    limit: Limit = 0,
    seed: Seed = 0,
    at_once: AtOnce = 0,
    part: Part = False,
    out: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs/ablation"),
) -> None:
    """Run a graph whole, then without each part and with each other model, and compare.

    A grid that was broken off goes on where it was. Every run writes its replies, unless --labels
    is given.
    """
    from graphs.evaluation.ablation import cells, run_grid
    from graphs.evaluation.asking import Asking, swaps
    from graphs.evaluation.asking import unit as known_unit
    from graphs.evaluation.comparing import compare as compared
    from graphs.evaluation.tables import comparison_grids

    asking = Asking(
        graph=graph, data=data, split=split, unit=known_unit(unit), mode=mode, history=history,
        profile=profile, models=models, reply=reply, limit=limit, seed=seed, at_once=at_once,
        part=part,
    )  # fmt: skip
    swapped = [swaps([one]) for one in swap_each or []]
    found = cells(asking, _parts(drop_each), swapped, together=together)
    runs = run_grid(found, out, err_console)
    for grid in comparison_grids(compared(runs)):
        out_console.print(grid.rich())


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
