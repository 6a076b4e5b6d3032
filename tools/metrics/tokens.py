"""Words of a text as the measures count them."""

import re

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def tokens(text: str) -> list[str]:
    """Return the words of a text in lower case; `don't` is one word, and marks are none."""
    return [word.replace("’", "'") for word in _TOKEN.findall(text.lower())]
