"""Which of the nearest examples are taken: those that fit, and differ from each other."""

import numpy as np
import numpy.typing as npt

from tools.records import Example, Scores

Vector = npt.NDArray[np.float32]

_SAME_EMOTION = 0.10
_SAME_STAGE = 0.05
_VARIETY = 0.3
"""How much likeness to what is already chosen counts against an example (MMR, Carbonell 1998)."""


def diverse(
    found: list[tuple[Example, Vector]], emotions: Scores, stage: str, k: int
) -> list[Example]:
    """Choose `k` examples that fit and differ (maximal marginal relevance)."""
    fit = [
        e.get("similarity", 0.0)
        + _SAME_EMOTION * emotions.get(e["emotion"], 0.0)
        + _SAME_STAGE * (e["stage"] == stage)
        for e, _ in found
    ]
    chosen: list[int] = []
    while len(chosen) < min(k, len(found)):
        rest = [i for i in range(len(found)) if i not in chosen]

        def worth(i: int) -> float:
            like = max((float(found[i][1] @ found[j][1]) for j in chosen), default=0.0)
            return (1 - _VARIETY) * fit[i] - _VARIETY * like

        chosen.append(max(rest, key=worth))
    return [found[i][0] for i in chosen]
