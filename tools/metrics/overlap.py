"""How much of a reference a reply has, each measure under the name that tells its definition."""

from collections.abc import Sequence
from pathlib import Path

from tools.errors import DataError
from tools.metrics import bleu, meteor, rouge
from tools.metrics.treebank import treebank_words


def overlap(
    replies: Sequence[str], references: Sequence[str], *, wordnet: Path | None = None
) -> dict[str, float]:
    """Return every measure of overlap with one reference a reply, in [0, 100].

    An empty reply counts as 0 and is never dropped. Words are cut by `treebank_words` but for the
    two libraries that cut their own. Names and definitions: docs/metrics.md.

    Args:
        replies: what was written.
        references: what the corpus has, one for each reply.
        wordnet: folder of WordNet, for METEOR with synonyms (see `meteor.meteor`).

    Raises:
        ConfigError: a package of the extra `research` is not installed.
        DataError: there is no reply, or `wordnet` is no WordNet.
        ValueError: the numbers of replies and references differ.
    """
    items = overlap_by_item(replies, references, wordnet=wordnet)
    ours, theirs = _words(replies), _words(references)
    counts = bleu.esconv_bleu(ours, theirs)
    return {
        **{f"BLEU-{n} (ESConv)": counts.score(n) for n in range(1, 5)},
        "BLEU (sacrebleu)": bleu.sacrebleu(replies, references)[0],
        **{name: sum(values) / len(values) for name, values in items.items()},
    }


def overlap_by_item(
    replies: Sequence[str], references: Sequence[str], *, wordnet: Path | None = None
) -> dict[str, list[float]]:
    """Return the measures that are a mean over replies, reply by reply, in [0, 100].

    These go into `paired.paired_bootstrap`; the corpus-level ones are scored anew for every draw,
    see `corpus_bleu`. Arguments and errors are those of `overlap`.
    """
    if len(replies) != len(references):
        raise ValueError(
            f"{len(replies)} replies and {len(references)} references; give one for each reply"
        )
    if not replies:
        raise DataError("there is no reply with a reference; choose a split that has replies")
    ours, theirs = _words(replies), _words(references)
    pairs = list(zip(ours, theirs, strict=True))
    return {
        "BLEU-2 (MultiMood)": bleu.multimood_bleu_2(ours, theirs),
        "ROUGE-L (rouge-score)": rouge.rouge_l(replies, references),
        "ROUGE-L (ESConv)": [rouge.esconv_rouge_l(*pair) for pair in pairs],
        meteor.NAME if wordnet else meteor.BARE_NAME: meteor.meteor(ours, theirs, wordnet),
        "Unigram F1": [rouge.unigram_f1(*pair) for pair in pairs],
    }


def corpus_bleu(replies: Sequence[str], references: Sequence[str]) -> bleu.CorpusBleu:
    """Return the counts behind `BLEU-n (ESConv)`, for `paired.bootstrap_statistic`.

    Of two runs, `lambda rows: first.score(2, rows) - second.score(2, rows)` is the statistic.
    """
    return bleu.esconv_bleu(_words(replies), _words(references))


def sacrebleu_signature() -> str:
    """Return the signature that belongs beside `BLEU (sacrebleu)` in a table."""
    return bleu.sacrebleu(["a"], ["a"])[1]


def _words(texts: Sequence[str]) -> list[list[str]]:
    return [treebank_words(text) for text in texts]
