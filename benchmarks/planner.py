"""Whether a planner would have chosen as the supporter did: `python -m benchmarks planner`.

Several strategies often suit one turn, so that nobody agrees with a supporter everywhere; every
number stands beside naming the commonest strategy always. Nothing is masked, as in evaluation.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from rich.table import Table

from agents.strategy import PRIOR, StrategyOptions
from benchmarks.machine import describe
from benchmarks.retrieval_turns import find_strategies
from tools.examples.rows import SOURCE, read_examples
from tools.labels import Stage, Strategy
from tools.metrics.labels import label_scores
from tools.models import load_models
from tools.training.scores import Floats, Places, log_softmax, short

if TYPE_CHECKING:
    from tools.backends.minilm import MiniLM
    from tools.backends.strategy_head import StrategyNetwork
    from tools.training.strategy_rows import StrategyRow

Matrix = npt.NDArray[np.float32]

_K = 8
_CONTEXT = 0.3
"""How many examples vote, and the weight of what led to them: as in `recall` and its store."""


def planner(
    data: Annotated[list[str], typer.Option(help="esconv:DIR or mesc:DIR, as published; or both.")],
    rows: Annotated[int, typer.Option(min=1, help="About so many replies to judge.")] = 600,
    train: Annotated[int, typer.Option(min=40, help="About so many to train on.")] = 2_000,
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    out: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure the planners on a corpus's validation split, beside ones trained on the corpus."""
    from tools.backends.strategy_features import LABELS
    from tools.training.strategy_rows import rows_of_corpus, rows_of_examples

    parts = [find_strategies(text) for text in data]
    console = Console(width=100)
    console.print(f"{describe()}; profile {profile}")
    models = load_models(profile)
    reports = []
    try:
        encoder, network = models.backend("minilm"), models.backend("strategy-head").network
        weights = models.config("planner").options["parts"]
        own = _known(rows_of_examples(read_examples(SOURCE)), encoder)
        for corpus, folder in parts:
            started = time.perf_counter()
            asked, taught = (
                _known(rows_of_corpus(corpus.name, folder, split, limit), encoder)
                for split, limit in ((corpus.validation, rows), (corpus.splits[0], train))
            )
            ways = _ways(corpus.name, asked, taught, own, network, weights)
            reports.append(
                {
                    "corpus": corpus.name,
                    "asked": len(asked.truth),
                    "taught": len(taught.truth),
                    "own": len(own.truth),
                    "gold": dict(Counter(LABELS[place] for place in asked.truth).most_common()),
                    "ways": {way: _scored(f, asked.truth, LABELS) for way, f in ways.items()},
                    "seconds": round(time.perf_counter() - started),
                }
            )
            _show(reports[-1], console)
    finally:
        models.close()
    if out is not None:
        out.write_text(json.dumps(reports, indent=1) + "\n", "utf-8")


@dataclass(frozen=True)
class _Known:
    """Rows with their features, (rows, width), and the places of their labels, (rows,)."""

    stages: list[str]
    seen: Matrix
    truth: Places
    width: int


def _known(rows: Sequence["StrategyRow"], encoder: "MiniLM") -> _Known:
    from tools.backends.strategy_features import LABELS, features

    situations = [row.situation for row in rows]
    truth = np.array([LABELS.index(row.strategy) for row in rows])
    stages = [situation.stage for situation in situations]
    return _Known(stages, features(situations, encoder), truth, encoder.width)


def _ways(
    corpus: str,
    asked: _Known,
    taught: _Known,
    own: _Known,
    network: "StrategyNetwork",
    weights: Mapping[str, float],
) -> dict[str, Floats]:
    """Return what each planner says of the replies, (replies, labels)."""
    from tools.backends.strategy_features import LABELS
    from tools.backends.strategy_head import Sizes
    from tools.training.strategy import Recipe, fit, judge

    floor = np.bincount(taught.truth, minlength=len(LABELS)).astype(float)
    usual = np.array(
        [[PRIOR[Stage(s)].get(Strategy(x), 0.0) for x in LABELS] for s in asked.stages]
    )
    votes, head = _votes(asked, own, len(LABELS)), _shares(judge(network, asked.seen))
    blend = _mix((votes, weights["knn-strategy"]), (head, weights["strategy-head"]))
    share = StrategyOptions().votes
    learnt = fit(taught.seen, taught.truth, Sizes(width=taught.width), Recipe())
    return {
        "always the commonest of the corpus": np.tile(floor, (len(asked.truth), 1)),
        "own: the stage alone": usual,
        "own: kNN": votes,
        "own: head": head,
        "own: blend": blend,
        "own: blend and stage (default)": _mix((blend, share), (usual, 1 - share)),
        f"{corpus}: kNN": _votes(asked, taught, len(LABELS)),
        f"{corpus}: head": _shares(judge(learnt, asked.seen)),
    }


def _votes(asked: _Known, known: _Known, count: int) -> Floats:
    """Return the shares of the k nearest rows' votes by squared cosine, (asked, labels).

    Where nothing led to a message, the message stands for it, as in `tools.examples.query`.
    """
    near = _said(asked) @ _said(known).T
    order = np.argsort(-(near + _CONTEXT * _led(asked) @ _led(known).T), axis=1)[:, :_K]
    shares: Floats = np.zeros((len(asked.truth), count))
    for row, places in enumerate(order):
        np.add.at(shares[row], known.truth[places], np.maximum(near[row, places], 0) ** 2)
    shares /= np.maximum(shares.sum(1, keepdims=True), 1e-9)
    return shares


def _said(known: _Known) -> Matrix:
    return known.seen[:, : known.width]


def _led(known: _Known) -> Matrix:
    context = known.seen[:, known.width : 2 * known.width]
    return np.where(context.any(1, keepdims=True), context, _said(known))


def _shares(logits: Floats) -> Floats:
    shares: Floats = np.exp(log_softmax(logits))
    return shares


def _mix(*parts: tuple[Floats, float]) -> Floats:
    mixed: Floats = np.sum([weight * shares for shares, weight in parts], axis=0)
    return mixed


def _scored(found: Floats, truth: Places, labels: Sequence[str]) -> dict[str, float]:
    """Return accuracy with half its 95% interval, macro-F1, and how often it is among three."""
    gold, named = ([labels[at] for at in places] for places in (truth, found.argmax(1)))
    scores = label_scores(gold, named, labels)
    accuracy = short(scores["accuracy"])
    third = np.sort(found, axis=1)[:, -3]
    among = found[np.arange(len(truth)), truth] >= np.maximum(third, 1e-9)
    return {
        "accuracy": accuracy,
        "half": short(1.96 * np.sqrt(accuracy * (1 - accuracy) / len(truth))),
        "macro_f1": short(scores["macro_f1"]),
        "among_three": short(among.mean()),
    }


def _show(report: dict[str, Any], console: Console) -> None:
    console.print(
        f"{report['corpus']} validation: {report['asked']} replies; {report['taught']} of its "
        f"training split and {report['own']} examples of the project to learn from; "
        f"{report['seconds']} s"
    )
    table = Table("planner", "accuracy", "macro-F1", "among its first three")
    for way, found in report["ways"].items():
        accuracy = f"{found['accuracy']:.3f} ±{found['half']:.3f}"
        table.add_row(way, accuracy, f"{found['macro_f1']:.3f}", f"{found['among_three']:.3f}")
    console.print(table)
