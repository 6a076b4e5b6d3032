"""Write `docs/care.md` from a run: what was measured on what, the goals, and the replies."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.care import goals, tables
from benchmarks.care.arms import ALONE, FULL
from benchmarks.care.classifier import read_classified
from benchmarks.care.fixed_set import Talk
from benchmarks.care.judgements import judgements
from benchmarks.care.judging import Labels, read_labels
from benchmarks.care.runs import Manifest, Row, Run
from benchmarks.care.scores import by_arm, score, speed
from tools.errors import DataError

WORST = 10
_UNEXPLAINED = "*not explained yet*"
_CRISIS = "*(taken for danger: the safety protocol answered)*"
_HEAD = """\
# Are the answers worth reading?

This page is written by `python -m benchmarks care report RUN` from a run of
`python -m benchmarks care`; only the explanations of the worst replies are by hand.

A set of {conversations} conversations of ten to thirteen turns and {openings} single openings was
written for this project before any reply was seen, and is frozen by its hash. What the person says
stays the same whatever is answered; it tells its story, pushes back, corrects, asks for advice,
changes the topic, says nothing much, and leaves. All of it is harmless: there is no crisis in it.
Everybody in it is made up, and grown up. The same turns were answered by

- **(a)** the untuned language model alone with a [good system prompt](../benchmarks/care/alone.md)
  and the whole conversation,
- **(a2)** the graph's own model in the same way, where that is another one,
- **(b)** the full graph with a store that holds no examples,
- **(c)** the full graph.

Intervals are 95%, from resampling whole conversations, and `n` counts replies. Advice is counted by
rules that share nothing with those of the graph. What is *counted* says nothing about how a reply
reads; the judges do. They read blind sheets: no arm is named, and every pair stands there in both
orders. An arm without a plan is judged by the plan that (c) had in the same turn: that is the floor
which the plan has to beat. Replies of the safety protocol to harmless words are false alarms; they
count in every line but adherence, and are not shown.

```sh
python -m benchmarks care --latency 24 --out build/care      # hours; a killed run goes on
python -m benchmarks care sheet build/care --kind adherence  # or --kind preference
python -m benchmarks care judge build/care/sheets/adherence-60-0.jsonl --judge "who judged"
python -m benchmarks care classify build/care                # a judge that is no language model
python -m benchmarks care report build/care
```
"""


def write_page(run: Run, talks: Sequence[Talk], path: Path, shown: Sequence[str]) -> list[str]:
    """Write the page and return which of the worst replies nobody has explained yet.

    Args:
        run: a run with the arm `full` at least.
        talks: the fixed set.
        path: the Markdown file.
        shown: ids of the conversations that are shown side by side.

    Raises:
        DataError: the run holds no reply of the full graph, or the explanations cannot be read.
    """
    rows = run.rows()
    if not any(row["arm"] == FULL for row in rows):
        raise DataError(
            f"the run {run.folder.name!r} holds no reply of {FULL!r}; run that arm first"
        )
    labels, lines = read_labels(run), score(rows, talks)
    explained = _explanations(run)
    worst = worst_replies(rows, labels)
    parts = [
        head(talks),
        "## Goals\n",
        goals.table(goals.goals(lines, rows, labels)),
        "\n## What it ran on\n",
        _made_on(run.manifest(), rows),
        "\n## Counted\n",
        tables.markdown(lines),
        *_seconds(run),
        "\n## Judged\n",
        judgements(rows, labels, read_classified(run)),
        "\n## Side by side\n",
        *(_side_by_side(name, rows) for name in shown),
        f"\n## The worst {WORST} replies of (c)\n",
        _worst(worst, explained),
    ]
    path.write_text("\n".join(parts).rstrip() + "\n", "utf-8")
    missing = [place for place, _, _ in worst if not explained.get(place)]
    _leave_places(run, explained, missing)
    return missing


def head(talks: Sequence[Talk]) -> str:
    """Return the part of the page that no run changes."""
    long = sum(talk.probe is not None for talk in talks)
    return _HEAD.format(conversations=long, openings=len(talks) - long)


def worst_replies(
    rows: Sequence[Row], labels: Sequence[Labels]
) -> list[tuple[str, Row, list[str]]]:
    """Return the ten replies of the full graph that judges score lowest, with what they noted.

    Among equal scores, those that do not follow their plan, or advise, come first.
    """
    given: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for found in labels:
        for label in found["lines"].values():
            place = label["places"][0]
            if found["kind"] == "adherence" and place["arm"] == FULL:
                noted = {**label["given"], "judge": found["judge"]}
                given.setdefault((place["conversation"], place["turn"]), []).append(noted)

    def grade(said: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
        def average(name: str) -> float:
            return sum(float(s[name]) for s in said) / len(said)

        return average("score"), average("follows"), -average("advises")

    full = {(r["conversation"], r["turn"]): r for r in rows if r["arm"] == FULL}
    order = sorted((p for p in given if p in full), key=lambda p: (grade(given[p]), p))[:WORST]
    return [
        (
            f"{place[0]}/{place[1]}",
            full[place],
            [f"{s['judge']}: {s['score']} of 5. {s['note']}".strip() for s in given[place]],
        )
        for place in order
    ]


def _made_on(manifest: Manifest, rows: Sequence[Row]) -> str:
    counts = {arm: len(replies) for arm, replies in by_arm(rows).items()}
    lines = [
        f"- machine: {manifest['machine']}",
        f"- profile: `{manifest['profile']}`; set: `{manifest['set'][:12]}`",
    ]
    for arm, title in tables.TITLES.items():
        facts = manifest["arms"].get(arm)
        if facts is None:
            continue
        told = [f"model `{facts.get('model', '')}`"]
        told += [f"weights `{v[:12]}`" for k, v in sorted(facts.items()) if k.startswith("sha256")]
        told += [f"graph `{facts['graph']}`"] if "graph" in facts else []
        told += [f"prompt `{facts['prompt_hash'][:12]}`"] if "prompt_hash" in facts else []
        told += [f"lacking: {facts['lacking']}"] if "lacking" in facts else []
        lines.append(f"- {title}: {', '.join(told)}; {counts.get(arm, 0)} replies")
    return "\n".join(lines)


def _seconds(run: Run) -> list[str]:
    rows = run.latency()
    if not rows:
        return []
    head = "\nSeconds from the message to the first sentence, warmed, one turn at a time:\n"
    return [head, tables.markdown(speed(rows))]


def _side_by_side(name: str, rows: Sequence[Row]) -> str:
    found = {(r["arm"], r["turn"]): r for r in rows if r["conversation"] == name}
    turns = sorted({turn for _, turn in found})
    lines = [
        f"### {name}\n",
        "| they said | (a) | (c) | plan of (c) |",
        "| --- | --- | --- | --- |",
    ]
    for turn in turns:
        alone, full = found.get((ALONE, turn)), found.get((FULL, turn))
        said = (full or alone or {"said": ""})["said"]
        plan = (full["moment"] or full["plan"]) if full else ""
        lines.append(f"| {_cell(said)} | {_reply(alone)} | {_reply(full)} | {_cell(plan)} |")
    return "\n".join([*lines, ""]) if turns else ""


def _worst(worst: Sequence[tuple[str, Row, list[str]]], explained: Mapping[str, str]) -> str:
    if not worst:
        return "No judge has read them yet."
    parts = []
    for number, (place, row, notes) in enumerate(worst, 1):
        parts.append(
            f"{number}. `{place}`, plan {row['moment'] or row['plan']}\n"
            f"   - they said: {_cell(row['said'])}\n"
            f"   - reply: {_reply(row)}\n"
            + "".join(f"   - {_cell(note)}\n" for note in notes)
            + f"   - why: {explained.get(place) or _UNEXPLAINED}\n"
        )
    return "\n".join(parts)


def _reply(row: Row | None) -> str:
    if row is None:
        return ""
    return _CRISIS if row["route"] == "crisis" else _cell(row["reply"]) or "*(no reply)*"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _explanations(run: Run) -> dict[str, str]:
    path = run.folder / "explanations.yaml"
    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(path.read_text("utf-8")) or {}
        return {str(place): str(text or "") for place, text in found.items()}
    except (yaml.YAMLError, AttributeError) as error:
        raise DataError(
            f"the file {path.name!r} is no map of replies to explanations ({error}); correct it"
        ) from error


def _leave_places(run: Run, explained: Mapping[str, str], missing: Sequence[str]) -> None:
    """Add an empty place for each explanation that is wanted."""
    places = {**explained, **{place: explained.get(place, "") for place in missing}}
    text = "".join(
        f"{json.dumps(place)}: {json.dumps(text, ensure_ascii=False)}\n"
        for place, text in places.items()
    )
    (run.folder / "explanations.yaml").write_text(text, "utf-8")
