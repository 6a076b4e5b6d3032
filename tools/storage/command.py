"""`python -m tools key new | rotate` and `python -m tools store repair`."""

import asyncio
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tools.errors import ConfigError
from tools.storage.keys import SETTING, Keys, new_key
from tools.storage.opening import SETTING as STORE
from tools.storage.opening import is_postgres, open_storage, store_file

key = typer.Typer(help="Make and change the key of kept conversations.", no_args_is_help=True)
store = typer.Typer(help="Look after the store of kept conversations.", no_args_is_help=True)

Where = Annotated[str, typer.Option("--store", help=f"Instead of {STORE}.")]
MANY = 200
"""From how many rows on a progress bar is worth its place."""


@key.command()
def new() -> None:
    """Print a new key, and nothing else: `export ATTUNE_KEY=$(python -m tools key new)`."""
    typer.echo(new_key())


@key.command()
def rotate(where: Where = "") -> None:
    """Encrypt everything again with the first key of ATTUNE_KEY, or with a new one of the system's.

    Set ATTUNE_KEY to `new,old` first; afterwards the old key can go.
    """
    keys = Keys(os.environ.get(SETTING, ""))
    if keys.set:
        # Whoever moves from the system's key store to a setting has the older key there.
        keys.set = tuple(dict.fromkeys((*keys.set, *keys.stored())))
        if len(keys.set) < 2:
            raise ConfigError(
                f"{SETTING} holds one key alone: make a newer one with `python -m tools key new` "
                "and set both, as `new,old`"
            )
    elif not keys.stored():
        raise ConfigError(
            f"there is no key here that anything could be encrypted with: set {SETTING} to "
            "`new,old`"
        )
    typer.echo(asyncio.run(_rotate(where, keys)))


async def _rotate(where: str, keys: Keys) -> str:
    from tools.storage.store import TableStorage

    storage = open_storage(where, keys=keys)
    if not isinstance(storage, TableStorage):
        raise ConfigError(f"{STORE} is 'off': there is nothing to encrypt")
    await storage.open(existing=True)
    columns = (TextColumn("encrypting"), BarColumn(), MofNCompleteColumn())
    try:
        if not keys.set:
            keys.add()
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("", visible=False)
            changed = await storage.reseal(
                lambda done, of: progress.update(bar, completed=done, total=of, visible=of >= MANY)
            )
        count = await storage.count()
    finally:
        await storage.close()
    if not count:
        return (
            f"no conversation is kept in {storage.where}: before a key goes, see that this is the "
            f"store you mean, or name another with {STORE} or --store"
        )
    return (
        f"encrypted {changed} values again, of {count} conversations in {storage.where}; the older "
        "keys can go"
    )


@store.command()
def repair(where: Where = "") -> None:
    """Put a damaged file aside, and begin a new one with what can be read of it."""
    setting = (where or os.environ.get(STORE, "")).strip()
    if setting == "off" or is_postgres(setting):
        raise ConfigError("only a file is repaired here: Postgres comes with tools of its own")
    from tools.storage.repair import repair as repaired

    path = store_file(setting)
    done = repaired(path)
    if done is None:
        typer.echo(f"nothing is wrong with {path}")
        return
    typer.echo(f"the damaged file is {done.aside}; it goes with the next deletion")
    if not any(done.carried.values()):
        typer.echo(
            f"nothing of {path} could be read, and the new one is empty: bring back a copy of the "
            "file if you have one",
            err=True,
        )
        raise typer.Exit(1)
    typer.echo(f"carried over {done.carried['conversations']} conversations")
    if not done.carried["secrets"]:
        typer.echo(
            "whose they are could not be read: bring back a copy of the file if you have one"
        )
