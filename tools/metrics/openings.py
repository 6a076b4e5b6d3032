"""How often replies begin alike."""

from collections.abc import Iterable, Sequence

from tools.metrics.tokens import tokens

WORDS = 3
"""How many words make an opening."""


def opening(text: str, words: int = WORDS) -> tuple[str, ...]:
    """Return the first words of a text, in lower case and without marks."""
    return tuple(tokens(text)[:words])


def repeats(texts: Sequence[str], words: int = WORDS) -> list[bool]:
    """Say of each text whether an earlier one began with the same words.

    Args:
        texts: replies in the order in which they were given.
        words: how many words make an opening.
    """
    seen: set[tuple[str, ...]] = set()
    found = []
    for text in texts:
        begins = opening(text, words)
        found.append(begins in seen)
        seen.add(begins)
    return found


def repeated_share(texts: Iterable[str], words: int = WORDS) -> float:
    """Return the share of texts that begin as an earlier one did, in [0, 1]; 0 without texts."""
    found = repeats(list(texts), words)
    return sum(found) / len(found) if found else 0.0
