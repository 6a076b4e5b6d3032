"""What retrieved examples speak for: a vote of the k nearest, by their likeness."""

from collections.abc import Sequence
from typing import Literal

from tools.records import Example, Scores


def votes(
    examples: Sequence[Example], key: Literal["strategy", "system_emotion"] = "strategy"
) -> Scores:
    """Return each label's share of the examples, weighted by their squared similarity (kNN).

    Examples that are nothing alike have no vote; without any vote the result is empty.
    """
    shares: Scores = {}
    for example in examples:
        weight = max(0.0, example.get("similarity", 0.0)) ** 2
        shares[example[key]] = shares.get(example[key], 0.0) + weight
    total = sum(shares.values())
    return {label: share / total for label, share in shares.items()} if total else {}
