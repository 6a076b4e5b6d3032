"""A run as a page of Markdown with pictures, to lie beside a paper."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from graphs.evaluation.folder import RunFolder
from graphs.evaluation.records import Manifest
from graphs.evaluation.scores import Bin, GroupScore, Latency, RunScores, StepScores
from graphs.evaluation.tables import percent, run_grids
from tools import journal
from tools.grid import Grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ELSEWHERE = "see that there is room and that you may write there, or give another --out"

_INK, _FAINT = "#1f4e5f", "#b9c8cc"


def write_report(run: RunFolder, out: Path) -> Path:
    """Write `report.md` and its pictures, and return the page.

    Raises:
        DataError: the run has no scores, a file of it is damaged, or `out` cannot be written.
    """
    manifest, scores = run.manifest, run.scores
    run.predictions()  # scores of what can no longer be read are not reported
    parts = [f"# {run.name}\n\n", *(grid.markdown() for grid in run_grids(run))]
    with journal.writing(f"the report {out.name!r}", ELSEWHERE):
        out.mkdir(parents=True, exist_ok=True)
        for step, found in scores["steps"].items():
            if found["kind"] == "labels":
                parts += _step(step, found, out)
        parts += _latency(scores["ms"], out)
        parts += _conditions(manifest, scores)
        page = out / "report.md"
        journal.replace(page, "".join(parts))
    return page


def _step(step: str, found: StepScores, out: Path) -> list[str]:
    _confusion(found).savefig(out / f"{step}_confusion.svg")
    _reliability(found["calibration"]["reliability"]).savefig(out / f"{step}_calibration.svg")
    rows = tuple(
        (label, str(one["n"]), percent(one["precision"]), percent(one["recall"]),
         percent(one["f1"]))
        for label, one in found["classes"].items()
    )  # fmt: skip
    classes = Grid(f"{step} by label", ("label", "n", "precision", "recall", "F1"), rows)
    never = found["emitted"]["never"]
    unseen = f"No bound source can come to: {', '.join(never)}.\n\n" if never else ""
    return [
        f"## {step}\n\n", classes.markdown(), unseen,
        f"![Gold labels in rows, predicted ones in columns.]({step}_confusion.svg)\n\n",
        f"![Accuracy by confidence.]({step}_calibration.svg)\n\n",
        *(_groups(step, kind, groups) for kind, groups in found["groups"].items()),
    ]  # fmt: skip


def _groups(step: str, kind: str, groups: dict[str, GroupScore]) -> str:
    rows = tuple((name, str(one["n"]), percent(one["accuracy"])) for name, one in groups.items())
    return Grid(f"{step} by {kind}", (kind, "n", "accuracy"), rows).markdown()


def _confusion(found: StepScores) -> "Figure":
    import numpy as np

    labels, counts = found["labels"], np.array(found["confusion"], float)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = _figure(1.2 + 0.55 * (len(labels) + 1), 1.0 + 0.45 * len(labels))
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels) + 1), [*labels, "not read"], rotation=60, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.5 else _INK
            axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour, size=7)
    axes.set(xlabel="predicted", ylabel="gold")
    return figure


def _reliability(bins: Sequence[Bin]) -> "Figure":
    figure = _figure(3.6, 3.2)
    axes = figure.add_subplot()
    filled = [part for part in bins if part["n"]]
    most = max((part["n"] for part in filled), default=1)
    axes.plot([0, 1], [0, 1], color=_FAINT)
    axes.bar([(p["low"] + p["high"]) / 2 for p in filled], [p["n"] / most for p in filled],
             width=1 / max(1, len(bins)), color=_FAINT, alpha=0.4)  # fmt: skip
    seen = [(p["confidence"] or 0.0, p["accuracy"] or 0.0) for p in filled]  # both are there
    axes.plot([x for x, _ in seen], [y for _, y in seen], "o-", color=_INK)
    axes.set(xlabel="confidence", ylabel="accuracy (bars: how many)", xlim=(0, 1), ylim=(0, 1))
    return figure


def _latency(ms: dict[str, Latency], out: Path) -> list[str]:
    spent = {node: one for node, one in ms.items() if one["p95"] >= 1}
    if not spent:
        return []
    figure = _figure(5.0, 0.8 + 0.28 * len(spent))
    axes = figure.add_subplot()
    axes.barh(list(spent), [one["p95"] for one in spent.values()], color=_FAINT)
    axes.barh(list(spent), [one["median"] for one in spent.values()], color=_INK)
    axes.set(xlabel="milliseconds, median and 95th percentile")
    axes.invert_yaxis()
    figure.savefig(out / "latency.svg")
    text = "Many items run at once, so that waiting for the others is in it.\n\n"
    return ["## Time by node\n\n", "![Milliseconds by node.](latency.svg)\n\n", text]


def _conditions(manifest: Manifest, scores: RunScores) -> list[str]:
    told = {
        "as the screen graded the messages (no route followed from it)": scores["screened"],
        "modalities": scores["modalities"],
        "clips": scores["clips"],
        "items without any prediction": scores["failed"],
    }
    lines = [f"- {name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in told.items()]
    again = f"\nThe same again:\n\n```\n{manifest['command']}\n```\n\n"
    whole = json.dumps(manifest, ensure_ascii=False, indent=1)
    return ["## Conditions\n\n", *lines, again, f"```json\n{whole}\n```\n"]


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
