"""What the predictions of a run are worth, step by step."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import cast

import numpy as np

from agents.adherence import departs, lacks
from graphs.evaluation.further import Further
from graphs.evaluation.labels import LABELLED, LabelSpace
from graphs.evaluation.records import ItemRecord, Prediction
from graphs.evaluation.scores import (
    Adherence,
    Bin,
    GroupScore,
    Latency,
    RunScores,
    StepScores,
    WrittenScores,
)
from tools.metrics.calibration import brier, expected_calibration_error, reliability
from tools.metrics.diversity import diversity
from tools.metrics.labels import label_scores
from tools.metrics.openings import repeated_share
from tools.metrics.overlap import overlap
from tools.metrics.perplexity import perplexity
from tools.metrics.preference import preference_bias
from tools.metrics.tokens import tokens
from tools.records import Scores
from tools.sentences import split


def score(
    steps: Sequence[str],
    items: Sequence[ItemRecord],
    predictions: Sequence[Prediction],
    space: LabelSpace,
    emitted: Mapping[str, Sequence[str]],
    further: Further | None = None,
) -> RunScores:
    """Return the scores of every step that the corpus has gold labels or texts for.

    Args:
        steps: those that the graph takes.
        items: of the run.
        predictions: one for each item, in the same order.
        space: the labels of the corpus.
        emitted: Attune's labels that the bound sources declare, by step; for a step that is not
            there, those that had a share in any item.
        further: measures that were asked for besides.
    """
    found: dict[str, StepScores | WrittenScores] = {}
    for step in steps:
        scored: StepScores | WrittenScores | None
        if step in LABELLED:
            scored = _labelled(step, items, predictions, space, emitted.get(step, ()))
        else:
            scored = _written(step, items, predictions, further or Further())
        if scored:
            found[step] = scored
    return {
        "items": len(items),
        "steps": found,
        "failed": sum("failed" in p for p in predictions),
        "screened": dict(Counter(p["risk"] for p in predictions).most_common()),
        "modalities": _modalities(predictions),
        "clips": {
            "there": sum(item["clips"] for item in items),
            "not in the folder": sum(item["missing"] for item in items),
            "unreadable": sum(one.get("unreadable", 0) for one in predictions),
        },
        "ms": latency(predictions),
        "given": dict(Counter(step for one in predictions for step in one["given"])),
    }


def rows(
    step: str, items: Sequence[ItemRecord], predictions: Sequence[Prediction], space: LabelSpace
) -> list[tuple[int, str, str]]:
    """Return place, gold and predicted label of every item that a step is scored on.

    Items without a gold label are left out, and those whose label stands for none of Attune's. The
    set is closed: of a distribution, the likeliest label that the corpus has is taken. A prediction
    whose model said nothing that could be read is empty, and so wrong.
    """
    found = []
    for place, (item, one) in enumerate(zip(items, predictions, strict=True)):
        if gold := space.gold(step, item["gold"].get(step, "")):
            found.append((place, gold, _prediction(step, one, space)))
    return found


def latency(predictions: Sequence[Prediction]) -> dict[str, Latency]:
    """Return median and 95th percentile of the milliseconds by node, waiting included."""
    spent: dict[str, list[float]] = {}
    for one in predictions:
        for node, ms in one["ms"].items():
            spent.setdefault(node, []).append(ms)
    return {
        node: {"median": round(float(np.median(ms)), 1),
               "p95": round(float(np.quantile(ms, 0.95)), 1)}
        for node, ms in spent.items()
    }  # fmt: skip


def _prediction(step: str, one: Prediction, space: LabelSpace) -> str:
    # The likeliest, also where the page would say that it is not sure.
    closed = _closed(_spread(step, one, space), space.labels(step))
    return max(closed, key=closed.__getitem__, default="")


def _spread(step: str, one: Prediction, space: LabelSpace) -> Scores:
    if step in one["unparsable"]:
        return {}  # what the turn went on with is not the model's
    named = one["predicted"].get(step, "")
    return space.scored_all(step, one["scores"].get(step) or ({named: 1.0} if named else {}))


def _closed(spread: Scores, labels: Sequence[str]) -> Scores:
    """Return a distribution over the labels alone; empty where none of them has a share."""
    total = sum(spread.get(label, 0.0) for label in labels)
    return {label: spread.get(label, 0.0) / total for label in labels} if total > 0 else {}


def _labelled(
    step: str,
    items: Sequence[ItemRecord],
    predictions: Sequence[Prediction],
    space: LabelSpace,
    emitted: Sequence[str],
) -> StepScores | None:
    scored = rows(step, items, predictions, space)
    if not scored:
        return None
    labels = space.labels(step)
    gold, predicted = [g for _, g, _ in scored], [p for _, _, p in scored]
    labelled = sum(bool(item["gold"].get(step)) for item in items)
    spread = [_spread(step, predictions[at], space) for at, _, _ in scored]
    closed = [_closed(one, labels) for one in spread]
    sure = [min(1.0, max(one.values(), default=0.0)) for one in closed]
    right = [g == p for g, p in zip(gold, predicted, strict=True)]
    declared = space.emitted(step, emitted)
    reach = declared or {label for one in spread for label, share in one.items() if share > 0}
    named = set(predicted)
    return {
        **label_scores(gold, predicted, labels),
        "labels": list(labels),
        "kind": "labels",
        "left_out": labelled - len(scored),
        "outside": sum(max(s, key=s.__getitem__, default="") not in labels for s in spread if s),
        "unsure": sum(predictions[at]["predicted"].get(step) == "unknown" for at, _, _ in scored),
        "calibration": {
            "ece": expected_calibration_error(sure, right),
            "brier": brier(closed, gold, labels),
            "reliability": [cast(Bin, asdict(part)) for part in reliability(sure, right)],
        },
        "emitted": {
            "share": sum(label in reach for label in gold) / len(gold),
            "never": sorted(set(gold) - reach),
            "never_named": sorted(set(gold) - named),
        },
        "unsure_as_wrong": sum(
            hit and predictions[at]["predicted"].get(step) != "unknown"
            for hit, (at, _, _) in zip(right, scored, strict=True)
        )
        / len(right),
        "groups": _groups(items, scored),
        "preference": (preference_bias(_confusion(scored, labels)) if step == "strategy" else None),
    }


def _confusion(scored: Sequence[tuple[int, str, str]], labels: Sequence[str]) -> list[list[int]]:
    """Return how often each label was predicted (rows) for each gold one; the last takes the rest.

    Kang et al. count what could not be read as `others`, which is the last label.
    """
    order = sorted(labels, key=lambda label: label.casefold().startswith("other"))
    counts = Counter((p if p in labels else order[-1], g) for _, g, p in scored)
    return [[counts[p, g] for g in order] for p in order]


def _groups(
    items: Sequence[ItemRecord], scored: Sequence[tuple[int, str, str]]
) -> dict[str, dict[str, GroupScore]]:
    """Return accuracy and n by group, for every kind of group that the items have."""
    right: dict[str, dict[str, list[bool]]] = {}
    for place, gold, predicted in scored:
        for kind, group in items[place]["groups"].items():
            right.setdefault(kind, {}).setdefault(group, []).append(gold == predicted)
    return {
        kind: {g: {"accuracy": sum(r) / len(r), "n": len(r)} for g, r in sorted(groups.items())}
        for kind, groups in right.items()
    }


def _written(
    step: str, items: Sequence[ItemRecord], predictions: Sequence[Prediction], further: Further
) -> WrittenScores | None:
    pairs = [
        (one["predicted"].get(step, ""), item["gold"][step], one)
        for item, one in zip(items, predictions, strict=True)
        if item["gold"].get(step)
    ]
    if not pairs:
        return None
    texts, references = [text for text, _, _ in pairs], [gold for _, gold, _ in pairs]
    found: WrittenScores = {"kind": "text", "n": len(pairs), "empty": texts.count("")}
    if not any(texts):
        return found
    found["overlap"] = overlap(texts, references, wordnet=further.wordnet)
    found["overlap"] |= further.bert_score(texts, references)
    found["diversity"] = diversity(texts)
    found["diversity_of_references"] = diversity(references)
    found["words"] = {"mean": _words(texts), "references": _words(references)}
    if step == "response":
        found["stood_in"] = sum("stood_in" in one for _, _, one in pairs)
        if kept := adherence(texts, [one for _, _, one in pairs]):
            found["adherence"] = kept
        found["repeated_openings"] = repeated_share(texts)
        known = [one["log_probabilities"] for _, _, one in pairs if "log_probabilities" in one]
        if known:
            found["perplexity"] = perplexity(known)
    return found


def adherence(texts: Sequence[str], predictions: Sequence[Prediction]) -> Adherence | None:
    """Return the share of replies that keep to the planned strategy, by the rules of `respond`.

    None where no reply had a plan.
    """
    planned = [
        (text, one["plan"])
        for text, one in zip(texts, predictions, strict=True)
        if text and one["plan"]
    ]
    if not planned:
        return None
    keep = [
        not lacks(text, strategy) and not any(departs(s, strategy) for s in split(text))
        for text, strategy in planned
    ]
    return {"share": sum(keep) / len(keep), "n": len(keep)}


def _words(texts: Sequence[str]) -> float:
    return float(np.mean([len(tokens(text)) for text in texts]))


def _modalities(predictions: Sequence[Prediction]) -> dict[str, dict[str, int]]:
    """Return how often each modality was read, and why it was not."""
    counts: dict[str, Counter[str]] = {}
    for one in predictions:
        for modality, missing in one["readings"].items():
            counts.setdefault(modality, Counter())[missing or "read"] += 1
    return {modality: dict(counted.most_common()) for modality, counted in counts.items()}
