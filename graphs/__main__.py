"""`python -m graphs`: check, draw, run, explain and evaluate graphs from the terminal."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from graphs import audit_command, handoff_command
from graphs.evaluation import command as evaluation
from graphs.judging.command import judge
from graphs.simulation.command import simulate
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
DeploymentOption = Annotated[
    str,
    typer.Option(
        help="personal, workplace or education, else that of ATTUNE_DEPLOYMENT; at work and in "
        "education no emotion is read from a face or a voice."
    ),
]


app.add_typer(audit_command.app, name="audit")
app.add_typer(handoff_command.app, name="handoff")
app.command()(evaluation.evaluate)
app.command()(evaluation.compare)
app.command()(evaluation.report)
app.command()(evaluation.ablate)
app.command()(simulate)
app.command()(judge)


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Graph files, or names of graphs.")],
    profile: ProfileOption = "embedded",
    models: ModelsOption = None,
    deployment: DeploymentOption = "",
) -> None:
    """Say what is wrong with graph files, or that they can be used."""
    from graphs.check import problems
    from graphs.deployment import deploy, find_deployment
    from graphs.spec import find_graph, read_graph
    from tools.models import load_models

    loaded, place = load_models(profile, models), find_deployment(deployment)
    bad = 0
    for name in files:
        try:
            found = problems(deploy(read_graph(find_graph(name)), place), loaded)
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
    deployment: DeploymentOption = "",
) -> None:
    """Print a graph as Mermaid, or draw it into an SVG or PNG file."""
    from graphs.check import require
    from graphs.deployment import deploy, find_deployment
    from graphs.draw import mermaid, picture
    from graphs.spec import find_graph, read_graph

    spec = deploy(read_graph(find_graph(name)), find_deployment(deployment))
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
        Path | None,
        typer.Option(exists=True, help="A recording of a voice; its sound alone is used."),
    ] = None,
    video: Annotated[
        Path | None,
        typer.Option(
            exists=True, help="A video or a photo of a face; its pictures alone are used."
        ),
    ] = None,
    graph: Annotated[str, typer.Option(help="A graph, by name or file.")] = "support",
    profile: ProfileOption = "embedded",
    locale: Annotated[str, typer.Option(help="Language of the conversation, e.g. en.")] = "en",
    country: Annotated[str, typer.Option(help="Country for crisis resources, e.g. US.")] = "",
    models: ModelsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the turn as JSON.")] = False,
    deployment: DeploymentOption = "",
) -> None:
    """Talk with a graph, or run one turn for a script.

    Giving a file is consent to its use in that one turn, as a voice or as a face. For both, give
    one video as --audio and as --video.
    """
    from graphs.terminal import Terminal

    terminal = Terminal(
        graph=graph, profile=profile, models=models, locale=locale, country=country,
        deployment=deployment, console=out, errors=err,
    )  # fmt: skip
    if say is None and audio is None and video is None:
        asyncio.run(terminal.talk())
        return
    report = asyncio.run(terminal.once(say or "", audio, video, show=not as_json))
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))


@app.command()
def screen(
    file: Annotated[Path, typer.Argument(help="JSON lines, or CSV with a head.")],
    text: Annotated[str, typer.Option(help="The field of the message.")] = "text",
    label: Annotated[str, typer.Option(help="The field that says whether there is danger.")] = "",
    only: Annotated[str, typer.Option(help="Take only rows where FIELD=VALUE.")] = "",
    by: Annotated[
        list[str] | None,
        typer.Option(help="A field by whose values the rates are told apart; may be repeated."),
    ] = None,
    profile: ProfileOption = "embedded",
    models: ModelsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    rows_out: Annotated[
        Path | None, typer.Option("--rows", help="Write what was found in each row, as JSON lines.")
    ] = None,
) -> None:
    """Measure the screen on a file of messages or conversations.

    A row may hold earlier messages under `before`, or a whole conversation under `turns`, which
    runs with the replies of the protocol and is slow. Values such as 0, none, no and false in the
    label field mean that there is no danger. Intervals are Wilson's at 95 %.
    """
    from graphs.rates import report
    from graphs.screening import read_messages, screen_rows
    from graphs.services import assemble
    from graphs.tables import screening_table

    key, _, value = only.partition("=")
    rows = [row for row in read_messages(file) if not only or str(row.get(key)) == value]
    screened = asyncio.run(
        screen_rows(rows, assemble(profile, models=models), text=text, label=label, by=by or ())
    )
    if rows_out is not None:
        lines = (json.dumps(asdict(row), ensure_ascii=False) for row in screened)
        rows_out.write_text("\n".join(lines) + "\n", "utf-8")
    found = report(screened)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        out.print(screening_table(found))


@app.command()
def chats(
    out: Annotated[Path, typer.Argument(help="The JSON-lines file to write.")],
    prompt: Annotated[str, typer.Option(help="The prompt file to lay them out by.")] = (
        "respond_tuned"
    ),
    examples: Annotated[Path | None, typer.Option(help="Another file of examples.")] = None,
    seed: Annotated[int, typer.Option(help="Decides which feelings are left out.")] = 0,
) -> None:
    """Lay the counselling examples out as chats, to tune a language model on them."""
    from agents.prompt import read_prompt
    from graphs.chats import write
    from tools.examples.rows import SOURCE, read_examples

    count = write(read_examples(examples or SOURCE), read_prompt(prompt), out, seed)
    Console().print(f"{count} chats in {out}", highlight=False)


@app.command()
def protocol(
    graph: Annotated[str, typer.Option(help="A graph, by name or file.")] = "support",
    profile: ProfileOption = "embedded",
    models: ModelsOption = None,
    deployment: DeploymentOption = "",
) -> None:
    """Print the safety protocol of a configuration as Markdown, to be published.

    Whether there is an audit log or a hand-off to people is taken from ATTUNE_AUDIT and
    ATTUNE_HANDOFF.
    """
    from graphs.protocol.page import find_setting
    from graphs.protocol.page import protocol as written

    setting = find_setting(graph, profile, models=models, deployment=deployment)
    typer.echo(written(setting), nl=False)


if __name__ == "__main__":
    run(app)
