"""The word that belongs to one conversation of the soak, and to no other."""

import re

_SYLLABLES = [first + second for first in "bdkmnprt" for second in "aeio"]
_WORD = re.compile(r"zu(?:[bdkmnprt][aeio]){2}l", re.IGNORECASE)


def word(serial: int) -> str:
    """Return the word of a conversation; `serial` is below 1,024."""
    high, low = divmod(serial, len(_SYLLABLES))
    return f"Zu{_SYLLABLES[high]}{_SYLLABLES[low]}l"


def words_in(text: str) -> set[str]:
    """Return every such word in a text."""
    return {found.capitalize() for found in _WORD.findall(text)}


def mark(serial: int, number: int) -> str:
    """Return the part of a message that no other message has."""
    return f"{word(serial)} came by on day {number},"


def message(serial: int, number: int) -> str:
    """Return a whole message."""
    return f"My friend {mark(serial, number)} and I keep thinking about what was said."
