"""`python -m graphs`: check, draw and run graphs from the terminal."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from tools.command import run
from tools.errors import AttuneError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help=__doc__, rich_markup_mode=None,
    pretty_exceptions_enable=False,
)  # fmt: skip
out = Console()
err = Console(stderr=True)

ProfileOption = Annotated[str, typer.Option(help="A profile of tools/models.yaml.")]
ModelsOption = Annotated[Path | None, typer.Option(help="A models file of your own.")]


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Graph files, or names of graphs.")],
    profile: ProfileOption = "embedded",
    models: ModelsOption = None,
) -> None:
    """Say what is wrong with graph files, or that they can be used."""
    from graphs.check import problems
    from graphs.spec import find_graph, read_graph
    from tools.models import load_models

    loaded = load_models(profile, models)
    bad = 0
    for name in files:
        try:
            found = problems(read_graph(find_graph(name)), loaded)
        except AttuneError as error:
            found = [str(error)]
        bad += bool(found)
        out.print(f"{name}: {'ok' if not found else 'cannot be used'}", highlight=False)
        for problem in found:
            out.print(f"  - {escape(problem)}", highlight=False, soft_wrap=True)
    raise typer.Exit(bool(bad))


@app.command()
def draw(
    name: Annotated[str, typer.Argument(help="A graph, by name or file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="An .svg or .png file.")
    ] = None,
) -> None:
    """Print a graph as Mermaid, or draw it into an SVG or PNG file."""
    from graphs.check import require
    from graphs.draw import mermaid, picture
    from graphs.spec import find_graph, read_graph

    spec = read_graph(find_graph(name))
    require(spec)
    if output is None:
        typer.echo(mermaid(spec), nl=False)
    else:
        picture(spec, output)
        err.print(f"drew {spec.name} into {output.name}", highlight=False)


@app.command()
def chat(
    say: Annotated[str | None, typer.Option(help="Say one thing and leave.")] = None,
    audio: Annotated[
        Path | None, typer.Option(help="A recording of a voice; its sound alone is used.")
    ] = None,
    video: Annotated[
        Path | None, typer.Option(help="A video or a photo of a face; its pictures alone are used.")
    ] = None,
    graph: Annotated[str, typer.Option(help="A graph, by name or file.")] = "support",
    profile: ProfileOption = "embedded",
    locale: Annotated[str, typer.Option(help="Language of the conversation, e.g. en.")] = "en",
    country: Annotated[str, typer.Option(help="Country for crisis resources, e.g. US.")] = "",
    models: ModelsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the turn as JSON.")] = False,
) -> None:
    """Talk with a graph, or run one turn for a script.

    Giving a file is consent to its use in that one turn, as a voice or as a face. For both, give
    one video as --audio and as --video.
    """
    from graphs.terminal import Terminal

    terminal = Terminal(
        graph=graph, profile=profile, models=models, locale=locale, country=country,
        console=out, errors=err,
    )  # fmt: skip
    if say is None and audio is None and video is None:
        asyncio.run(terminal.talk())
        return
    report = asyncio.run(terminal.once(say or "", audio, video, show=not as_json))
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    run(app)
