"""Notice that a message is written in a language that is not read here.

Langid (Lui and Baldwin 2011) in the form of py3langid: naive Bayes over byte n-grams, for 139
languages. A wrong alarm turns somebody away who was understood, so that a short or doubtful text
raises none, and is read as well as it can be. Of 9,290 English messages written for this project
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

_ELSEWHERE = re.compile(
    r"que|de|la|el|los|las|una|es|por|con|para|pero|muy|lo|te|tu|se|su|al|del|eso|esto|hay|cuando"
    r"|puedes|podemos|gracias|y|le|les|des|une|est|et|vous|votre|je|pas|pour|dans|avec|ce|ces|qui"
    r"|sur|cela|il|elle|nous|merci|en|ne|rien|ich|sie|und|der|das|dem|mir|ist|nicht|ein"
    r"|eine|zu|mit|auf|dass|ihr|ihnen|ihre|wie|wenn|du|dir|dich|wir|haben|che|non|per|della|di|com"
    r"|het|een|niet|jij|van"
)
"""Common words of Spanish, French, German, Italian, Portuguese and Dutch, few of them English."""

_ACCENTED = re.compile(r"[a-z]*[à-ÿœ][a-zà-ÿœ]*")
"""A word with an accent; one with a capital letter may be a name."""

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


def is_english(text: str) -> bool:
    """Say whether a text may be English: quick, without a model, for the shortest texts too.

    What has neither common words of English nor of a neighbour counts as English; other scripts
    do not.
    """
    words = _WORD.findall(text)
    if "¿" in text or "¡" in text or sum(map(str.isascii, words)) < len(words) / 2:
        return False
    english = sum(_ENGLISH.fullmatch(word.lower()) is not None for word in words)
    others = sum(
        bool(_ELSEWHERE.fullmatch(word.lower()) or _ACCENTED.fullmatch(word)) for word in words
    )
    return others <= english


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    # Imported here: numpy and its own set-up take longer than most turns need.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
