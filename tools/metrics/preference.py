"""Which strategies a planner prefers beyond what people chose (Kang et al., ACL 2024)."""

import math
from collections.abc import Sequence

from typing_extensions import TypedDict  # pydantic needs this one before 3.12

_SWEEPS = 20


class Preference(TypedDict):
    """Strategy preference bias and what it is made of.

    Attributes:
        bias: population standard deviation of the preferences, 0 without one; None where several
            labels are preferred without bound.
        preference: by place of the label; those that count sum to their number. 0 for a label
            that is left out; None where several are without bound.
        n: gold items, those of labels that are left out none of them.
        left_out: places of the labels that never occur in gold.
    """

    bias: float | None
    preference: list[float] | None
    n: int
    left_out: list[int]


def preference_bias(counts: Sequence[Sequence[int]]) -> Preference:
    """Return the preference bias B of a planner, by Bradley-Terry over its confusions.

    Twenty sweeps in place from 1, as in the released code: `p_i` becomes the confusions in favour
    of `i`, `sum_j T[i][j] p_j / (p_i + p_j)`, over those against it, `sum_j T[j][i] / (p_i + p_j)`;
    then all are divided by the geometric mean of the non-zero ones.

    What that code does not define is settled so: a label that never occurs in gold is left out
    with what was predicted for it, because its preference has no bound; a label that was never
    confused stays at 1; one whose gold items are always found while others are taken for it takes
    all of the preference, which is the limit.

    Args:
        counts: `T[i][j]`: how often `i` was predicted where `j` is gold; square. Count what could
            not be read as `others`, as the paper does.

    Raises:
        ValueError: `counts` is not square, or empty.
    """
    if not counts or any(len(row) != len(counts) for row in counts):
        raise ValueError(f"the counts of {len(counts)} labels are not square; give a row for each")
    places = [i for i in range(len(counts)) if any(row[i] for row in counts)]
    table = [[counts[i][j] for j in places] for i in places]
    found: Preference = {
        "bias": None,
        "preference": None,
        "n": sum(row[i] for row in counts for i in places),
        "left_out": [i for i in range(len(counts)) if i not in places],
    }
    shares = _preferences(table)
    if shares is not None:
        found["bias"] = math.sqrt(sum((p - 1) ** 2 for p in shares) / len(shares))
        by_place = dict(zip(places, shares, strict=True))
        found["preference"] = [by_place.get(i, 0.0) for i in range(len(counts))]
    return found


def _preferences(table: Sequence[Sequence[int]]) -> list[float] | None:
    """Return preferences that sum to the number of labels; None where several have no bound."""
    size = range(len(table))
    won = [sum(table[i][j] for j in size if j != i) for i in size]
    lost = [sum(table[j][i] for j in size if j != i) for i in size]
    unbounded = [i for i in size if won[i] and not lost[i]]
    if len(unbounded) > 1 or not table:
        return None
    if unbounded:
        return [float(len(table) * (i in unbounded)) for i in size]
    p = [1.0 if won[i] or not lost[i] else 0.0 for i in size]
    for _ in range(_SWEEPS):
        for i in size:
            if not lost[i]:
                continue
            others = [j for j in size if j != i and p[i] + p[j]]
            gained = sum(table[i][j] * p[j] / (p[i] + p[j]) for j in others)
            against = sum(table[j][i] / (p[i] + p[j]) for j in others)
            p[i] = gained / against if against else 0.0
        kept = [value for value in p if value > 0]
        scale = math.exp(sum(map(math.log, kept)) / len(kept))
        p = [value / scale for value in p]
    return [value * len(p) / sum(p) for value in p]
