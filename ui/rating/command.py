"""`python -m ui rate`: let people rate replies, blind, and see what came of it."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tools.errors import ConfigError, UnknownName
from ui.gate.process import close_off


def rate(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(help="Run folders of `python -m graphs evaluate`; two for a comparison."),
    ] = None,
    rubric: Annotated[str, typer.Option(help="A rubric, by name or file.")] = "esconv",
    out: Annotated[
        Path, typer.Option(help="Where ratings are written, behind those that stand there.")
    ] = Path("ratings.jsonl"),
    items: Annotated[int, typer.Option(help="How many items are drawn, at most.", min=1)] = 50,
    seed: Annotated[int, typer.Option(help="Of the items, their order and the sides.")] = 0,
    port: Annotated[int, typer.Option(help="0 takes any free port.", min=0, max=65535)] = 7861,
    country: Annotated[
        str, typer.Option(help="Whose help lines raters see first, e.g. GB; they can change it.")
    ] = "",
    behind: Annotated[
        str, typer.Option(help="The public host name that a reverse proxy serves with https.")
    ] = "",
    summary: Annotated[
        Path | None, typer.Option(help="Print what a ratings file says, and serve nothing.")
    ] = None,
) -> None:
    """Serve the rating page until Ctrl+C, or print what came of it."""
    if summary is not None:
        from ui.rating.summary import summarise

        if runs:
            raise ConfigError("--summary takes a ratings file and no runs; leave the runs out")
        typer.echo(summarise(summary))
        return
    if not runs:
        raise ConfigError(
            "there is nothing to rate; give run folders, or a ratings file by --summary"
        )
    close_off()
    from graphs.evaluation.folder import RunFolder
    from tools.judging.rubrics import find_rubric
    from tools.phrases import DEFAULT, load_phrases
    from ui.help import countries
    from ui.rating.app import RatingPage
    from ui.rating.ledger import Ledger
    from ui.rating.server import serve
    from ui.rating.study import Study

    codes = [code for _, code in countries() if code]
    if country and country.upper() not in codes:
        raise UnknownName("country with help lines", country, codes)
    replied = [RunFolder.open(folder).replies() for folder in runs]
    study = Study(replied, find_rubric(rubric), items=items, seed=seed)
    page = RatingPage(
        study,
        Ledger(out),
        load_phrases().for_locale(DEFAULT),
        country=country.upper(),
        behind=behind,
    )
    same = f" {study.alike} of them are the same, word for word." if study.alike else ""
    note = f"{study.extent} {len(study.items)} are drawn.{same} Ratings go to {str(out)!r}.\n"
    asyncio.run(serve(page, port=port, note=note))
