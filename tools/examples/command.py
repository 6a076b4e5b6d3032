"""`python -m tools examples check | coverage | card | add | list | drop`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tools.errors import ConfigError
from tools.examples.rows import SOURCE, ExampleRow, own_folder, parse_rows, read_examples, sources

app = typer.Typer(help="Check the counselling examples, and bring your own.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A JSON-lines file; the one that ships by default.")]


@app.command()
def check(file: File = SOURCE) -> None:
    """List all that is wrong with a file of examples that are to ship; exit status 1 if any."""
    from tools.examples.check import check as all_wrong
    from tools.safety.policy import load_policy

    found = all_wrong(file, load_policy())
    for trouble in found:
        typer.echo(str(trouble))
    if found:
        typer.echo(f"{len(found)} problems", err=True)
        raise typer.Exit(1)
    typer.echo(f"{file.name}: nothing is wrong with {len(read_examples(file))} examples")


@app.command()
def coverage(file: File = SOURCE) -> None:
    """Show how the examples spread over strategies, emotions, problems and stages."""
    from tools.examples.coverage import SHORT, STRATEGIES, spreads

    rows = [row for _, row in parse_rows(file)]
    console = Console()
    for spread in spreads(rows):
        table = Table(spread.title, title=f"{len(rows)} examples by strategy and {spread.title}")
        for strategy in STRATEGIES:
            table.add_column(SHORT.get(strategy, strategy), justify="right")
        table.add_column("all", justify="right")
        for label in spread.labels:
            counts = spread.row(label)
            shown = [str(count) if count else "[red]0[/]" for count in counts]
            table.add_row(label, *shown, str(sum(counts)))
        console.print(table)
        console.print(f"empty: {', '.join(spread.empty) or 'none'}\n", highlight=False)


@app.command()
def card(file: File = SOURCE) -> None:
    """Write the figures of the examples into their card."""
    from tools.examples.card import CARD, fill

    fill(CARD, [row for _, row in parse_rows(file)])
    typer.echo(f"wrote the figures of {file.name} into {CARD.name}")


@app.command()
def add(
    path: Annotated[Path, typer.Argument(help="A JSONL or CSV file, or the folder of a corpus.")],
    format: Annotated[
        str, typer.Option(help="auto, jsonl, csv, esconv, mesc, escot or annomi.")
    ] = "auto",
    licence: Annotated[
        str, typer.Option(help="Of rows that name none; of a corpus, if you have another.")
    ] = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Add nothing if anything is malformed.")
    ] = False,
) -> None:
    """Add examples of your own; they are kept in your user folder or in ATTUNE_EXAMPLES."""
    from tools.examples.adding import Format
    from tools.examples.adding import add as add_source
    from tools.safety.policy import load_policy

    if format not in get_args(Format):
        raise ConfigError(f"unknown format {format!r} (known: {', '.join(get_args(Format))})")
    with _bar() as progress:

        def watch(rows: Iterable[ExampleRow]) -> Iterator[ExampleRow]:
            yield from progress.track(rows, total=None, description=f"reading {path.name}")

        added = add_source(
            path,
            load_policy(),
            format=cast(Format, format),
            licence=licence,
            strict=strict,
            watch=watch,
        )
    for trouble in added.troubles:
        typer.echo(str(trouble), err=True)
    for why, count in added.left_out.most_common():
        typer.echo(f"left out {count}: {why}", err=True)
    if not added.written:
        typer.echo(f"nothing was added: {len(added.troubles)} problems, and --strict", err=True)
        raise typer.Exit(1)
    licences = Counter(row.licence for row in added.rows)
    typer.echo(
        f"{'replaced' if added.replaced else 'added'} {added.name!r}: {len(added.rows)} examples "
        f"({', '.join(f'{count} {name}' for name, count in licences.items())}); "
        f"{len(added.troubles)} malformed"
    )


@app.command("list")
def list_sources() -> None:
    """Show the sources, what they hold, and under which licences."""
    table = Table("source", "examples", "licences")
    for file in sources():
        rows = read_examples(file)
        licences = Counter(row["licence"] for row in rows)
        shown = ", ".join(f"{name} ({count})" for name, count in licences.items())
        table.add_row("attune" if file == SOURCE else file.stem, str(len(rows)), shown)
    Console().print(table)
    typer.echo(f"your own: {own_folder()}")


@app.command()
def drop(name: Annotated[str, typer.Argument(help="A source that `list` shows.")]) -> None:
    """Remove a source of your own."""
    from tools.examples.adding import drop as drop_source

    drop_source(name)
    typer.echo(f"dropped {name!r}")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
