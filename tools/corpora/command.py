"""`python -m tools corpora list | check`."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tools.corpora.check import SplitCheck, check_split
from tools.corpora.corpus import Corpus
from tools.corpora.library import CORPORA, find_corpus
from tools.errors import DataError

app = typer.Typer(
    help="The corpora that you can bring, and what a folder of one holds.", no_args_is_help=True
)

NOT_RUN = "not run on the corpus"
"""How a loader is marked that was only built to the published format."""

_SHOWN = 20


@app.command("list")
def list_corpora() -> None:
    """List the corpora: licence, splits, what they have gold for, whether they were read."""
    table = Table()
    for column in ("name", "corpus", "licence", "splits", "gold", "checked"):
        table.add_column(column, overflow="fold")
    for corpus in CORPORA.values():
        table.add_row(
            corpus.name,
            corpus.title,
            corpus.licence,
            ", ".join(corpus.splits),
            ", ".join(corpus.steps),
            "yes" if corpus.checked else NOT_RUN,
        )
    Console().print(table)


@app.command()
def check(
    data: Annotated[
        str, typer.Option(metavar="NAME:DIR", help="A corpus and its folder, e.g. mesc:DIR.")
    ],
    split: Annotated[str, typer.Option(help="Only this one; else all that are there.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read a corpus to its end, count, and list all that is wrong; exit status 1 if anything is."""
    known, folder = find_corpus(data)
    if split:
        known.require_split(folder, split)
    splits = (split,) if split else known.splits_in(folder)
    if not splits:
        raise DataError(
            f"the folder {folder.name!r} holds no split of {known.title}; it must have one of "
            f"{', '.join(name for names in known.files.values() for name in names)}"
        )
    checks = {each: check_split(known, folder, each) for each in splits}
    if as_json:
        typer.echo(json.dumps(_summary(known, folder, checks), indent=1, ensure_ascii=False))
    else:
        _show(known, folder, checks)
    if any(found.wrong for found in checks.values()):
        raise typer.Exit(1)


def _summary(corpus: Corpus, folder: Path, checks: Mapping[str, SplitCheck]) -> dict[str, object]:
    return {
        "corpus": corpus.name,
        "title": corpus.title,
        "licence": corpus.licence,
        "checked": corpus.checked,
        "folder": folder.name,
        "not_there": _not_there(corpus, folder),
        "splits": {split: found.to_json() for split, found in checks.items()},
    }


def _not_there(corpus: Corpus, folder: Path) -> list[str]:
    there = corpus.splits_in(folder)
    return [split for split in corpus.splits if split not in there]


def _show(corpus: Corpus, folder: Path, checks: Mapping[str, SplitCheck]) -> None:
    console = Console(highlight=False)
    state = "" if corpus.checked else f" Loader: {NOT_RUN}."
    console.print(f"{corpus.title}, {corpus.citation}. Licence: {corpus.licence}.{state}")
    if lacking := _not_there(corpus, folder):
        console.print(f"Splits that are not there: {', '.join(lacking)}")
    console.print(_amounts(checks))
    console.print(_labels(checks))
    for split, found in checks.items():
        wrong = [f"unknown label: {what} ({n} times)" for what, n in found.of_kind("label").items()]
        if twice := sum(found.of_kind("id").values()):
            wrong.append(f"duplicate ids: {twice}")
        wrong += [*found.different, *([found.refused] if found.refused else [])]
        wrong += [str(trouble) for trouble in found.troubles[:_SHOWN]]
        if len(found.troubles) > _SHOWN:
            wrong.append(f"and {len(found.troubles) - _SHOWN} more places; --json lists them all")
        for line in wrong:
            console.print(f"{split}: {line}", style="red", markup=False, soft_wrap=True)
    if not any(found.wrong for found in checks.values()):
        console.print("nothing is wrong")


def _amounts(checks: Mapping[str, SplitCheck]) -> Table:
    table = Table("split", title="found (published)")
    for name in ("dialogues", "utterances", "merged turns", "clues", "clips", "clips missing"):
        table.add_column(name, justify="right")
    for split, found in checks.items():
        have, should = found.found, found.published
        table.add_row(
            split,
            _beside(have.dialogues, should.dialogues),
            _beside(have.utterances, should.utterances),
            _beside(have.turns, should.turns),
            f"{found.clues:,}",
            f"{found.media:,}",
            f"{found.missing:,}",
        )
    return table


def _beside(found: int | None, published: int | None) -> str:
    return f"{found:,} ({'-' if published is None else f'{published:,}'})"


def _labels(checks: Mapping[str, SplitCheck]) -> Table:
    table = Table("kind", "label", *checks, title="labels")
    for kind in dict.fromkeys(kind for found in checks.values() for kind in found.labels):
        counts = [found.labels.get(kind, Counter()) for found in checks.values()]
        together = sum(counts, Counter[str]())
        if any(together):
            for label, _ in together.most_common():
                table.add_row(kind, label or "(none)", *(f"{c[label]:,}" for c in counts))
    several = [found.several for found in checks.values()]
    if any(several):
        table.add_row("labels that differ", "(none kept)", *(f"{n:,}" for n in several))
    return table
