"""The bar of a work that takes long: how much is done, for how long, and how long still."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def progress(console: Console) -> Progress:
    """Return a bar that is shown on `console` while it is entered."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("gone,"), TimeRemainingColumn(), TextColumn("left"), console=console,
    )  # fmt: skip
