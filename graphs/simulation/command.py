"""`python -m graphs simulate`: made dialogues between a played seeker and a graph."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from graphs.keeping.saver import Saver
from graphs.progress import progress
from graphs.services import assemble
from graphs.shelf import Shelf
from graphs.simulation.agenda import FEWEST
from graphs.simulation.corpora import FILES
from graphs.simulation.dialogue import Supporter
from graphs.simulation.folder import SimulationFolder
from graphs.simulation.manifest import Asked, manifest_of
from graphs.simulation.outcome import write_out
from graphs.simulation.profiles import FILE, read_seekers
from graphs.simulation.run import Simulation, simulate_all
from graphs.simulation.seeker import fixed, host_of, read_seeker_prompt
from graphs.simulation.summary import NOTE, Summary, table
from graphs.warm import warm
from tools.chat import ChatRequest, Message
from tools.command import console
from tools.errors import ConfigError, ModelError

FROZEN_S = 1_800_000_000.0
"""When every dialogue takes place, in seconds since 1970. The clock stands still meanwhile, so that
a slow machine brings no reminders that a fast one does not."""

_SAME = (
    "the seeker is the model that also writes the supporter's replies, so that one model talks "
    "with itself; --seeker names another"
)

_out = console()
_err = Console(stderr=True)


def simulate(
    out: Annotated[Path, typer.Option(help="Folder of the dialogues; it is made.")],
    graph: Annotated[str, typer.Option(help="The supporter: a graph, by name or file.")] = (
        "support"
    ),
    seekers: Annotated[Path, typer.Option(help="A file of seeker profiles.")] = FILE,
    count: Annotated[int, typer.Option(min=1, help="How many dialogues.")] = 24,
    turns: Annotated[
        int, typer.Option(min=FEWEST, max=60, help="Turns that a dialogue may have.")
    ] = 10,
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    models: Annotated[Path | None, typer.Option(help="A models file of your own.")] = None,
    seeker: Annotated[
        str, typer.Option(help="The language model that plays the seeker; else the profile's.")
    ] = "",
    seed: Annotated[
        int, typer.Option(min=0, help="Decides who is played, and all chance in the models.")
    ] = 0,
    at_once: Annotated[int, typer.Option(min=1, max=16, help="Dialogues at the same time.")] = 2,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run.")] = False,
    format: Annotated[
        str, typer.Option(help="The corpus whose schema is written: esconv or mesc.")
    ] = "esconv",
) -> None:
    """Let a language model that plays a seeker talk with a graph, and write what is good.

    The dialogues are synthetic, and no evidence about people.
    """
    if format not in FILES:
        raise ConfigError(f"unknown format {format!r}; choose one of {', '.join(FILES)}")
    services = assemble(profile, models=models, recorded=False, seed=seed)
    services = replace(services, clock=lambda: FROZEN_S)
    bound = services.models.bound("respond", seeker or None)
    if bound is None:
        raise ConfigError(
            f"the profile {profile!r} binds no language model to `respond`; name one by --seeker"
        )
    simulation = Simulation(
        supporter=Supporter(Shelf(services, Saver()).current(graph), services),
        profiles=read_seekers(seekers),
        seeker=bound,
        prompt=read_seeker_prompt(),
        turns=turns,
        seed=seed,
    )
    asked = Asked(
        out=out, graph=graph, seekers=seekers, count=count, turns=turns, profile=profile,
        models=models, seeker=seeker, seed=seed, at_once=at_once, format=format,
    )  # fmt: skip
    manifest = manifest_of(simulation, asked)
    folder = SimulationFolder(out, manifest, resume=resume)
    if manifest["same_model"]:
        _warn(_SAME)
    try:
        summary = asyncio.run(_run(simulation, folder, count=count, at_once=at_once, format=format))
    finally:
        services.models.close()
    _out.print(table(summary))
    _warn(NOTE)
    _err.print(f"{summary['kept']} dialogues in {FILES[format]} of {out.name}", highlight=False)


async def _run(
    simulation: Simulation, folder: SimulationFolder, *, count: int, at_once: int, format: str
) -> Summary:
    supporter, seeker = simulation.supporter, simulation.seeker
    with _err.status("loading the models"):
        notices = await warm(supporter.services, supporter.version)
        first = fixed(simulation.profiles[0], simulation.prompt)
        hello = ChatRequest((*first, Message("user", simulation.prompt.fill("opening"))))
        troubles = [notice.reason for notice in notices]
        try:
            await host_of(seeker).warm(replace(hello, max_tokens=1))
        except ModelError as error:  # it may just be slow to come up; the dialogues will tell
            troubles.append(str(error))
    for trouble in troubles:
        _warn(trouble)
    with progress(_err) as shown:
        bar = shown.add_task("dialogues", total=count)
        dialogues = await simulate_all(
            simulation,
            folder,
            count=count,
            at_once=at_once,
            tell=lambda done: shown.update(bar, completed=done),
        )
    return write_out(folder, dialogues, simulation, format=format)


def _warn(sentence: str) -> None:
    _err.print(sentence, style="yellow", markup=False, highlight=False, soft_wrap=True)
