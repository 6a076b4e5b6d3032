"""The two ROUGE-Ls of the field, and unigram F1."""

from collections import Counter
from collections.abc import Sequence

from tools.metrics.extra import package

_BETA = 1.2


def rouge_l(replies: Sequence[str], references: Sequence[str]) -> list[float]:
    """Return each reply's ROUGE-L F1 in [0, 100] by rouge-score (Lin 2004), words stemmed.

    Its own words: letters and figures in lower case, everything else dropped. This is what
    MultiMood's released code reports.
    """
    scorer = package("rouge_score.rouge_scorer", "rouge-score", "ROUGE-L (rouge-score)")
    lines = scorer.RougeScorer(["rougeL"], use_stemmer=True)
    return [
        100 * float(lines.score(reference, reply)["rougeL"].fmeasure)
        for reply, reference in zip(replies, references, strict=True)
    ]


def esconv_rouge_l(reply: Sequence[str], reference: Sequence[str]) -> float:
    """Return ROUGE-L in [0, 100] as ESConv's released code has it: recall weighs more.

    The F-measure with beta 1.2 of the longest common subsequence of two texts as words, not
    stemmed, marks included.
    """
    common = _longest_common_subsequence(reply, reference)
    if not common:
        return 0.0
    precision, recall = common / len(reply), common / len(reference)
    return 100 * (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)


def unigram_f1(reply: Sequence[str], reference: Sequence[str]) -> float:
    """Return the F1 of the words that two texts share, in [0, 100] (ESConv's released code)."""
    shared = (Counter(reply) & Counter(reference)).total()
    return 200 * shared / (len(reply) + len(reference)) if shared else 0.0


def _longest_common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    lengths = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for place, other in enumerate(second, 1):
            above = lengths[place]
            lengths[place] = diagonal + 1 if word == other else max(above, lengths[place - 1])
            diagonal = above
    return lengths[-1]
