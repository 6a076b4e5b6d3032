"""TF-IDF of words and characters under a logistic regression, beside trained heads."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from benchmarks.context_scores import Answers

if TYPE_CHECKING:
    from tools.training.context_rows import ContextRow

Vector = Callable[[str], npt.NDArray[np.float32]]
"""The sentence vector of a text."""

NGRAMS: Mapping[str, tuple[bool, int]] = {
    "TF-IDF": (False, 0),
    "TF-IDF, sentence vector": (True, 0),
    "TF-IDF, 1 message before": (False, 1),
    "TF-IDF, sentence vector, 1 message before": (True, 1),
}
"""Name -> whether the sentence vector stands beside it, and how many messages before are read."""

_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Values of `C`, of which the held-out tenth chooses one."""


def ngrams(
    name: str,
    rows: "Sequence[ContextRow]",
    asked: "Sequence[ContextRow]",
    tasks: Sequence[str],
    seeds: Sequence[int],
    vector: Vector,
) -> Answers:
    """Name the labels of `asked` by regressions on `rows`, one per seed.

    As with the heads, a tenth of the training dialogues is held out by each seed; it chooses the
    strength of the regularisation by the log loss, and is not learnt from.

    Args:
        name: one of `NGRAMS`.
        rows: of the training split.
        asked: of the validation split.
        tasks: which labels.
        seeds: part the dialogues.
        vector: gives sentence vectors.
    """
    from tools.training.context import part

    with_vector, context = NGRAMS[name]
    found: Answers = {task: [] for task in tasks}
    for seed in seeds:
        kept, held = part(rows, seed)
        seen = _Columns(kept, context, vector if with_vector else None)
        learnt, judged, wanted = (seen.of(some) for some in (kept, held, asked))
        for task in tasks:
            gold, truth = ([row.gold[task] for row in some] for some in (kept, held))
            best = _regression(learnt, gold, judged, truth)
            found[task].append([str(label) for label in best.predict(wanted)])
    return found


def _regression(learnt: Any, gold: list[str], judged: Any, truth: list[str]) -> Any:
    """Return the regression that is least surprised by the rows that were held out."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    there = [at for at, label in enumerate(truth) if label in set(gold)]

    def surprise(model: Any) -> float:
        shares = model.predict_proba(judged[there])
        return float(log_loss([truth[at] for at in there], shares, labels=model.classes_))

    models = [
        LogisticRegression(C=strength, solver="newton-cg").fit(learnt, gold)
        for strength in _STRENGTHS
    ]
    return min(models, key=surprise)


class _Columns:
    """Sparse columns of rows; the vocabulary is that of the rows that are learnt from."""

    def __init__(self, rows: "Sequence[ContextRow]", context: int, vector: Vector | None) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        def fitted(texts: list[str]) -> Any:
            words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
            letters = TfidfVectorizer(
                analyzer="char_wb", ngram_range=(2, 4), min_df=3, sublinear_tf=True
            )
            return make_union(words, letters).fit(texts)

        self._context, self._vector = context, vector
        self._unions = [fitted(list(texts)) for texts in zip(*map(self._texts, rows), strict=True)]

    def of(self, rows: "Sequence[ContextRow]") -> Any:
        """Return a matrix, (rows, columns)."""
        from scipy.sparse import csr_matrix, hstack

        parts = []
        for texts, union in zip(
            zip(*map(self._texts, rows), strict=True), self._unions, strict=True
        ):
            parts.append(union.transform(texts))
            if self._vector is not None:
                parts.append(csr_matrix(np.stack([self._vector(text) for text in texts])))
        return hstack(parts).tocsr()

    def _texts(self, row: "ContextRow") -> list[str]:
        before = [turn["text"] for turn in row.situation.before][::-1]
        return [row.situation.said, *(before + [""] * self._context)[: self._context]]
