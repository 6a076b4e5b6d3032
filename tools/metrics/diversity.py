"""How varied a set of texts is: distinct-n, as defined, as ESConv's code has it, and adjusted."""

from collections.abc import Iterable, Sequence

from tools.metrics.treebank import treebank_sentences, treebank_words

PAL_VOCABULARY = 54_956
"""`V` of the adjusted Distinct in the released code of PAL (Cheng et al., Findings of ACL 2023)."""


def diversity(texts: Sequence[str]) -> dict[str, float]:
    """Return every measure of variety under its name, in percent.

    `Distinct-n`, as defined and as ESConv's released code counts it, takes words and marks in lower
    case; `EAD-n (PAL)` keeps capitals, lets no n-gram reach over the end of a sentence, and takes
    PAL's vocabulary, as that paper's released code does.

    Args:
        texts: what was written; empty ones add nothing.

    Raises:
        ConfigError: nltk is not installed.
    """
    words = [treebank_words(text) for text in texts]
    sentences = [sentence for text in texts for sentence in treebank_sentences(text)]
    return {
        **{f"Distinct-{n}": 100 * distinct(words, n) for n in (1, 2, 3)},
        **{f"Distinct-{n} (ESConv)": 100 * esconv_distinct(words, n) for n in (1, 2, 3)},
        **{
            f"EAD-{n} (PAL)": 100 * expectation_adjusted_distinct(sentences, n, PAL_VOCABULARY)
            for n in (1, 2)
        },
    }


def ngrams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Return every run of `n` words, in order; none where the text is shorter."""
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def distinct(texts: Iterable[Sequence[str]], n: int) -> float:
    """Return the share of different n-grams among all of them (Li et al. 2016).

    No n-gram reaches from one text into the next. More text gives a lower value: only sets of about
    the same size compare.

    Args:
        texts: texts as words.
        n: length of the runs, at least 1.

    Returns:
        A value in [0, 1]; 0 where there is no n-gram.
    """
    return _share(gram for words in texts for gram in ngrams(words, n))


def esconv_distinct(texts: Iterable[Sequence[str]], n: int) -> float:
    """Return distinct-n as the released code of ESConv counts it (Liu et al. 2021).

    Its loop leaves out the last n-gram of every text, for n = 1 the last word. Use this one only
    beside numbers that were published with that code.

    Returns:
        A value in [0, 1]; 0 where there is no n-gram.
    """
    return _share(gram for words in texts for gram in ngrams(words, n)[:-1])


def expectation_adjusted_distinct(texts: Iterable[Sequence[str]], n: int, vocabulary: int) -> float:
    """Return the number of different n-grams, over what chance would give (Liu et al. 2022).

    The expectation is that of `C` draws from `V` equally likely n-grams, `V (1 - ((V-1)/V)^C)`, so
    that short and long sets compare.

    Args:
        texts: texts as words.
        n: length of the runs, at least 1.
        vocabulary: `V`; the same for all sets that are compared.

    Returns:
        A value from 0 up, near 1 for very varied text; 0 where there is no n-gram.
    """
    grams = [gram for words in texts for gram in ngrams(words, n)]
    if not grams:
        return 0.0
    expected = vocabulary * (1 - ((vocabulary - 1) / vocabulary) ** len(grams))
    return len(set(grams)) / expected


def _share(grams: Iterable[tuple[str, ...]]) -> float:
    counted = list(grams)
    return len(set(counted)) / len(counted) if counted else 0.0
