"""A judge that is no language model: a reply's strategy, as told from the project's examples.

A logistic regression on sentence vectors of the examples' replies. It sees no rule of the runtime
check, but is far from right; its held-out accuracy stands beside what it says.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.context import Services
from benchmarks.care.runs import Run
from benchmarks.care.scores import by_arm
from tools.errors import ConfigError
from tools.records import Example

Vectors = npt.NDArray[np.float32]

_FOLDS = 5


@dataclass(frozen=True)
class Classified:
    """What the classifier says of a run.

    Attributes:
        examples: how many replies it learnt from.
        held_out: its accuracy on replies left out of five folds, in [0, 1].
        top_two: how often the right strategy is among its first two there.
        floor: accuracy of always naming the most frequent strategy.
        followed: by arm, the share of replies whose plan is the strategy it names.
        followed_two: by arm, the share whose plan is among its first two.
        n: by arm, how many replies have a plan.
    """

    examples: int
    held_out: float
    top_two: float
    floor: float
    followed: dict[str, float]
    followed_two: dict[str, float]
    n: dict[str, int]


async def classify(run: Run, examples: Sequence[Example], services: Services) -> Classified:
    """Learn from the examples, name the strategy of every planned reply, and keep the result.

    Raises:
        ConfigError: the examples are too few.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    texts = [example["reply"] for example in examples]
    gold = np.array([example["strategy"] for example in examples])
    counts = {label: int((gold == label).sum()) for label in {*gold}}
    if len(counts) < 2 or min(counts.values()) < _FOLDS:
        raise ConfigError(
            f"a classifier needs {_FOLDS} examples of each of two strategies; "
            f"there are {len(texts)} in all"
        )
    vectors = await _embed(texts, services)
    model = LogisticRegression(max_iter=2000, C=10.0, class_weight="balanced")
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    guessed = cross_val_predict(model, vectors, gold, cv=folds, method="predict_proba")
    names = np.array(sorted(counts))
    model.fit(vectors, gold)
    followed, followed_two, n = {}, {}, {}
    for arm, rows in by_arm(run.rows()).items():
        planned = [r for r in rows if r["plan"] and r["reply"] and r["route"] == "support"]
        if not planned:
            continue
        found = model.predict_proba(await _embed([r["reply"] for r in planned], services))
        plans = np.array([r["plan"] for r in planned])
        followed[arm], followed_two[arm] = _hits(found, plans, names)
        n[arm] = len(planned)
    held_out, top_two = _hits(guessed, gold, names)
    floor = max(counts.values()) / len(texts)
    result = Classified(len(texts), held_out, top_two, floor, followed, followed_two, n)
    run.path("classified", "classifier.json").write_text(json.dumps(asdict(result)), "utf-8")
    return result


def read_classified(run: Run) -> Classified | None:
    """Return what the classifier said of a run; None where it was not asked."""
    path = run.folder / "classified" / "classifier.json"
    return Classified(**json.loads(path.read_text("utf-8"))) if path.is_file() else None


def _hits(probabilities: Any, gold: Any, names: Any) -> tuple[float, float]:
    order = np.argsort(-probabilities, axis=1)
    first = names[order[:, 0]] == gold
    second = names[order[:, 1]] == gold
    return float(first.mean()), float((first | second).mean())


async def _embed(texts: Sequence[str], services: Services) -> Vectors:
    bound = services.models.bound("embed")
    assert bound is not None  # `assemble` refuses a profile without one
    return np.array(await asyncio.gather(*(bound.host.infer(text) for text in texts)), np.float32)
