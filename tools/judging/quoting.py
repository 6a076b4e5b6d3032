"""Text that is judged, written so that it cannot pass for anything else in a prompt.

A text becomes one line: a JSON string in which quotation marks and line breaks are escaped, and so
are the signs of which chat templates make their marks (`<|im_start|>`, `[INST]`), and what is
invisible. Nothing in it can end its own quotation, begin a message, or look like a line of ours.
"""

import json
import unicodedata

_MARKS = frozenset("<>[]{}")


def quoted(text: str) -> str:
    """Return a text as one line between quotation marks."""
    return "".join(_escaped(sign) for sign in json.dumps(text, ensure_ascii=False))


def shortened(text: str, longest: int) -> str:
    """Return a text cut in the middle where it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    half = (longest - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def _escaped(sign: str) -> str:
    if sign in _MARKS or unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"}:
        # Beyond the first plane JSON takes two escapes; `dumps` knows them.
        return json.dumps(sign).strip('"') if ord(sign) > 0x7F else f"\\u{ord(sign):04x}"
    return sign
