"""What a person typed: cleaned for the models, and bounded."""

import unicodedata
from pathlib import Path

from tools.errors import InputError

LONGEST = 8_000
"""Characters that one message may have."""

_KEPT_CONTROLS = frozenset("\n\t\u200c\u200d")  # joiners shape emoji and several scripts


def clean(text: str) -> str:
    """Return `text` in composed form without control characters and outer white space.

    Direction marks go too: they can hide words from a reader, and scripts do not need them here.
    """
    kept = (
        c
        for c in unicodedata.normalize("NFC", text)
        if c in _KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")
    )
    return "".join(kept).strip()


def accept(text: str) -> str:
    """Return the cleaned message.

    Raises:
        InputError: it is longer than `LONGEST` characters.
    """
    words = clean(text) if len(text) < 10 * LONGEST else text
    if len(words) > LONGEST:
        raise InputError(
            f"Your message has {len(words):,} characters and I can take {LONGEST:,} at once; "
            "please send it in parts."
        )
    return words


def abridged(text: str) -> str:
    """Return a text of at most about `LONGEST` characters: of a longer one, both its ends.

    Reading takes time by length, and whoever waits for a reply meanwhile may be in danger.
    """
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]}\n{text[-half:]}"


PLAIN: frozenset[str] = frozenset(
    (Path(__file__).with_name("data") / "plain_words.txt").read_text("utf-8").split()
)
"""English words that carry no matter of their own, in small letters."""
