"""`python -m ui`: the chat page, on this computer alone."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tools.command import run

app = typer.Typer(
    add_completion=False, help=__doc__, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.command()
def serve(
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    graph: Annotated[str, typer.Option(help="A graph, by name or file.")] = "support",
    port: Annotated[int, typer.Option(help="0 takes any free port.", min=0, max=65535)] = 7860,
    models: Annotated[Path | None, typer.Option(help="A models file of your own.")] = None,
    locale: Annotated[str, typer.Option(help="Language of the conversation, e.g. en.")] = "en",
) -> None:
    """Serve the chat page until Ctrl+C."""
    from graphs.services import assemble
    from ui.server import serve as serve_page

    services = assemble(profile, models=models)
    asyncio.run(serve_page(services, graph=graph, port=port, locale=locale))


if __name__ == "__main__":
    run(app)
