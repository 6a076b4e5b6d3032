"""`python -m benchmarks`: run a measurement and print its table."""

import typer

from benchmarks.care.command import app as care
from benchmarks.context import context
from benchmarks.curve import curve
from benchmarks.durable import durable
from benchmarks.encoder import encoder
from benchmarks.evaluate import evaluate
from benchmarks.face_temperature import face_temperature
from benchmarks.media import media
from benchmarks.planner import planner
from benchmarks.retrieval import retrieval
from benchmarks.soak.command import soak
from benchmarks.turn import turn
from tools.command import run

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help=__doc__, rich_markup_mode=None,
    pretty_exceptions_enable=False,
)  # fmt: skip
app.command()(context)
app.command()(curve)
app.command()(durable)
app.command()(encoder)
app.command()(evaluate)
app.command()(face_temperature)
app.command()(media)
app.command()(planner)
app.command()(retrieval)
app.command()(soak)
app.command()(turn)
app.add_typer(care, name="care")

if __name__ == "__main__":
    run(app)
