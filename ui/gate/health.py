"""`/health`: how the program is, for whoever runs it and for what watches it."""

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from ui.gate.html import document
from ui.gate.identity import identity

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Look = Callable[[], Awaitable[Mapping[str, Any]]]

WORD = "status"
"""The one entry that strangers see where people sign in."""


class HealthPage:
    """Shows how models, store, examples and audit log are; no words, no names."""

    def __init__(self, look: Look, *, private: bool) -> None:
        """Prepare the page.

        Args:
            look: says how the program is, as `graphs.health.health` does.
            private: strangers see the overall word alone.
        """
        self._look = look
        self._private = private

    async def __call__(self, request: "Request") -> "Response":
        """Answer with JSON, or a page where a browser asks; 503 where it is down."""
        from starlette.responses import HTMLResponse, JSONResponse

        health = dict(await self._look())
        status = 503 if health[WORD] == "down" else 200
        if self._private and not identity(request).known:
            health = {WORD: health[WORD]}
        headers = {"cache-control": "no-store"}
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(document("How Attune is", _rows(health)), status, headers)
        return JSONResponse(health, status, headers)


def _rows(value: Any) -> str:
    """Return a value as HTML: mappings as definition lists, sequences as lists."""
    if isinstance(value, dict):
        rows = (f"<dt>{escape(str(k))}</dt><dd>{_rows(v)}</dd>" for k, v in value.items())
        return f"<dl>{''.join(rows)}</dl>"
    if isinstance(value, list | tuple):
        return f"<ul>{''.join(f'<li>{_rows(part)}</li>' for part in value)}</ul>" if value else "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value)) or "–"
