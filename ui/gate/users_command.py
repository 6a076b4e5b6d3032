"""`python -m ui users`: who may sign in."""

from pathlib import Path
from typing import Annotated

import typer

from ui.gate.accounts import Accounts

app = typer.Typer(help=__doc__, rich_markup_mode=None, no_args_is_help=True)

File = Annotated[Path, typer.Option("--users", help="The users file.")]
Name = Annotated[str, typer.Argument(help="The name to sign in with.")]
HERE = Path("users.yaml")


@app.command()
def add(name: Name, users: File = HERE) -> None:
    """Add somebody, or give them another password; it is asked for twice and never shown."""
    accounts = Accounts(users, new=True)
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    accounts.put(name, password)
    typer.echo(f"{name} can sign in now.")


@app.command()
def remove(name: Name, users: File = HERE) -> None:
    """Remove somebody; what is kept of their conversations stays until it expires."""
    Accounts(users).remove(name)
    typer.echo(f"{name} cannot sign in any more.")


@app.command("list")
def names(users: File = HERE) -> None:
    """List everybody who can sign in."""
    for name in Accounts(users).names:
        typer.echo(name)
