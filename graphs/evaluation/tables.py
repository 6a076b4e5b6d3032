"""A run's scores as tables, for the terminal and for Markdown."""

from collections.abc import Mapping, Sequence

from rich.console import Console

from graphs.evaluation.comparing import Comparison, Measured
from graphs.evaluation.folder import RunFolder
from graphs.evaluation.records import Manifest
from graphs.evaluation.scores import StepScores, WrittenScores
from tools.grid import Grid
from tools.metrics.labels import LabelFloor
from tools.metrics.published import PublishedRow
from tools.metrics.published import rows as published_rows


def show(folder: RunFolder, console: Console) -> None:
    """Print what a run came to."""
    for grid in run_grids(folder):
        console.print(grid.rich())
    clips = folder.scores["clips"]
    if any(clips.values()):
        told = ", ".join(f"{count} {what}" for what, count in clips.items())
        console.print(f"clips: {told}", highlight=False)
    console.print(f"{folder.path}", style="dim", highlight=False, soft_wrap=True)


def run_grids(folder: RunFolder) -> list[Grid]:
    """Return the tables of a run: its labels, its texts, and what they may be compared with."""
    manifest, steps = folder.manifest, folder.scores["steps"]
    labelled: dict[str, StepScores] = {}
    written: dict[str, WrittenScores] = {}
    for step, found in steps.items():
        if found["kind"] == "labels":
            labelled[step] = found
        elif found["empty"] < found["n"]:
            written[step] = found
    where = _where(manifest)
    grids = [_labels(labelled, where)] if labelled else []
    grids += [_texts(step, found, where) for step, found in written.items()]
    for step in steps:
        if known := _published(manifest, step):
            grids.append(known)
    return grids


def comparison_grids(found: Sequence[Comparison]) -> list[Grid]:
    """Return a table for every run that was compared with the baseline."""
    head = ("step", "measure", "baseline", "this run", "difference", "95 % interval", "p",
            "McNemar")  # fmt: skip
    grids = []
    for one in found:
        rows = tuple(
            (m.step, m.measure, f"{m.values[0]:.2f}", f"{m.values[1]:.2f}",
             f"{m.difference.value:+.2f}", _interval(m), _p(m.difference.p),
             f"{m.test.b}:{m.test.c}, p {_p(m.test.p)}" if m.test else "")
            for m in one.measures
        )  # fmt: skip
        below = (
            f"{one.shared} items of {one.dialogues} dialogues that both have{_unfinished(one)}; "
            "intervals and p by a bootstrap over dialogues. McNemar's exact test (right here and "
            "wrong in the baseline : the other way) takes items as independent, which they are "
            f"not. What differs: {', '.join(one.changed) or 'nothing'}."
        )
        grids.append(Grid(f"{one.other} beside {one.baseline}", head, rows, below))
    return grids


def _unfinished(one: Comparison) -> str:
    return (
        "" if one.finished else " (a run is not finished, and what it has may be the easier part)"
    )


def _interval(found: Measured) -> str:
    low, high = found.difference.low, found.difference.high
    return "" if low is None or high is None else f"{low:+.2f} to {high:+.2f}"


def _p(value: float | None) -> str:
    return "" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def percent(value: float) -> str:
    """Return a share as the tables show it."""
    return f"{100 * value:.1f}"


def _where(manifest: Manifest) -> str:
    return (
        f"{manifest['graph']} on {manifest['corpus']} {manifest['split']}, {manifest['items']} "
        f"of {manifest['of']} {manifest['unit']}, mode {manifest['mode']}, labels of earlier "
        f"turns: {manifest['history']}, profile {manifest['profile']}, seed {manifest['seed']}"
    )


def _labels(steps: Mapping[str, StepScores], where: str) -> Grid:
    head = (
        "step", "n", "Acc (WAR)", "w-F1", "macro-F1", "UAR", "ECE", "Brier", "not read", "outside",
        "unsure", "can emit",
    )  # fmt: skip
    rows: list[tuple[str, ...]] = []
    notes = []
    for step, found in steps.items():
        kept = found["calibration"]
        rows.append((
            step, str(found["n"]), *map(percent, _four(found)), f"{kept['ece']:.3f}",
            f"{kept['brier']:.3f}", str(found["unparsable"]), str(found["outside"]),
            str(found["unsure"]), percent(found["emitted"]["share"]),
        ))  # fmt: skip
        floor = found["floor"]
        rows.append((
            f"  always {floor['label']!r}", str(found["n"]), *map(percent, _four(floor)),
            *[""] * 6,
        ))  # fmt: skip
        if unnamed := found["emitted"]["never_named"]:
            notes.append(f"Never named here as {step}: {', '.join(unnamed)}")
        if found["unsure"]:
            share = percent(found["unsure_as_wrong"])
            notes.append(f"{step} is right in {share} where `unsure` counts as wrong")
        if found["left_out"]:
            notes.append(f"{found['left_out']} of {step} have a gold label that is not scored")
        if found["preference"]:
            bias = found["preference"]["bias"]
            told = "without bound" if bias is None else f"{bias:.2f}"
            notes.append(f"Strategy preference bias {told}")
    below = (
        "In percent but ECE (15 bins) and Brier (0 to 2). What was not read counts as wrong. "
        "Where the likeliest label is `outside` the corpus's, the next one that it has is taken; "
        "`unsure` ones count as they stand. `can emit` is the share of gold labels that the bound "
        "sources can come to at all."
    )
    return Grid(where, head, tuple(rows), " ".join([below, *(f"{note}." for note in notes)]))


def _four(found: StepScores | LabelFloor) -> list[float]:
    return [found["accuracy"], found["weighted_f1"], found["macro_f1"], found["uar"]]


def _texts(step: str, found: WrittenScores, where: str) -> Grid:
    rows = [(name, f"{value:.2f}", "") for name, value in found["overlap"].items()]
    theirs = found["diversity_of_references"]
    rows += [(n, f"{v:.2f}", f"{theirs[n]:.2f}") for n, v in found["diversity"].items()]
    words = found["words"]
    rows.append(("words", f"{words['mean']:.1f}", f"{words['references']:.1f}"))
    if told := found.get("perplexity"):
        name = f"perplexity of the references ({told['tokens']} tokens"
        rows.append((f"{name}, corpus)", f"{told['corpus']:.2f}", ""))
        rows.append((f"{name}, mean of sentences)", f"{told['sentence_mean']:.2f}", ""))
    if kept := found.get("adherence"):
        rows.append((f"keeps to its plan (of {kept['n']})", percent(kept["share"]), ""))
    if "repeated_openings" in found:
        rows.append(("begins as an earlier one", percent(found["repeated_openings"]), ""))
    below = f"{found['n']} texts, {found['empty']} empty, each scored as it stands"
    if "stood_in" in found:
        below += f"; in {found['stood_in']} a sentence stood in for the model's"
    return Grid(f"{step}: {where}", ("measure", "this run", "references"), tuple(rows), f"{below}.")


def _published(manifest: Manifest, step: str) -> Grid | None:
    known = published_rows(manifest["corpus"], step)
    if not known:
        return None
    reasons = [_reason(row, manifest) for row in known]
    notes = dict(zip(dict.fromkeys(reasons), _LETTERS, strict=False))
    rows = tuple(
        (row.model, ", ".join(f"{name} {value:g}" for name, value in row.values.items()),
         row.split, row.unit, str(row.n or "not said"), row.source, f"{why[0]} ({notes[why]})")
        for row, why in zip(known, reasons, strict=True)
    )  # fmt: skip
    head = ("published", "values", "split", "unit", "n", "source", "may be compared")
    below = " ".join(f"({letter}) {why}" for (_, why), letter in notes.items())
    return Grid(f"{step} on {manifest['corpus']}, as published", head, rows, below)


def _reason(row: PublishedRow, manifest: Manifest) -> tuple[str, str]:
    """Return whether this very run may be set beside a published row, and why."""
    if not row.comparable:
        return "no", row.why
    if row.split != manifest["split"]:
        return "no", f"They are on {row.split}, this run on {manifest['split']}."
    if manifest["items"] != manifest["of"] or row.n not in (None, manifest["items"]):
        theirs = "all items" if row.n is None else f"n = {row.n}"
        return "no", f"They are on {theirs}, this run on {manifest['items']}."
    return "yes", row.why


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
