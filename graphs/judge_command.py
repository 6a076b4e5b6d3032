"""`python -m graphs judge RUN [RUN]`: score or compare the replies of runs by a rubric."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

if TYPE_CHECKING:
    from tools.judging.tables import Rows

out = Console()
err = Console(stderr=True)


def judge(
    runs: Annotated[list[Path], typer.Argument(help="Run folders; two for a comparison.")],
    rubric: Annotated[str, typer.Option(help="multimood, esconv, epitome, vera_mh, or a file.")],
    judge: Annotated[
        str, typer.Option(help="A model for `respond` that took no part in the runs.")
    ],
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    models: Annotated[Path | None, typer.Option(help="A models file of your own.")] = None,
    limit: Annotated[int, typer.Option(help="How many items are drawn; 0 for all.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Decides which items are drawn.")] = 0,
    human: Annotated[
        Path | None, typer.Option(help="Ratings of people, to report how well the judge agrees.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="A folder; else one in that of the first run.")
    ] = None,
) -> None:
    """Let a language model judge the replies of runs, and keep every answer.

    What was answered is kept, so that the same command goes on after a kill. A comparison is asked
    in both orders, and a verdict that the order changes counts as a tie. A judge that took part in
    a run is refused.
    """
    from graphs.judged import Settings, carry_out

    settings = Settings(
        runs=runs, rubric=rubric, judge=judge, profile=profile, models=models, limit=limit,
        seed=seed, human=human, out=to,
    )  # fmt: skip
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("answers,"),
        TimeElapsedColumn(), TextColumn("gone,"), TimeRemainingColumn(), TextColumn("to go"),
        console=err, transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task(f"{judge} judges", total=None)
        report = carry_out(
            settings,
            begun=lambda total: progress.update(task, total=total),
            done=lambda: progress.advance(task),
        )
    for rows in report.tables:
        out.print(_table(rows))
    for note in report.notes:
        out.print(f"{note}", highlight=False, markup=False, soft_wrap=True)
    err.print(f"written to {report.folder}", highlight=False, markup=False, soft_wrap=True)


def _table(rows: "Rows") -> Table:
    table = Table(box=SIMPLE, pad_edge=False, title=rows.title, title_justify="left")
    for place, name in enumerate(rows.head):
        table.add_column(name, justify="right" if place else "left")
    for line in rows.body:
        table.add_row(*line)
    return table
