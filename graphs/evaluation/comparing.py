"""Compare runs on the items that they share: differences with intervals, and exact tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from graphs.evaluation.folder import RunFolder
from graphs.evaluation.labels import LABELLED, LabelSpace
from graphs.evaluation.records import ItemRecord, Manifest, Prediction
from graphs.evaluation.scoring import rows
from tools.corpora.library import CORPORA
from tools.errors import DataError, UnknownName
from tools.metrics.confusion import Confusion, Score
from tools.metrics.overlap import corpus_bleu, overlap_by_item
from tools.metrics.paired import (
    Difference,
    McNemar,
    bootstrap_statistic,
    mcnemar,
    paired_bootstrap,
)

_F1: dict[str, Score] = {"weighted F1": "weighted_f1", "macro F1": "macro_f1"}


@dataclass(frozen=True)
class Measured:
    """One measure of one step, in the baseline and in another run.

    Attributes:
        step: the step.
        measure: its exact name.
        values: of both, as percent.
        difference: of the other run less the baseline, as percent.
        test: McNemar's, for accuracy.
    """

    step: str
    measure: str
    values: tuple[float, float]
    difference: Difference
    test: McNemar | None = None


@dataclass(frozen=True)
class Comparison:
    """A run beside the baseline.

    Attributes:
        baseline: its name.
        other: the other run's.
        shared: how many items both have.
        dialogues: how many groups were drawn.
        finished: whether both have all their items.
        changed: keys of the manifest that differ.
        measures: what was measured.
    """

    baseline: str
    other: str
    shared: int
    dialogues: int
    finished: bool
    changed: tuple[str, ...]
    measures: tuple[Measured, ...]


def compare(runs: Sequence[RunFolder], *, draws: int = 2000, seed: int = 0) -> list[Comparison]:
    """Compare every further run with the first.

    Args:
        runs: at least two, of the same corpus, split and unit.
        draws: of the bootstrap over dialogues.
        seed: of the same.

    Raises:
        DataError: there is one run only, or two have no item in common.
    """
    if len(runs) < 2:
        raise DataError("one run compares with nothing; give at least two run folders")
    return [_pair(runs[0], other, draws, seed) for other in runs[1:]]


_Pairs = list[tuple[ItemRecord, Prediction, Prediction]]


def _pair(baseline: RunFolder, other: RunFolder, draws: int, seed: int) -> Comparison:
    first, second = baseline.manifest, other.manifest
    if differing := _differing(("corpus", "split", "unit"), first, second):
        raise DataError(
            f"{baseline.name!r} and {other.name!r} differ in {', '.join(differing)}; "
            "compare runs on the same items"
        )
    if first["corpus"] not in CORPORA:
        raise UnknownName("corpus", first["corpus"], CORPORA)
    pairs = _shared(baseline, other)
    if not pairs:
        raise DataError(f"{baseline.name!r} and {other.name!r} share no item; give the same --seed")
    space = LabelSpace(CORPORA[first["corpus"]])
    measures: list[Measured] = []
    for step in first["steps"]:
        if step not in second["steps"]:
            continue
        if step in LABELLED:
            measures += _of_labels(step, pairs, space, draws, seed)
        else:
            measures += _of_texts(step, pairs, draws, seed)
    decided = ("graph_sha256", "code_sha256", "models", "prompts", "examples_sha256", "data_sha256",
               "mode", "history", "swap", "drop", "limit", "seed", "at_once", "profile",
               "versions")  # fmt: skip
    return Comparison(
        baseline=baseline.name,
        other=other.name,
        shared=len(pairs),
        dialogues=len({item["dialogue"] for item, _, _ in pairs}),
        finished=all(len(run.items()) == len(run.predictions()) for run in (baseline, other)),
        changed=tuple(_differing(decided, first, second)),
        measures=tuple(measures),
    )


def _differing(keys: Sequence[str], first: Manifest, second: Manifest) -> list[str]:
    one, other = dict(first), dict(second)
    return [key for key in keys if one[key] != other[key]]


def _shared(baseline: RunFolder, other: RunFolder) -> _Pairs:
    """Return the items of both runs; one id with other words is another item."""
    mine, theirs = ({one["id"]: one for one in run.predictions()} for run in (baseline, other))
    said = {item["id"]: (item["said"], item["gold"]) for item in other.items()}
    return [
        (item, mine[item["id"]], theirs[item["id"]])
        for item in baseline.items()
        if item["id"] in mine
        and item["id"] in theirs
        and said[item["id"]] == (item["said"], item["gold"])
    ]


def _of_labels(
    step: str, pairs: _Pairs, space: LabelSpace, draws: int, seed: int
) -> list[Measured]:
    items = [item for item, _, _ in pairs]
    first = rows(step, items, [one for _, one, _ in pairs], space)
    second = rows(step, items, [one for _, _, one in pairs], space)
    if not first:
        return []
    gold = [g for _, g, _ in first]
    named = [p for _, _, p in first], [p for _, _, p in second]
    groups = [items[place]["dialogue"] for place, _, _ in first]
    right = [[g == p for g, p in zip(gold, side, strict=True)] for side in named]
    labels = space.labels(step)
    found = [
        Measured(
            step,
            "accuracy",
            (_mean(right[0]), _mean(right[1])),
            _hundred(paired_bootstrap(groups, right[1], right[0], draws=draws, seed=seed)),
            mcnemar(right[1], right[0]),
        )
    ]
    scored = [Confusion(gold, side, labels) for side in named]
    for name, score in _F1.items():
        gain = partial(_gain, [partial(side.score, score) for side in scored])
        values = 100 * scored[0].score(score), 100 * scored[1].score(score)
        difference = bootstrap_statistic(groups, gain, draws=draws, seed=seed)
        found.append(Measured(step, name, values, _hundred(difference)))
    return found


def _gain(score: Sequence[Callable[[Sequence[int]], float]], rows: Sequence[int]) -> float:
    return score[1](rows) - score[0](rows)


def _of_texts(step: str, pairs: _Pairs, draws: int, seed: int) -> list[Measured]:
    told = [(item, a, b) for item, a, b in pairs if item["gold"].get(step)]
    if not any(a["predicted"].get(step) or b["predicted"].get(step) for _, a, b in told):
        return []
    references = [item["gold"][step] for item, _, _ in told]
    groups = [item["dialogue"] for item, _, _ in told]
    texts = [
        [one["predicted"].get(step, "") for _, one, _ in told],
        [one["predicted"].get(step, "") for _, _, one in told],
    ]
    by_item = [overlap_by_item(side, references) for side in texts]
    found = [
        Measured(
            step,
            name,
            (sum(by_item[0][name]) / len(told), sum(by_item[1][name]) / len(told)),
            paired_bootstrap(groups, by_item[1][name], by_item[0][name], draws=draws, seed=seed),
        )
        for name in by_item[0]
    ]
    bleu = [corpus_bleu(side, references) for side in texts]
    for n in (2, 4):
        gain = partial(_gain, [partial(side.score, n) for side in bleu])
        difference = bootstrap_statistic(groups, gain, draws=draws, seed=seed)
        values = bleu[0].score(n), bleu[1].score(n)
        found.append(Measured(step, f"BLEU-{n} (ESConv)", values, difference))
    return found


def _mean(right: Sequence[bool]) -> float:
    return 100 * sum(right) / len(right)


def _hundred(found: Difference) -> Difference:
    def up(value: float | None) -> float | None:
        return None if value is None else 100 * value

    return Difference(100 * found.value, up(found.low), up(found.high), found.p, found.n)
