"""`python -m tools models list | check | card`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from tools.errors import ConfigError

if TYPE_CHECKING:
    from tools.checking.points import Report
    from tools.corpora.corpus import Corpus

app = typer.Typer(
    help="The models that there are: list, hold to their contract, print cards.",
    no_args_is_help=True,
)

Profile = Annotated[str, typer.Option(help="A profile of tools/models.yaml.")]
Models = Annotated[Path | None, typer.Option(help="A models file of your own.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_WIDE = 120
"""Columns of a table that goes into a file or a pipe."""

_COLOURS = {"ok": "green", "wrong": "red", "note": "yellow"}


@app.command("list")
def list_models(
    profile: Annotated[str, typer.Option(help="Only what this profile binds.")] = "",
    models: Models = None,
    as_json: AsJson = False,
) -> None:
    """Show the models: task, backend, whether the weights are here, licence, weight in fusion."""
    from tools.checking.shelf import shelf
    from tools.models import load_models

    rows = shelf(load_models(profile or "stub", models), bound=bool(profile))
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    titles = ("task", "model", "backend", "weights", "licence", "weight")
    whole = [Column(title, no_wrap=True) for title in titles[:3]]
    rest = [Column(title, overflow="fold") for title in titles[3:]]
    table = Table(*whole, *rest, box=SIMPLE, pad_edge=False)
    for row in rows:
        table.add_row(*(row[title] for title in titles))
    console = Console()
    console.width = console.width if console.is_terminal else max(console.width, _WIDE)
    console.print(table)


@app.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models; by default all that the profile binds.")
    ] = None,
    profile: Profile = "embedded",
    models: Models = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:DIR", help="Measure on this corpus too; may be repeated."),
    ] = None,
    split: Annotated[str, typer.Option(help="Its split; by default the one to choose by.")] = "",
    limit: Annotated[
        int, typer.Option(min=0, help="So many items at most, evenly spread; 0: all.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Hold models to the contract of their task; exit status 1 if anything is wrong.

    Inputs are made in code. What it takes is told and never a failure.
    """
    from tools.checking.check import check_model
    from tools.checking.scoring import measure, measures, require_measurable
    from tools.models import load_models
    from tools.quiet import hush

    hush()
    errors, reports, known = Console(stderr=True), [], load_models(profile, models)
    corpora = [_corpus(each, split) for each in data or []]
    for name in names or [] if corpora else []:
        require_measurable(name, known.config(name))
    for name in names or list(dict.fromkeys(known.names())):
        loaded = load_models(profile, models)  # nothing of the model before is counted as its own
        with errors.status(name) as status:
            report = check_model(loaded, name, lambda what: status.update(f"{name}: {what}"))  # noqa: B023
            config = loaded.config(name)
            for corpus, folder, chosen in corpora if report.passed and measures(config) else []:
                status.update(f"{name}: {corpus.title}")
                predict = loaded.backend(name).predict
                report.scores.append(
                    measure(predict, config, corpus, folder, chosen, limit or None)
                )
        loaded.close()
        reports.append(report)
        if not as_json:
            _show(report)
    if as_json:
        typer.echo(json.dumps([report.as_dict() for report in reports], indent=1))
    if not all(report.passed for report in reports):
        raise typer.Exit(1)


@app.command()
def card(
    names: Annotated[list[str] | None, typer.Argument(help="Models.")] = None,
    profile: Annotated[str, typer.Option(help="Every model that this profile binds.")] = "",
    models: Models = None,
    measured: Annotated[
        Path | None, typer.Option(help="What `check --json` printed, to go into the card.")
    ] = None,
) -> None:
    """Print the card of each model, as Markdown."""
    from tools.checking.card import card as written
    from tools.checking.card import read_measured
    from tools.models import load_models

    if not names and not profile:
        raise ConfigError("there is no model to print a card of; name one, or give --profile")
    loaded = load_models(profile or "stub", models)
    reports = read_measured(measured) if measured else {}
    wanted = [*(names or []), *(loaded.names() if profile else [])]
    cards = [written(loaded, name, reports.get(name)) for name in dict.fromkeys(wanted)]
    typer.echo("\n---\n\n".join(cards), nl=False)


def _corpus(given: str, split: str) -> tuple["Corpus", Path, str]:
    from tools.corpora.library import find_corpus

    corpus, folder = find_corpus(given)
    chosen = split or corpus.validation or corpus.splits[0]
    corpus.require_split(folder, chosen)
    return corpus, folder, chosen


def _show(report: "Report") -> None:
    console = Console()
    table = Table(
        Column("point", no_wrap=True), Column("", no_wrap=True), "", box=SIMPLE, pad_edge=False
    )
    for point in report.points:
        state = f"[{_COLOURS[point.state]}]{point.state}[/]"
        table.add_row(point.name, state, _plain(point.said))
    verdict = "keeps its contract" if report.passed else "does not keep its contract"
    console.print(f"[bold]{report.model}[/] ({report.task}, {report.backend}) {verdict}")
    console.print(table)
    measured = report.measured
    if measured.first_ms is not None:
        told = [f"first call {measured.first_ms:g} ms"]
        told += [
            f"{row.batch} at once {row.median_ms:g} ms an item (95th {row.p95_ms:g})"
            for row in measured.latency
        ]
        console.print(f"{'; '.join(told)}\n", highlight=False)
    for scores in report.scores:
        console.print_json(data=scores)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
