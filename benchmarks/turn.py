"""Where the time of a turn goes: `python -m benchmarks turn`."""

import asyncio
import io
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from agents.context import Context, Services
from benchmarks.machine import describe, peak_memory_gib
from graphs.keeping.saver import Saver
from graphs.run import Conversation, Finished, Progress, Sentence, TurnReport
from graphs.services import assemble
from graphs.shelf import Shelf, Version
from graphs.warm import warm
from tools.clips import Clip
from tools.media import decode

_SPEECH = Path(__file__).parents[1] / "tests" / "data" / "hello.wav"

_SAID = (
    "I failed my exam again and I feel like an idiot.",
    "My mother will be so disappointed, she paid for all of it.",
    "I keep replaying the moment when I saw the mark.",
    "My friends all passed and now they are going out to celebrate.",
    "I told them I was ill because I could not face it.",
    "Maybe I am just not made for this.",
    "My brother called me yesterday, which was nice.",
    "He said he once failed his driving test three times.",
    "It made me laugh for the first time this week.",
    "I suppose I could try again in the spring.",
)


@dataclass(frozen=True)
class Spent:
    """Milliseconds of one turn, from sending to the named moment."""

    planned: float
    first: float
    total: float
    report: TurnReport


def turn(
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    graph: Annotated[str, typer.Option(help="A graph, by name or file.")] = "support",
    runs: Annotated[int, typer.Option(help="Turns of each kind.")] = 10,
) -> None:
    """Measure warmed turns of one conversation, in text and with voice and video."""
    console = Console(width=100)
    console.print(f"{describe()}; profile {profile}, graph {graph}, medians of {runs}")
    spec = _median(_imports_s("graphs.spec")[0] for _ in range(5))
    both = [_imports_s("langgraph.graph", "graphs.build") for _ in range(5)]
    ratio = _median((peer + ours) / peer for peer, ours in both)
    asyncio.run(_measure(profile, graph, runs, (spec, ratio), console))


async def _measure(
    profile: str, graph: str, runs: int, imports: tuple[float, float], console: Console
) -> None:
    started = time.perf_counter()
    services = assemble(profile)
    version = Shelf(services, Saver()).current(graph)
    notices = await warm(services, version)
    ready = time.perf_counter() - started
    for notice in notices:
        console.print(f"not measured: {notice.reason}")
    text = await _conversation(version, services, runs, None)
    video = await asyncio.to_thread(_video)
    media = await _conversation(version, services, runs, video)
    memory = peak_memory_gib()
    services.models.close()

    planned, first = _median(s.planned for s in text), _median(s.first for s in text)
    checked = _median(s.report["timings"].get("check", 0.0) for s in text)
    added = _median(s.planned for s in media) - planned
    table = Table("what", "measured", "limit", "")
    for what, value, limit, unit in (
        ("text turn: first checked sentence", first / 1000, 3.0, "s"),
        ("text turn: all but the language model", planned + checked, 100, "ms"),
        ("5 s of voice and 2 s of video add", added / 1000, 1.2, "s"),
        ("peak memory, all processes", memory, 6.0, "GiB"),
        ("everything loaded and warmed", ready, 30.0, "s"),
        ("import graphs.spec", imports[0], 0.5, "s"),
        ("import graphs.build / import langgraph.graph", imports[1], 1.2, ""),
    ):
        met = "met" if value <= limit else "missed"
        table.add_row(what, f"{value:.2f} {unit}", f"{limit:g} {unit}", met)
    console.print(table)
    shares = Table("node", "text, ms", "with media, ms")
    for node in text[0].report["timings"] | media[0].report["timings"]:
        columns = [
            f"{_median(s.report['timings'].get(node, 0.0) for s in kind):.1f}"
            for kind in (text, media)
        ]
        shares.add_row(node, *columns)
    shares.add_row("decoding", "0.0", f"{_median(_decode_ms(video) for _ in range(runs)):.1f}")
    console.print(shares)


async def _conversation(
    version: Version, services: Services, runs: int, video: bytes | None
) -> list[Spent]:
    """Hold one conversation of `runs` turns; with `video`, it is decoded anew each turn."""
    talk = Conversation(version, services)
    speech = decode(_SPEECH)
    assert speech.audio is not None  # the recording is one of speech
    five = Clip(audio=np.resize(speech.audio, 5 * 16_000))
    spent = []
    for i in range(runs):
        started = time.perf_counter()
        clips: list[Clip] = []
        if video is not None:
            clips = [five, await asyncio.to_thread(decode, video)]
        spent.append(await _turn(talk, _SAID[i % len(_SAID)], clips, started))
    return spent


async def _turn(talk: Conversation, words: str, clips: Sequence[Clip], started: float) -> Spent:
    planned = first = 0.0
    context = Context(microphone=True, camera=True, disclosed=True)
    async for event in talk.send(words, clips, context):
        now = (time.perf_counter() - started) * 1000
        match event:
            case Progress("system_emotion"):
                planned = now
            case Sentence():
                first = first or now
            case Finished(report):
                return Spent(planned or first, first, now, report)
    raise AssertionError("a turn always ends with `Finished`")


def _video() -> bytes:
    """Make 2 s of 640 x 480 video of a face, as a webcam sends it."""
    import av
    from skimage.data import astronaut

    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=15)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        photo = astronaut()  # type: ignore[no-untyped-call]  # scikit-image has no types there
        picture = np.ascontiguousarray(photo[:480, :512])
        canvas = np.full((480, 640, 3), 90, np.uint8)
        canvas[:, 64:576] = picture
        for _ in range(30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(canvas, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def _decode_ms(video: bytes) -> float:
    started = time.perf_counter()
    decode(video)
    return (time.perf_counter() - started) * 1000


def _imports_s(*modules: str) -> list[float]:
    """Return the seconds that importing each module takes, in turn, in one fresh interpreter."""
    lines = [
        f"t = time.perf_counter(); import {m}; print(time.perf_counter() - t)" for m in modules
    ]
    script = "\n".join(["import time", *lines])
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    return [float(line) for line in printed.split()]


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)
