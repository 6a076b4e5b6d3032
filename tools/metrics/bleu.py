"""The three BLEUs that papers of the field report under one name."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.metrics.extra import package

_ORDERS = 4


@dataclass(frozen=True)
class CorpusBleu:
    """Counts of every reply, so that the BLEU of any choice of replies is a sum away.

    Attributes:
        matched: clipped matches of n-grams, shape (replies, 4).
        given: n-grams of the replies, same shape; at least 1 each, as nltk counts.
        lengths: words of each reply and of its reference, shape (replies, 2).
    """

    matched: npt.NDArray[np.int64]
    given: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    def score(self, n: int, rows: Sequence[int] | None = None) -> float:
        """Return BLEU-n in [0, 100] as ESConv's released code has it (`codes_zcj/metric`).

        Corpus level, uniform weights over orders 1 to `n`, brevity penalty, smoothing method 3 of
        Chen & Cherry (2014): the k-th order without a match counts as 1 / (2^k its n-grams).

        Args:
            n: highest order, 1 to 4.
            rows: which replies, one as often as it stands there; all of them if None.
        """
        chosen = slice(None) if rows is None else np.asarray(rows, np.intp)
        matched, given = self.matched[chosen].sum(0), self.given[chosen].sum(0)
        ours, theirs = self.lengths[chosen].sum(0).tolist()
        if not matched[0]:
            return 0.0
        logs, empty = 0.0, 0
        for hits, all_of_them in zip(matched[:n].tolist(), given[:n].tolist(), strict=True):
            empty += not hits
            logs += math.log(hits / all_of_them if hits else 1 / (2**empty * all_of_them))
        penalty = 1.0 if ours > theirs else math.exp(1 - theirs / ours)
        return 100 * penalty * math.exp(logs / n)


def esconv_bleu(
    replies: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
) -> CorpusBleu:
    """Count the n-grams of replies and references, texts as lists of words."""
    precision = _nltk().modified_precision
    parts = [
        [precision([reference], reply, order) for order in range(1, _ORDERS + 1)]
        for reply, reference in zip(replies, references, strict=True)
    ]
    lengths = [[len(a), len(b)] for a, b in zip(replies, references, strict=True)]
    return CorpusBleu(
        np.array([[part.numerator for part in row] for row in parts], np.int64),
        np.array([[part.denominator for part in row] for row in parts], np.int64),
        np.array(lengths, np.int64),
    )


def multimood_bleu_2(
    replies: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
) -> list[float]:
    """Return each reply's `BLEU-2` in [0, 100] as MultiMood's released code computes it.

    Sentence level, weights (.99, .01), no smoothing. In effect it is BLEU-1, with one cliff: a
    reply that shares no two words in a row with its reference comes out near 0 whatever single
    words it shares. Their mean compares with no other BLEU.
    """
    with warnings.catch_warnings():
        # nltk says of every reply without a shared n-gram that it has none.
        warnings.simplefilter("ignore", UserWarning)
        return [
            100 * float(_nltk().sentence_bleu([reference], reply, weights=(0.99, 0.01)))
            if reply and reference
            else 0.0
            for reply, reference in zip(replies, references, strict=True)
        ]


def sacrebleu(replies: Sequence[str], references: Sequence[str]) -> tuple[float, str]:
    """Return corpus BLEU-4 in [0, 100] by sacrebleu (Post 2018), and its signature.

    Its own tokenizer `13a`, mixed case, exponential smoothing: what the signature says.
    """
    bleu = package("sacrebleu", "sacrebleu", "BLEU (sacrebleu)").BLEU()
    found = bleu.corpus_score(list(replies), [list(references)])
    return float(found.score), str(bleu.get_signature())


def _nltk() -> Any:
    return package("nltk.translate.bleu_score", "nltk", "BLEU (ESConv)")
