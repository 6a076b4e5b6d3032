"""Whether retrieval finds the supporter's strategy: `python -m benchmarks retrieval --data C:DIR`.

A turn counts as hit at k where the strategy that the supporter chose is among the strategies of the
first k examples. Examples that vary more hit more often, so every hit rate stands beside what as
many strategies hit when examples are drawn blindly, and when the most frequent ones are taken.
"""

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from benchmarks.retrieval_scores import (
    Measured,
    Pool,
    Score,
    by_frequency,
    hits_and_chance,
    mean_over,
    score,
)
from benchmarks.retrieval_turns import SupporterTurn, find_strategies, read_turns
from tools.calibration import calibrate, to_emotions
from tools.errors import ConfigError
from tools.examples.query import Query
from tools.examples.ranking import TEXT_ONLY, Vector, Weights
from tools.examples.rows import SOURCE, read_examples
from tools.examples.store import ChromaExamples, Embedder
from tools.models import Bound, ModelSet, load_models
from tools.records import Example
from tools.stage import asks_advice, stage_at, tells_relief

KS = (1, 3, 5, 8)
_BATCH = 32

_DRAWS = 10
"""How often examples are drawn blindly for each turn."""

Found = list[Sequence[str]]
"""The strategies of the examples found for each turn, best first."""


def retrieval(
    data: Annotated[str, typer.Option(help="esconv:DIR or mesc:DIR; DIR as published.")],
    limit: Annotated[int, typer.Option(help="About so many turns; 0 for all.")] = 1_000,
    sizes: Annotated[
        str, typer.Option(help="Also hit@5 of the first so many examples, e.g. 130,300,all.")
    ] = "",
    examples: Annotated[Path, typer.Option(help="The file of examples.")] = SOURCE,
    profile: Annotated[str, typer.Option(help="A profile of tools/models.yaml.")] = "embedded",
    split: Annotated[str, typer.Option(help="validation or train.")] = "validation",
    out: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure retrieval against BM25, text alone, chance and the most frequent strategies."""
    started = time.perf_counter()
    corpus, folder = find_strategies(data)
    if split not in ("validation", "train"):
        raise ConfigError(f"--split is {split!r}; give validation or train")
    train = read_turns(corpus, folder, corpus.splits[0])
    of_split = train if split == "train" else read_turns(corpus, folder, corpus.validation)
    turns, rows = _some(of_split, limit), read_examples(examples)
    console = Console(width=100)
    console.print(f"{describe()}; profile {profile}")
    models = load_models(profile)
    try:
        report = asyncio.run(_measure(turns, rows, train, _sizes(sizes, len(rows)), models))
    finally:
        models.close()
    report = {
        "corpus": corpus.name,
        "split": split,
        **report,
        "seconds": time.perf_counter() - started,
    }
    _show(report, console)
    if out is not None:
        out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


@dataclass
class Remembering:
    """An embedder that encodes a text once: many stores ask for the same ones."""

    name: str
    host: Embedder
    known: dict[str, Vector]

    async def infer(self, item: str) -> Vector:
        """Return a text's vector."""
        if item not in self.known:
            self.known[item] = await self.host.infer(item)
        return self.known[item]


async def _measure(
    turns: list[SupporterTurn],
    rows: list[Example],
    train: list[SupporterTurn],
    sizes: list[int],
    models: ModelSet,
) -> dict[str, Any]:
    bound = models.bound("embed")
    if bound is None:
        raise ConfigError("the profile binds no model to `embed`; choose another one")
    embedder = Remembering(bound.name, bound.host, {})
    queries = await _queries(turns, models.bound("text_emotion"))
    wanted = list(dict.fromkeys(text for q in queries for text in (q.said, q.context)))
    await _batched(wanted, embedder.infer)
    counts = Counter(row["strategy"] for row in rows)
    pool = Pool(counts, by_frequency([turn.gold for turn in train], frozenset(counts)))
    ways = {
        "full": await _search(rows, queries, embedder, Weights()),
        "text only": await _search(rows, queries, embedder, TEXT_ONLY),
        "BM25": _bm25(rows, queries),
        "constant": [pool.frequent] * len(turns),
    }
    draws = turns * _DRAWS
    drawn = _blindly(rows, len(draws))
    return {
        "turns": len(turns),
        "dialogues": len({turn.dialogue for turn in turns}),
        "examples": len(rows),
        "reachable": sum(turn.gold in counts for turn in turns) / len(turns),
        "ways": {
            **{way: {k: score(turns, found, k, pool) for k in KS} for way, found in ways.items()},
            "random": {k: score(draws, drawn, k, pool) for k in KS},
        },
        "full_against": {
            way: {k: _gain(turns, ways["full"], ways[way], k, pool) for k in KS}
            for way in ("text only", "BM25")
        },
        "sizes": {
            n: score(turns, await _search(rows[:n], queries, embedder, Weights()), 5, pool)
            for n in sizes
        },
    }


def _gain(turns: list[SupporterTurn], ours: Found, theirs: Found, k: int, pool: Pool) -> Measured:
    """Return by how much more `ours` is above its chance than `theirs` above its own."""
    (hits, chance), (other, other_chance) = (
        hits_and_chance(turns, found, k, pool) for found in (ours, theirs)
    )
    return mean_over(turns, (hits - chance) - (other - other_chance))


async def _queries(turns: Sequence[SupporterTurn], reader: Bound | None) -> list[Query]:
    """Return what `recall` would ask at each turn; emotions are read from the words alone."""
    said = [turn.said for turn in turns]
    findings = await _batched(said, reader.host.infer) if reader else [None] * len(turns)
    return [
        Query(
            said=turn.said,
            earlier=turn.earlier,
            emotions=to_emotions(
                calibrate(finding.scores, reader.config.temperature), reader.config.labels
            )
            if reader and finding and not finding.missing
            else {},
            stage=stage_at(
                turn.number, turn.tried, asks=asks_advice(turn.said), eases=tells_relief(turn.said)
            ),
        )
        for turn, finding in zip(turns, findings, strict=True)
    ]


async def _batched(texts: Sequence[str], infer: Callable[[str], Any]) -> list[Any]:
    results: list[Any] = []
    for start in range(0, len(texts), _BATCH):
        results += await asyncio.gather(*map(infer, texts[start : start + _BATCH]))
    return results


async def _search(
    rows: Sequence[Example], queries: Sequence[Query], embedder: Embedder, weights: Weights
) -> Found:
    """Ask a store of just these examples, as the program would."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "examples.jsonl")
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        store = ChromaExamples(
            embedder, folder=Path(folder, "store"), sources=[source], weights=weights
        )
        found = [await store.search(query, max(KS)) for query in queries]
        store.close()
    return [[example["strategy"] for example in one] for one in found]


def _bm25(rows: Sequence[Example], queries: Sequence[Query]) -> Found:
    """Rank by shared words (Robertson and Zaragoza 2009; Lù 2024)."""
    import bm25s

    ranker = bm25s.BM25()
    said = bm25s.tokenize([row["said"] for row in rows], show_progress=False)
    ranker.index(said, show_progress=False)
    asked = bm25s.tokenize([query.said for query in queries], show_progress=False)
    places, _ = ranker.retrieve(asked, k=min(max(KS), len(rows)), show_progress=False)
    return [[rows[int(place)]["strategy"] for place in one] for one in places]


def _blindly(rows: Sequence[Example], times: int) -> Found:
    labels = np.array([row["strategy"] for row in rows])
    generator = np.random.default_rng(0)
    k = min(max(KS), len(rows))
    return [labels[generator.choice(len(rows), k, replace=False)].tolist() for _ in range(times)]


def _some(turns: list[SupporterTurn], limit: int) -> list[SupporterTurn]:
    """Return about `limit` turns in whole dialogues, spread evenly over the split."""
    dialogues = sorted({turn.dialogue for turn in turns})
    share = min(1.0, limit / len(turns)) if limit else 1.0
    wanted = max(1, round(share * len(dialogues)))
    kept = {dialogues[i * len(dialogues) // wanted] for i in range(wanted)}
    return [turn for turn in turns if turn.dialogue in kept]


def _sizes(text: str, total: int) -> list[int]:
    try:
        wanted = [total if s.strip() == "all" else int(s) for s in text.split(",") if s.strip()]
    except ValueError as error:
        raise ConfigError(f"--sizes is {text!r}; give numbers or `all`, with commas") from error
    return sorted({size for size in wanted if 0 < size <= total})


def _show(report: dict[str, Any], console: Console) -> None:
    console.print(
        f"{report['corpus']} {report['split']}: {report['turns']} supporter turns of "
        f"{report['dialogues']} dialogues, {report['examples']} examples; "
        f"{report['reachable']:.1%} of the turns have a strategy that an example has; "
        f"{report['seconds']:.0f} s. In percent, with 95% intervals over dialogues; chance and "
        "frequent: what as many strategies hit, drawn blindly, or the most frequent."
    )
    table = Table("examples", "k", "hit", "strategies", "chance", "frequent", "hit - chance")
    for way, scores in report["ways"].items():
        for k, found in scores.items():
            table.add_row(way, str(k), *_cells(cast(Score, found)))
    for n, found in report["sizes"].items():
        table.add_row(f"full, first {n}", "5", *_cells(found))
    console.print(table)
    for way, gains in report["full_against"].items():
        told = ", ".join(
            f"{_interval(g['mean'], g['low'], g['high'], '+')}" for g in gains.values()
        )
        console.print(f"full against {way}, hit - chance at {', '.join(map(str, KS))}: {told}")


def _cells(found: Score) -> list[str]:
    return [
        _interval(found["hit"], found["low"], found["high"]),
        f"{found['distinct']:.1f}",
        f"{found['chance']:.1%}",
        f"{found['frequent']:.1%}",
        _interval(found["above"], found["above_low"], found["above_high"], "+"),
    ]


def _interval(mean: float, low: float, high: float, sign: str = "") -> str:
    return f"{100 * mean:{sign}.1f} ({100 * low:{sign}.1f}..{100 * high:{sign}.1f})"
