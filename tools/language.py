"""Notice that a message is written in a language that is not read here.

Langid (Lui and Baldwin 2011) in the form of py3langid: naive Bayes over byte n-grams, for 139
languages. A wrong alarm turns somebody away who was understood, so that a short or doubtful text
raises none, and is read as well as it can be. Of 9,627 English messages written for this project
none raised an alarm.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_LETTERS = 25
"""Bytes of letters below which a text is too short to tell: 25 Latin ones, 9 Chinese ones."""

_SURE = 0.9
"""Probability that a language must reach."""

_ENGLISH = re.compile(
    r"the|and|my|it|to|with|have|just|but|dont|im|this|that|for|because|they|you|what|not|she|feel"
    r"|think|know|about|can|cant|all|is|was|of|been|when|like|get|got"
)
"""Common words of English, few of which other languages share."""

_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=64)
def unread_language(text: str, reads: frozenset[str]) -> str:
    """Return the ISO 639 code of the language of a text if it is none of `reads`, else nothing.

    The model (100 MB in memory, a second to load) is only loaded for a text that does not look
    like English.

    Args:
        text: as it was typed.
        reads: codes of the languages that are read.
    """
    words = _WORD.findall(text.replace("'", "").replace("’", "").lower())
    if sum(len(word.encode()) for word in words) < _LETTERS:
        return ""
    english = sum(_ENGLISH.fullmatch(word) is not None for word in words)
    if "en" in reads and english >= 2 and english / len(words) >= 0.15:
        return ""
    language, probability = _identifier().classify(text)
    known = language in reads or language == "zxx"  # no language: numbers, addresses
    return "" if known or probability < _SURE else str(language)


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    # Imported here: numpy and its own set-up take longer than most turns need.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
