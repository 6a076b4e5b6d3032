"""Train context heads: `python -m tools train emotion | strategy | system-emotion | joint`.

The encoder is not trained unless layers of it are tuned, so that every text is encoded once. A
tenth of the training dialogues decides when to stop and fits the temperature; no validation split
is ever read. Where history is predicted, each training turn's past labels come from networks that
have not seen its dialogue (folds), as they will at run time.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tools.backends.context_features import EMOTIONS, STRATEGIES
from tools.errors import DataError
from tools.records import Scores
from tools.training.context_fit import Lesson, Recipe, Trained, fit, probabilities
from tools.training.context_rows import ContextRow, Place, with_history, without_history
from tools.training.scores import Floats

_FEWEST = 40


def labels_of(rows: Sequence[ContextRow], tasks: Sequence[str]) -> dict[str, list[str]]:
    """Return the labels of each task that occur, in Attune's order.

    Raises:
        DataError: a task has fewer than two labels, or there are too few rows.
    """
    if len(rows) < _FEWEST:
        raise DataError(f"{len(rows)} turns are too few to train on; give the whole corpus")
    heads = {}
    for task in tasks:
        order = STRATEGIES if task == "strategy" else EMOTIONS
        there = {row.gold.get(task, "") for row in rows}
        heads[task] = [label for label in order if label in there]
        if len(heads[task]) < 2:
            raise DataError(
                f"the corpus has {len(heads[task])} labels for {task!r}, and two are needed; "
                "train another task on it"
            )
    return heads


def train(
    rows: Sequence[ContextRow],
    lesson: Lesson,
    recipe: Recipe,
    seed: int,
    extra: Sequence[ContextRow] = (),
    say: Callable[[str], None] = lambda text: None,
) -> Trained:
    """Train on nine tenths of the dialogues, stop and calibrate by the last.

    Args:
        rows: with gold history.
        lesson: what is computed once.
        recipe: how.
        seed: parts the dialogues, and decides all chance.
        extra: rows of other corpora, only ever learnt from.
        say: told how far it is.
    """
    kept, held = part(rows, seed)
    if recipe.history == "predicted":
        say("predict the labels of past turns")
        predicted = unseen(rows, lesson, recipe, seed)
        kept, held = with_history(kept, predicted), with_history(held, predicted)
    elif recipe.history == "none":
        kept, held = without_history(kept), without_history(held)
    return fit([*kept, *extra], held, lesson, recipe, seed, say)


def part(
    rows: Sequence[ContextRow], seed: int, parts: int = 10, which: int = 0
) -> tuple[list[ContextRow], list[ContextRow]]:
    """Return the rows without one part of the dialogues, and those of that part."""
    dialogues = sorted({row.dialogue for row in rows})
    order = np.random.default_rng(seed).permutation(len(dialogues))
    held = {dialogues[at] for place, at in enumerate(order) if place % parts == which}
    return (
        [row for row in rows if row.dialogue not in held],
        [row for row in rows if row.dialogue in held],
    )


def unseen(
    rows: Sequence[ContextRow], lesson: Lesson, recipe: Recipe, seed: int
) -> dict[str, dict[Place, Scores]]:
    """Return what networks that have not seen a dialogue say of its turns, without history.

    No layer is tuned for that. Parts of one turn are averaged.
    """
    plain = replace(lesson, sizes=lesson.sizes.model_copy(update={"tuned": 0}))
    bare = without_history(rows)
    found: dict[str, dict[Place, Scores]] = {task: {} for task in lesson.heads}
    for fold in range(recipe.folds):
        kept, held = part(bare, seed, recipe.folds, fold)
        stop = fit(*part(kept, seed), plain, recipe, seed)
        shares = probabilities(stop, held, plain)
        for task, labels in lesson.heads.items():
            at: dict[Place, list[Floats]] = {}
            for row, share in zip(held, shares[task], strict=True):
                at.setdefault(row.place, []).append(share)
            for place, several in at.items():
                mean = np.mean(several, 0).tolist()
                found[task][place] = dict(zip(labels, mean, strict=True))
    return found
