"""How rows of danger are parted and judged: folds by family, thresholds, and the whole curve."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.training.risk_rows import TOLD, RiskRow

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

EVERYDAY = "everyday-"
"""How the families of comments of everyday talk begin."""

_TURNS = ("ca-", "cb-", TOLD)
"""How the families of turns of harmless conversations begin."""

_LOWEST = 0.02
_LIMITS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def part_families(rows: Sequence[RiskRow], folds: int, seed: int) -> Places:
    """Deal families into folds, so that no family is both learnt from and judged."""
    families = sorted({row.family for row in rows})
    order = np.random.default_rng(seed).permutation(len(families))
    fold = {families[place]: at % folds for at, place in enumerate(order)}
    return np.array([fold[row.family] for row in rows])


def threshold_for(calm: Floats, share: float) -> float:
    """Return the score that all but `share` of the ordinary messages stay below."""
    if not len(calm):
        return _LOWEST
    return float(np.clip(np.quantile(calm, 1 - share), _LOWEST, 1 - _LOWEST).round(4))


def source_of(row: RiskRow) -> str:
    """Return what kind of rows one belongs to: `everyday` comments, `turns` of talk, or `near`."""
    if row.family.startswith(EVERYDAY):
        return "everyday"
    return "turns" if row.family.startswith(_TURNS) else "near"


def count_kinds(rows: Sequence[RiskRow]) -> dict[str, int]:
    """Return how many rows there are of every kind of danger."""
    counts: dict[str, int] = {}
    for row in rows:
        name = str(row.danger) or "of an unknown kind"
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def score_unseen(
    rows: Sequence[RiskRow], scores: Floats, harmful: npt.NDArray[np.bool_], threshold: float
) -> dict[str, Any]:
    """Return how rows were judged unseen: overall, and at several thresholds."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    explicit = np.array([row.explicit for row in rows])
    source = np.array([source_of(row) for row in rows])
    groups = {
        "recall_explicit": harmful & explicit,
        "recall_indirect": harmful & ~explicit,
        "false_alarms_near": ~harmful & (source == "near"),
        "false_alarms_turns": source == "turns",
        "false_alarms_everyday": source == "everyday",
    }
    return {
        "auc": round(float(roc_auc_score(harmful, scores)), 4),
        "average_precision": round(float(average_precision_score(harmful, scores)), 4),
        "at": [
            {"threshold": limit}
            | {name: _share(scores[group] >= limit) for name, group in groups.items()}
            for limit in (threshold, *_LIMITS)
        ],
    }


def _share(found: npt.NDArray[np.bool_]) -> float | None:
    return round(float(found.mean()), 4) if len(found) else None
