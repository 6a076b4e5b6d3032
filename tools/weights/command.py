"""`python -m tools weights list | get | verify`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.filesize import decimal
from rich.table import Column, Table

from tools.weights.fetching import fetch
from tools.weights.report import Shown
from tools.weights.store import Decision, State, Store

app = typer.Typer(help="Fetch and check the model weights.", no_args_is_help=True)

_COLOURS: dict[State, str] = {"ready": "green", "missing": "yellow", "damaged": "red"}
_NEEDS: dict[Decision, str] = {"": "", "trust": "--trust", "pickle": "--allow-pickle"}

Names = Annotated[list[str] | None, typer.Argument(help="Entries of weights.yaml.")]


@app.command("list")
def list_entries(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show every entry and whether its files are here, judged by size; `verify` hashes them."""
    store = Store()
    titles = ("name", "size", "licence", "sources", "state")
    table = Table(*(Column(title, no_wrap=True) for title in titles), box=SIMPLE, pad_edge=False)
    rows = []
    for name, entry in store.manifest.weights.items():
        size = sum(pin.size or 0 for pin in store.pins(name).values())
        state, needs = store.state(name), _NEEDS[store.undecided(name)]
        sources = [source.kind for source in entry.sources]
        rows.append(
            {
                "name": name,
                "about": entry.about,
                "size": size or None,
                "licence": entry.licence,
                "sources": sources,
                "state": state,
                "needs": needs,
            }
        )
        shown = f"[{_COLOURS[state]}]{state}[/]" + (f"\n{needs}" if needs else "")
        bytes_ = decimal(size) if size else "?"
        table.add_row(name, bytes_, entry.licence, "\n".join(sources), shown)
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    else:
        Console().print(table)


@app.command()
def get(
    names: Names = None,
    profile: Annotated[
        str | None, typer.Option(help="Fetch what this profile of models.yaml needs.")
    ] = None,
    models: Annotated[
        Path | None, typer.Option(help="A further models file, as in the other commands.")
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Take unpinned files of the named entries as they come.")
    ] = False,
    allow_pickle: Annotated[
        list[str] | None,
        typer.Option(help="Allow the pickles of this entry on this machine; may be repeated."),
    ] = None,
) -> None:
    """Fetch entries by name, or all that a profile needs; what is here is checked and kept."""
    if not names and not profile:
        raise typer.BadParameter("name an entry, or give --profile")
    store, report = Store(), Shown(Console(stderr=True))
    for name in allow_pickle or []:
        store.allow_pickle(name)
    for name in names or []:
        folder = fetch(store, name, trust=trust, report=report)
        report.say(f"{name}: ready in {folder}")
    if profile:
        from tools.models import load_models
        from tools.weights.profiles import fetch_profile

        if not fetch_profile(store, load_models(profile, models), report):
            raise typer.Exit(1)


@app.command()
def verify(names: Names = None) -> None:
    """Hash the files of the named entries, or of all that are here; exit 1 if one is damaged."""
    store, console = Store(), Console()
    damaged = False
    for name in names or store.manifest.weights:
        state = store.verify(name)
        damaged |= state == "damaged" or (state == "missing" and bool(names))
        if state != "missing" or names:
            console.print(f"{name}: [{_COLOURS[state]}]{state}[/]", highlight=False)
    if damaged:
        raise typer.Exit(1)


@app.command()
def pin(name: str) -> None:
    """Record the hashes of an entry that ships, after its files were made anew."""
    store = Store()
    for file, made in store.pin(name).items():
        Console().print(f"{file}: {made.sha256}", highlight=False)
