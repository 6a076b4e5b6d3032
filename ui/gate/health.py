"""`/health`: how the program is, for whoever runs it and for what watches it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from ui.gate.html import document, paragraph
from ui.gate.identity import identity

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from graphs.health import ExamplesHealth, Health, ModelHealth, StorageHealth

    Look = Callable[[], Awaitable[Health]]

_OVERALL = {
    "ok": "Everything works.",
    "degraded": "Something fails or rests; people are answered all the same.",
    "down": "Nobody's words can be read for danger: everybody is answered as if in danger.",
}
_AUDIT = {"off": "off", "ok": "works", "failing": "the last decision could not be recorded"}


def health_page(look: "Look", *, private: bool) -> "Callable[[Request], Awaitable[Response]]":
    """Return what answers `/health`: JSON, or a page where a browser asks; 503 where it is down.

    Args:
        look: says how models, store, examples and audit log are; no words, no names.
        private: strangers see the overall word alone.
    """

    async def answer(request: "Request") -> "Response":
        from starlette.responses import HTMLResponse, JSONResponse

        health = await look()
        overall = health["status"]
        status = 503 if overall == "down" else 200
        headers = {"cache-control": "no-store"}
        stranger = private and not identity(request).known
        if "text/html" in request.headers.get("accept", ""):
            body = paragraph(_OVERALL[overall]) + ("" if stranger else _details(health))
            return HTMLResponse(document("How Attune is", body), status, headers)
        return JSONResponse({"status": overall} if stranger else health, status, headers)

    return answer


def _details(health: "Health") -> str:
    notices = "".join(f"<li>{escape(notice)}</li>" for notice in health["notices"])
    rows = [
        *((m["task"], m["model"] or "none", _state(m), _failures(m)) for m in health["models"]),
        ("examples", "", _examples(health["examples"]), _failures(health["examples"])),
        ("kept conversations", health["storage"]["kind"], _store(health["storage"]), ""),
        ("audit log", "", _AUDIT[health["audit"]], ""),
    ]
    return (f"<ul>{notices}</ul>" if notices else "") + _table(
        f"What the graph {health['graph']} needs", ("for", "which", "how it is", "failures"), rows
    )


def _state(one: "ModelHealth | ExamplesHealth") -> str:
    """Return the state of a breaker in words."""
    if not one.get("model", True):
        return "is not set up"
    if one["state"] == "open":
        return f"rests for {one['retry_s']:.0f} s"
    if one["state"] == "half-open":
        return "is tried again"
    return "works" if one.get("loaded", True) else "is not loaded yet"


def _examples(examples: "ExamplesHealth") -> str:
    left_out = examples["left_out"]
    return _state(examples) + (f"; {left_out} files are not read" if left_out else "")


def _failures(one: "ModelHealth | ExamplesHealth") -> str:
    last = f", the last one {one['last_failure']}" if one["last_failure"] else ""
    return f"{one['failures']}{last}" if one["failures"] else ""


def _store(storage: "StorageHealth") -> str:
    if not storage["kind"]:
        return "off"
    return "works" if storage["ready"] else storage["trouble"]


def _table(caption: str, heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    lines = (
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(text)}</td>" for text in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )
