"""Typographic quotes and dashes that were read in the wrong encoding."""

import re

_CONTROLS = re.compile("[\x80-\x9f]")
_TWICE = re.compile("\u00e2\u20ac[\u0080-\uffff]")


def mended(text: str) -> str:
    """Return a text with its quotes and dashes as they were written.

    MELD has bytes of Windows-1252 as control characters (`0x92` for an apostrophe), and UTF-8 that
    was read as Windows-1252 (three characters for one).
    """
    return _TWICE.sub(_from_bytes, _CONTROLS.sub(_from_control, text))


def _from_control(found: re.Match[str]) -> str:
    # Five of the 32 stand for nothing, and stay for the second step.
    return found[0].encode("latin-1").decode("cp1252", errors="ignore") or found[0]


def _from_bytes(found: re.Match[str]) -> str:
    last = found[0][2]
    data = b"\xe2\x80" + (last.encode("cp1252", "ignore") or last.encode("latin-1", "ignore"))
    return data.decode("utf-8", "ignore") or found[0]
