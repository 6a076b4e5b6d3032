"""`python -m ui`: the chat page, on this computer alone."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tools.command import run
from tools.logs import keep_words_out
from ui.gate.process import close_off
from ui.gate.users_command import app as users_app
from ui.rating.command import rate

app = typer.Typer(
    add_completion=False, help=__doc__, rich_markup_mode=None, pretty_exceptions_enable=False
)
app.add_typer(users_app, name="users")
app.command("rate")(rate)


@app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    graph: Annotated[str, typer.Option(help="A graph, by name or file.")] = "support",
    port: Annotated[int, typer.Option(help="0 takes any free port.", min=0, max=65535)] = 7860,
    models: Annotated[Path | None, typer.Option(help="A models file of your own.")] = None,
    locale: Annotated[str, typer.Option(help="Language of the conversation, e.g. en.")] = "en",
    audit: Annotated[
        Path | None, typer.Option(help="Folder of the audit log; else that of ATTUNE_AUDIT.")
    ] = None,
    deployment: Annotated[
        str,
        typer.Option(
            help="personal, workplace or education, else that of ATTUNE_DEPLOYMENT; at work and "
            "in education there is no camera."
        ),
    ] = "",
    handoff: Annotated[
        Path | None, typer.Option(help="The hand-off file; else that of ATTUNE_HANDOFF.")
    ] = None,
    store: Annotated[
        str,
        typer.Option(
            help="Where conversations are kept that people choose to keep: a file or folder, a "
            "postgresql:// address or off; else that of ATTUNE_STORE, else your data folder."
        ),
    ] = "",
    users: Annotated[
        Path | None,
        typer.Option(help="People sign in: the file that `python -m ui users` writes."),
    ] = None,
    oidc: Annotated[
        Path | None, typer.Option(help="People sign in: the file of an OpenID Connect provider.")
    ] = None,
    behind: Annotated[
        str, typer.Option(help="The public host name that a reverse proxy serves with https.")
    ] = "",
) -> None:
    """Serve the chat page until Ctrl+C."""
    if context.invoked_subcommand:
        return
    close_off()
    from graphs.services import assemble
    from tools.safety.handoff import open_handoff
    from ui.gate.gate import read_entry
    from ui.server import serve as serve_page

    entry, way = read_entry(behind, users, oidc), open_handoff(handoff)
    services = assemble(profile, models=models, audit=audit, deployment=deployment)
    asyncio.run(
        serve_page(
            services, graph=graph, port=port, locale=locale, handoff=way, store=store, entry=entry
        )
    )


if __name__ == "__main__":
    keep_words_out()
    run(app)
