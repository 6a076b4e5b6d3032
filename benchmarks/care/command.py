"""The command line of the measurement: `python -m benchmarks care`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.care import tables
from benchmarks.care.arms import ALONE_OWN, ARMS, base_model, open_arm, own_model
from benchmarks.care.fixed_set import Talk, digest, read_talks
from benchmarks.care.runs import Run
from benchmarks.care.scores import score, speed
from benchmarks.care.sheets import Kind, write_sheet
from benchmarks.care.talking import hold_all, time_turns
from tools.errors import ConfigError, UnknownName

app = typer.Typer(
    add_completion=False, help="Measure whether the answers are worth reading.",
    rich_markup_mode=None, pretty_exceptions_enable=False,
)  # fmt: skip
OUT = Path("build/care")
PAGE = Path(__file__).parents[2] / "docs" / "care.md"

_Run = Annotated[Path, typer.Argument(help="A run folder.")]


@app.callback(invoke_without_command=True)
def care(
    context: typer.Context,
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    graph: Annotated[str, typer.Option(help="The graph of the arms that have one.")] = "support",
    base: Annotated[str, typer.Option(help="The model of the arm `alone`.")] = "",
    models: Annotated[Path | None, typer.Option(help="A models file of your own.")] = None,
    arms: Annotated[str, typer.Option(help="Which arms, with commas between.")] = ",".join(ARMS),
    limit: Annotated[int, typer.Option(min=0, help="Conversations, and openings; 0: all.")] = 0,
    concurrent: Annotated[int, typer.Option(min=1, max=16, help="How many at once.")] = 4,
    latency: Annotated[int, typer.Option(min=0, help="Turns that are timed alone.")] = 0,
    out: Annotated[Path, typer.Option(help="The run folder; an unfinished run goes on.")] = OUT,
) -> None:
    """Hold the fixed conversations with every arm, and print what can be counted."""
    if context.invoked_subcommand is not None:
        return
    wanted = [name.strip() for name in arms.split(",") if name.strip()]
    for name in wanted:
        if name not in ARMS:
            raise UnknownName("arm", name, ARMS)
    run, talks = Run(out), _limited(read_talks(), limit)
    run.begin(digest(), profile)
    whole = frozenset(run.keep_whole(read_talks()))
    console = Console()
    for name in wanted:
        asyncio.run(
            _hold(name, run, talks, whole, profile, graph, base, models, concurrent, latency,
                  console)
        )  # fmt: skip
    _print(run, console)


@app.command()
def sheet(
    run: _Run,
    kind: Annotated[str, typer.Option(help="adherence or preference.")] = "adherence",
    n: Annotated[int, typer.Option(min=0, help="Replies or pairs; 0 for all.")] = 60,
    seed: Annotated[int, typer.Option(help="Decides the draw and the order.")] = 0,
    arms: Annotated[str, typer.Option(help="Which arms, with commas between.")] = "",
) -> None:
    """Write a blind sheet for a judge, with the task beside it; the key stays in the run."""
    kinds: dict[str, Kind] = {"adherence": "adherence", "preference": "preference"}
    if kind not in kinds:
        raise UnknownName("kind of sheet", kind, kinds)
    chosen = tuple(name.strip() for name in arms.split(",") if name.strip())
    path = write_sheet(Run(run), kinds[kind], n=n, seed=seed, arms=chosen)
    typer.echo(f"{path}; the task stands in {path.with_suffix('.md').name}")


@app.command()
def judge(
    file: Annotated[Path, typer.Argument(help="A sheet that was filled in.")],
    name: Annotated[str, typer.Option("--judge", help="Who judged: a person, or a model.")],
    run: Annotated[Path | None, typer.Option(help="The run; else the folder of the sheet.")] = None,
) -> None:
    """Take in a filled-in sheet and print what it says."""
    from benchmarks.care.judgements import judgements
    from benchmarks.care.judging import read_labels, take_labels

    of = Run(run or file.resolve().parent.parent)
    labels = take_labels(of, file, name)
    same = [found for found in read_labels(of) if found["sheet"] == labels["sheet"]]
    typer.echo(judgements(of.rows(), same, None))


@app.command("score")
def show_scores(run: _Run) -> None:
    """Print what can be counted in a run."""
    _print(Run(run), Console())


@app.command("classify")
def classify_replies(
    run: _Run,
    profile: Annotated[str, typer.Option(help="The profile with the encoder.")] = "embedded",
) -> None:
    """Let a classifier that learnt from the examples name the strategy of every reply."""
    from benchmarks.care.classifier import classify
    from benchmarks.care.judgements import judgements
    from graphs.services import assemble
    from tools.examples.rows import read_examples

    services = assemble(profile)
    try:
        found = asyncio.run(classify(Run(run), read_examples(), services))
    finally:
        services.models.close()
    typer.echo(judgements([], [], found))


@app.command()
def report(
    run: _Run,
    out: Annotated[Path, typer.Option(help="The page.")] = PAGE,
    show: Annotated[str, typer.Option(help="Conversations side by side.")] = "ferry,choir,tablet",
) -> None:
    """Write the page about a run; `explanations.yaml` in the run says why replies are bad."""
    from benchmarks.care.page import write_page

    shown = [name.strip() for name in show.split(",") if name.strip()]
    talks = read_talks()
    for name in shown:
        if name not in {talk.id for talk in talks}:
            raise UnknownName("conversation", name, (talk.id for talk in talks))
    missing = write_page(Run(run), talks, out, shown)
    typer.echo(f"{out.name} is written; {len(missing)} replies wait for an explanation")


async def _hold(
    name: str, run: Run, talks: list[Talk], whole: frozenset[tuple[str, str]], profile: str,
    graph: str, base: str, models: Path | None, concurrent: int, latency: int, console: Console,
) -> None:  # fmt: skip
    arm = await open_arm(name, profile, graph=graph, base=base, models=models)
    try:
        if name == ALONE_OWN and own_model(arm.services) == base_model(arm.services, base):
            console.print("alone_own is left out: the graph's own model is that of `alone`")
            return
        run.enter(name, arm.facts)
        timed = sum(row["arm"] == name for row in run.latency())
        if timed < latency:
            await time_turns(arm, talks, run, latency - timed)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeRemainingColumn(), console=console,
        ) as progress:  # fmt: skip
            done = sum((name, talk.id) in whole for talk in talks)
            bar = progress.add_task(f"{name}, conversations", total=len(talks), completed=done)
            await hold_all(
                arm, talks, run, concurrent=concurrent, done=whole,
                told=lambda _: progress.advance(bar),
            )  # fmt: skip
    finally:
        arm.close()


def _limited(talks: list[Talk], limit: int) -> list[Talk]:
    if not limit:
        return talks
    long = [talk for talk in talks if talk.probe is not None]
    return [*long[:limit], *[talk for talk in talks if talk.probe is None][:limit]]


def _print(run: Run, console: Console) -> None:
    rows = run.rows()
    if not rows:
        raise ConfigError(f"the run {run.folder.name!r} holds no reply yet; run an arm first")
    console.print(tables.shown([*score(rows, read_talks()), *speed(run.latency())]))
