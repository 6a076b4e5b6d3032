"""How every command line of the project ends."""

import sys
from collections.abc import Callable

from rich.console import Console

from tools.errors import AttuneError


def console() -> Console:
    """Return standard output; a pipe or a file is taken to be wide enough for any table."""
    return Console(width=None if sys.stdout.isatty() else 160)


def run(app: Callable[[], object]) -> None:
    """Run a command line; what is wrong comes as one sentence and exit status 2."""
    try:
        app()
    except AttuneError as error:
        Console(stderr=True).print(
            str(error), style="red", markup=False, highlight=False, soft_wrap=True
        )
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
