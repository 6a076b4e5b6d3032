"""Words and marks of a text as `nltk.word_tokenize` cuts them, without its download."""

from tools.metrics.extra import package
from tools.sentences import split


def treebank_words(text: str) -> list[str]:
    """Return the words and marks of a text in lower case; `don't` is two, `do` and `n't`."""
    return [word for sentence in treebank_sentences(text.lower()) for word in sentence]


def treebank_sentences(text: str) -> list[list[str]]:
    """Return the words and marks of each sentence of a text, as they are written.

    Released code of the field calls `nltk.word_tokenize`, which cuts sentences by the Punkt model
    (a download) and words by the improved Treebank tokenizer. Here the words are cut by the same
    class, and the sentences by Attune's own rule: both leave a full stop inside a sentence on its
    word, and differ only where they disagree about where a sentence ends.

    Raises:
        ConfigError: nltk is not installed.
    """
    cut = package("nltk.tokenize", "nltk", "cutting texts into words")
    tokenizer = cut.NLTKWordTokenizer()
    return [tokenizer.tokenize(sentence) for sentence in split(text)]
