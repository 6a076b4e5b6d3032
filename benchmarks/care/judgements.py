"""Write down what judges said: by arm, against each other, and against the runtime check."""

from collections.abc import Sequence
from itertools import combinations

from benchmarks.care import tables
from benchmarks.care.classifier import Classified
from benchmarks.care.judging import (
    Agreement,
    Labels,
    adherence,
    agreement,
    by_sheet,
    preference,
)
from benchmarks.care.runs import Row
from benchmarks.care.runtime_check import check_agreement
from benchmarks.care.scores import Line


def judgements(rows: Sequence[Row], labels: Sequence[Labels], classified: Classified | None) -> str:
    """Return everything that was judged, as Markdown."""
    parts = [
        part
        for found in labels
        for part in (_singles if found["kind"] == "adherence" else _pairs)(rows, found)
    ]
    for sheet, found in by_sheet(labels).items():
        for one, other in combinations(found, 2):
            head = f"{one['judge']} and {other['judge']} on the sheet `{sheet}`:\n"
            parts.append(f"{head}\n{_agreements(agreement(one, other))}\n")
    if classified is not None:
        parts.append(_by_classifier(classified))
    return "\n".join(parts) or "No judge has read the replies yet."


def _singles(rows: Sequence[Row], labels: Labels) -> list[str]:
    found = adherence(labels)
    lines = [
        Line("follows its plan (without one: that of (c))", "%", {**found.follows}),
        Line("advises", "%", {**found.advises}),
        Line("score, 1 to 5", "", {**found.score}),
    ]
    return [
        f"Single replies, blind, sheet `{labels['sheet']}`, judged by {labels['judge']}:\n",
        tables.markdown(lines),
        f"\nThe runtime check of the plan against {labels['judge']}:\n",
        _agreements(check_agreement(rows, labels)),
        "",
    ]


def _pairs(rows: Sequence[Row], labels: Labels) -> list[str]:
    found = preference(labels)
    ours, theirs = tables.TITLES[found.ours], tables.TITLES[found.theirs]
    taken = {(r["conversation"], r["turn"]) for r in rows if r["route"] == "crisis"}
    kept: Labels = {**labels, "lines": {
        name: label for name, label in labels["lines"].items()
        if (label["places"][0]["conversation"], label["places"][0]["turn"]) not in taken
    }}  # fmt: skip
    without = ""
    if taken and kept["lines"] and len(kept["lines"]) < len(labels["lines"]):
        share = tables.cell(preference(kept).share, "%")
        without = f" Without the turns that were taken for danger: {share}."
    return [
        f"Pairs, blind, both orders, sheet `{labels['sheet']}`, judged by {labels['judge']}: "
        f"{ours} is preferred over {theirs} in {tables.cell(found.share, '%')} pairs, a tie "
        f"counting half.{without} The choice stayed the same in {found.steady:.0%} of the pairs "
        f"when the two changed places; the first was chosen in {found.first:.0%} of the lines.\n"
    ]


def _agreements(found: Sequence[Agreement]) -> str:
    rows = ["| of | agree | Cohen's kappa | n |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {tables.TITLES.get(a.what, a.what)} | {a.accuracy:.0%} | {a.kappa:.2f} | {a.n} |"
        for a in found
    ]
    return "\n".join(rows)


def _by_classifier(found: Classified) -> str:
    told = ", ".join(
        f"{tables.TITLES[arm]} {share:.0%} (first two {found.followed_two[arm]:.0%}, "
        f"n {found.n[arm]})"
        for arm, share in found.followed.items()
    )
    return (
        f"A classifier of replies (logistic regression on sentence vectors of {found.examples} "
        f"example replies; held out {found.held_out:.0%}, first two {found.top_two:.0%}, always "
        f"the most frequent {found.floor:.0%}) names the planned strategy in: {told or 'none'}.\n"
    )
