"""`python -m graphs judge RUN [RUN]`: score or compare the replies of runs by a rubric."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from graphs.progress import progress
from tools.command import console

out = console()
err = Console(stderr=True)


def judge(
    runs: Annotated[list[Path], typer.Argument(help="Run folders; two for a comparison.")],
    rubric: Annotated[str, typer.Option(help="multimood, esconv, epitome, vera_mh, or a file.")],
    judge: Annotated[
        str, typer.Option(help="A model for `respond` that took no part in the runs.")
    ],
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    models: Annotated[Path | None, typer.Option(help="A models file of your own.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many items, drawn singly; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Decides which items are drawn.")] = 0,
    human: Annotated[
        Path | None, typer.Option(help="Ratings of people, to report how well the judge agrees.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder of the judging; else one in the first run.")
    ] = None,
) -> None:
    """Let a language model judge the replies of runs, and keep every answer.

    What was answered is kept, so that the same command goes on after a kill. A comparison is asked
    in both orders, and a verdict that the order changes counts as a tie. A judge that took part in
    a run is refused.
    """
    from graphs.judging.run import Settings, carry_out

    settings = Settings(
        runs=runs, rubric=rubric, judge=judge, profile=profile, models=models, limit=limit,
        seed=seed, human=human, out=to,
    )  # fmt: skip
    with progress(err) as shown:
        bar = shown.add_task(f"{judge} answers", total=None)
        report = carry_out(
            settings,
            begun=lambda total: shown.update(bar, total=total),
            done=lambda: shown.advance(bar),
        )
    for grid in report.tables:
        out.print(grid.rich())
    for note in report.notes:
        out.print(f"{note}", highlight=False, markup=False, soft_wrap=True)
    err.print(f"written to {report.folder}", highlight=False, markup=False, soft_wrap=True)
