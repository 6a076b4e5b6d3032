"""Many turns of many people: `python -m benchmarks soak`.

What grows, what is left behind, what is lost and what reaches the wrong person. The people take
their turns partly at once, half of them through the page's own sessions, with recordings and
pictures; they press Stop, leave and delete. Between two rounds, when nobody is being answered,
everything is read off.
"""

import asyncio
import contextlib
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from agents.context import Services
from benchmarks.machine import describe
from benchmarks.soak import gauges
from benchmarks.soak.callers import Caller
from benchmarks.soak.checks import Tally
from benchmarks.soak.people import ECHO, Person, Town
from benchmarks.soak.visitors import Visitor
from graphs.archive import Archive
from graphs.keeping.saver import Saver
from graphs.services import assemble
from graphs.shelf import Shelf
from graphs.warm import warm
from tools.storage.keys import Keys, new_key
from tools.storage.opening import open_storage
from ui.session import Sessions
from ui.uploads import UploadFolder

_SPEECH = Path(__file__).parents[2] / "tests" / "data" / "hello.wav"
ECHOING = Path(__file__).with_name("models.yaml")
"""Takes the place of the profile `stub`'s fakes: these say back what they were given."""


@dataclass(frozen=True)
class Line:
    """One line of the table; `limit` is None where the number is told for itself."""

    what: str
    measured: float
    limit: float | None
    unit: str = ""

    @property
    def verdict(self) -> str:
        """Whether the limit was met."""
        if self.limit is None:
            return ""
        return "met" if self.measured <= self.limit else "missed"


@dataclass(frozen=True)
class Plan:
    """What a run is to be; as the options of the command."""

    turns: int
    conversations: int
    graph: str = "support"
    concurrent: int = 4
    seed: int = 7
    kept: float = 0.5
    store: str = ""


Result = tuple[list[Line], Tally, list[gauges.Sample]]


def soak(
    turns: Annotated[int, typer.Option(min=1, max=4000, help="Messages at least, over all.")] = 500,
    conversations: Annotated[int, typer.Option(min=2, max=50, help="How many at a time.")] = 20,
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "stub",
    kept: Annotated[float, typer.Option(min=0, max=1, help="Share of conversations kept.")] = 0.5,
    store: Annotated[str, typer.Option(help="As ATTUNE_STORE; else a file of the run.")] = "",
    graph: Annotated[str, typer.Option(help="A graph, by name or file.")] = "support",
    concurrent: Annotated[int, typer.Option(min=1, help="How many turns run at once.")] = 4,
    seed: Annotated[int, typer.Option(help="Of who does what when.")] = 7,
    out: Annotated[Path | None, typer.Option(help="A JSON file for all that was read.")] = None,
) -> None:
    """Hold conversations for hours in minutes, and look at what they leave behind.

    Ends with status 1 where a turn was lost, or anything reached another conversation.
    """
    console = Console(width=110)
    console.print(f"{describe()}; profile {profile}, graph {graph}, {concurrent} turns at once")
    plan = Plan(turns, conversations, graph, concurrent, seed, kept, store)
    with private_folder() as folder:
        run = asyncio.run(_prepared(profile, plan, folder, console))
    lines, tally, samples = run
    console.print(_table(lines))
    for name in ("lost", "crossed", "left", "reasons"):
        for fault in dict.fromkeys(getattr(tally, name)):
            console.print(f"{name}: {fault}", markup=False)
    if out is not None:
        told = {
            "machine": describe(),
            "profile": profile,
            "graph": graph,
            "lines": [asdict(line) | {"verdict": line.verdict} for line in lines],
            "tally": {k: v for k, v in asdict(tally).items() if k != "spent"},
            "samples": [asdict(sample) for sample in samples],
        }
        out.write_text(json.dumps(told, indent=1), "utf-8")
    if tally.lost or tally.crossed:
        raise typer.Exit(1)


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Make the folder in which everything is written, temporary files of libraries included."""
    folder = Path(tempfile.mkdtemp(prefix="attune-soak-"))
    before, default = os.environ.get("TMPDIR"), tempfile.tempdir
    (folder / "tmp").mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "tmp")
    try:
        yield folder
    finally:
        tempfile.tempdir = default
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        shutil.rmtree(folder, ignore_errors=True)


async def _prepared(profile: str, plan: Plan, folder: Path, console: Console) -> Result:
    echoing = ECHOING if profile == "stub" else None
    services = assemble(profile, models=echoing, audit=folder / "audit")
    for notice in await warm(services, Shelf(services).current(plan.graph)):
        console.print(f"not measured: {notice.reason}")
    return await hold(services, plan, folder, console)


async def hold(services: Services, plan: Plan, folder: Path, console: Console) -> Result:
    """Let everybody take their turns, and return the lines of the table and what they rest on."""
    storage = open_storage(plan.store or str(folder / "kept.sqlite"), keys=Keys(new_key()))
    if storage is not None:
        await storage.open()
    saver = Saver(storage)
    shelf, uploads = Shelf(services, saver), UploadFolder()
    echoes = ECHO in services.models.configs
    town = Town(
        services=services, shelf=shelf, saver=saver, archive=Archive(shelf, graph=plan.graph),
        sessions=Sessions(shelf, services, plan.graph), uploads=uploads, graph=plan.graph,
        tally=Tally(), chance=random.Random(plan.seed), keeps=plan.kept,
        voice=None if echoes else _SPEECH.read_bytes(), picture=None if echoes else _photo(),
    )  # fmt: skip
    people: list[Person] = [
        (Caller, Visitor)[i % 2](town, f"user:{i}") for i in range(plan.conversations)
    ]
    for person in people:
        await person.begin()
    samples: list[gauges.Sample] = []
    gate = asyncio.Semaphore(plan.concurrent)

    async def act(person: Person) -> None:
        async with gate:
            await person.act()

    started, rounds = time.perf_counter(), -(-plan.turns // plan.conversations)
    for _ in track(range(rounds), "rounds", console=console, transient=True):
        await asyncio.gather(*(act(person) for person in people))
        _still(town)
        samples.append(gauges.read(town.tally.turns, [folder], [uploads.path]))
    spent = time.perf_counter() - started
    for person in people:
        await person.delete()
    await town.sessions.close()
    _still(town)
    after = gauges.read(town.tally.turns, [folder], [uploads.path])
    if town.echoes:
        _read_prompts(town)
    services.models.close()
    if storage is not None:
        await storage.close()
    uploads.close()
    if uploads.path.exists():
        town.tally.left.append("the folder of uploads")
    return _lines(town, samples, after, spent), town.tally, samples


def _still(town: Town) -> None:
    """Say what is left in memory and among the uploads while nobody is being answered."""
    if len(town.services.clips):
        town.tally.left.append("a recording in memory")
    if any(town.uploads.path.iterdir()):
        town.tally.left.append("something in the folder of uploads")


def _read_prompts(town: Town) -> None:
    """Count the prompts in which two conversations were named."""
    asked = town.services.models.backend(ECHO).asked
    town.tally.prompts = sum(bool(words) for words in asked)
    town.tally.crossed += ["a prompt" for words in asked if len(words) > 1]


def _photo() -> Any:
    """Return a photograph of a face, RGB."""
    from skimage.data import astronaut

    return astronaut()[:480, :512]  # type: ignore[no-untyped-call]  # no types there


def _lines(
    town: Town, samples: list[gauges.Sample], after: gauges.Sample, spent: float
) -> list[Line]:
    tally = town.tally
    first, last = samples[0], samples[-1]
    shared = max(sample.shared for sample in samples)
    lines = [
        Line("lost turns", len(tally.lost), 0),
        Line("crossed conversations", len(tally.crossed), 0),
        Line("turns that failed", tally.sent["failed"], 0),
        Line("left behind a turn or a deletion", len(tally.left), 0),
        Line("memory, growth in 100 turns", gauges.slope(samples, "memory"), 1.0, "MiB"),
        Line("open files, growth in 100 turns", gauges.slope(samples, "files"), 0.5),
        Line("threads, growth in 100 turns", gauges.slope(samples, "threads"), 0.5),
        Line("child processes, growth in 100 turns", gauges.slope(samples, "children"), 0),
        Line("disk, growth in 100 turns", gauges.slope(samples, "disk") / 2**20, 1.0, "MiB"),
        Line("memory, from the first reading to the last", last.memory - first.memory, None, "MiB"),
        Line("and after everything was deleted", after.memory - first.memory, None, "MiB"),
        Line("the same, of the processes below", last.below - first.below, None, "MiB"),
        Line("disk after everything was deleted", after.disk / 2**20, None, "MiB"),
        Line("memory file system between turns", shared, 0, "B"),
        Line("messages", tally.turns, None),
        Line("of them stopped", tally.sent["stopped"], None),
        Line("with a recording or a picture", tally.media, None),
        Line("conversations", tally.conversations, None),
        Line("of them deleted on the way", tally.deleted, None),
        Line("a turn, median", statistics.median(tally.spent), None, "ms"),
        Line("turns a second", tally.turns / spent, None),
    ]  # fmt: skip
    if town.echoes:
        lines.append(Line("prompts looked through for strangers", tally.prompts, None))
    return lines


def _table(lines: list[Line]) -> Table:
    table = Table("what", "measured", "limit", "")
    for line in lines:
        limit = "" if line.limit is None else f"{line.limit:g} {line.unit}"
        table.add_row(line.what, f"{line.measured:.3g} {line.unit}", limit, line.verdict)
    return table
