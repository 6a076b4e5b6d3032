"""What every module that connects parts of the page needs."""

from html import escape
from typing import Any

Changes = dict[Any, Any]
"""New values of parts of the page, by part."""

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""How handlers are connected that are nobody's business but the page's."""

NOW: dict[str, Any] = {**QUIET, "queue": False}
"""Likewise, those that need no model and wait for nobody."""


def paragraph(text: str) -> str:
    """Return one escaped paragraph; empty where there is no text."""
    return f"<p>{escape(text)}</p>" if text else ""
