"""Whether a planner would have chosen as the supporter did: `python -m benchmarks planner`.

Several strategies often suit one turn, so that nobody agrees with a supporter everywhere; every
number stands beside naming the commonest strategy always. Nothing is masked, as in evaluation.
"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from agents.strategy import PRIOR, StrategyOptions
from benchmarks.machine import describe
from tools.errors import ConfigError
from tools.examples.rows import SOURCE, read_examples
from tools.labels import Stage
from tools.models import load_models
from tools.training.scores import Floats, class_scores, log_softmax, short

_K = 8
_CONTEXT = 0.3
"""How many examples vote, and the weight of what led to them: as in `recall` and its store."""


def planner(
    data: Annotated[str, typer.Option(help="esconv:DIR or mesc:DIR; DIR as published.")],
    rows: Annotated[int, typer.Option(min=1, help="About so many replies to judge.")] = 600,
    train: Annotated[int, typer.Option(min=40, help="About so many to train on.")] = 2_000,
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    out: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure the planners on a corpus's validation split, beside ones trained on the corpus."""
    from tools.backends.strategy_features import LABELS, features
    from tools.training.strategy import Recipe, Sizes, fit, judge
    from tools.training.strategy_rows import VALIDATION, rows_of_corpus, rows_of_examples

    started = time.perf_counter()
    corpus, colon, folder = data.partition(":")
    if not colon or corpus not in VALIDATION:
        raise ConfigError(f"--data is {data!r}; give esconv:DIR or mesc:DIR")
    asked = rows_of_corpus(corpus, Path(folder), VALIDATION[corpus], rows)  # type: ignore[arg-type]
    taught = rows_of_corpus(corpus, Path(folder), "train", train)  # type: ignore[arg-type]
    own = rows_of_examples(read_examples(SOURCE))
    console = Console(width=100)
    console.print(f"{describe()}; profile {profile}")
    models = load_models(profile)
    try:
        encoder, head = models.backend("minilm"), models.backend("strategy-head")
        seen = {
            name: features([row.situation for row in part], encoder)
            for name, part in (("asked", asked), ("taught", taught), ("own", own))
        }
    finally:
        models.close()
    truth, learnt, known = (
        np.array([LABELS.index(row.strategy) for row in part]) for part in (asked, taught, own)
    )
    width = encoder.width
    network = fit(seen["taught"], learnt, Sizes(width=width), Recipe())
    own_votes = _votes(seen["asked"], seen["own"], known, width, len(LABELS))
    own_head = _shares(judge(head.network, seen["asked"]))
    blend = _mix((own_votes, 0.4), (own_head, 0.6))
    usual = np.array([[PRIOR[Stage(r.situation.stage)].get(s, 0.0) for s in LABELS] for r in asked])  # type: ignore[call-overload]
    part = StrategyOptions().votes
    ways = {
        "always the commonest": np.tile(
            np.bincount(learnt, minlength=len(LABELS)), (len(asked), 1)
        ),
        "own examples: the stage alone": usual,
        "own examples: kNN": own_votes,
        "own examples: head": own_head,
        "own examples: blend": blend,
        "own examples: blend and stage (the default)": _mix((blend, part), (usual, 1 - part)),
        f"{corpus}: kNN": _votes(seen["asked"], seen["taught"], learnt, width, len(LABELS)),
        f"{corpus}: head": _shares(judge(network, seen["asked"])),
    }
    report = {
        "corpus": corpus,
        "asked": len(asked),
        "taught": len(taught),
        "own": len(own),
        "gold": dict(Counter(row.strategy for row in asked).most_common()),
        "ways": {way: _scored(found, truth, LABELS) for way, found in ways.items()},
        "seconds": round(time.perf_counter() - started),
    }
    _show(report, console)
    if out is not None:
        out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


def _votes(asked: Floats, known: Floats, labels: Floats, width: int, count: int) -> Floats:
    """Return the shares of the k nearest rows' votes by squared cosine, (asked, labels).

    Where nothing led to a message, the message stands for it, as in `tools.examples.query`.
    """
    said, context = asked[:, :width], asked[:, width : 2 * width]
    context = np.where(context.any(1, keepdims=True), context, said)
    other = known[:, width : 2 * width]
    other = np.where(other.any(1, keepdims=True), other, known[:, :width])
    near = said @ known[:, :width].T
    order = np.argsort(-(near + _CONTEXT * context @ other.T), axis=1)[:, :_K]
    shares = np.zeros((len(asked), count))
    for row, places in enumerate(order):
        weights = np.maximum(near[row, places], 0) ** 2
        np.add.at(shares[row], labels[places], weights)
    return shares / np.maximum(shares.sum(1, keepdims=True), 1e-9)


def _shares(logits: Floats) -> Floats:
    shares: Floats = np.exp(log_softmax(logits))
    return shares


def _mix(*parts: tuple[Floats, float]) -> Floats:
    return np.sum([weight * shares for shares, weight in parts], axis=0)


def _scored(found: Floats, truth: Floats, labels: Sequence[str]) -> dict[str, float]:
    """Return accuracy with half its 95% interval, macro-F1, and how often it is among three."""
    scores = class_scores(found, truth, labels)
    accuracy = scores["accuracy"]
    third = np.sort(found, axis=1)[:, -3]
    among = found[np.arange(len(truth)), truth] >= np.maximum(third, 1e-9)
    return {
        "accuracy": accuracy,
        "half": short(1.96 * np.sqrt(accuracy * (1 - accuracy) / len(truth))),
        "macro_f1": scores["macro_f1"],
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
