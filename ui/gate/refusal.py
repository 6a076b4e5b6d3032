"""How a request is turned away: one sentence, as JSON for the page and as a page for people."""

import json
from typing import TYPE_CHECKING

from ui.gate.html import document, paragraph

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.responses import Response

HOST = "This address is not the one of this server; open the page by the address it was given."
NOT_HERE = "There is nothing here."
ELSEWHERE = "Another page asked for this; open Attune itself and try again there."
UNKNOWN = "Please open the page again; this server does not know this browser."
TOO_OFTEN = "That was a lot at once. Please wait a little and then try again."
TOO_LARGE = "That is too large to be taken here."
NOT_YOURS = "This is not there any more."
ANOTHER_VISIT = "This page is from an earlier visit; please copy what you wrote and open it again."
NO_MEDIA = "This is no recording, photo or video that can be read here; please choose another file."
TOO_MANY = "There are several files here that were not sent yet; please send or remove those first."
UNREADABLE = "This request cannot be read."


def refuse(
    status: int,
    sentence: str,
    headers: "Headers",
    *,
    wait: float = 0.0,
    help: str = "",
    plain: bool = False,
) -> "Response":
    """Return an answer that turns a request away.

    Args:
        status: of HTTP.
        sentence: what is wrong and what to do, for people.
        headers: of the request; a browser that opens a page gets one.
        wait: seconds after which to try again, if that is all.
        help: HTML below the sentence, for people who see the page.
        plain: as bare text, which Gradio shows for an upload just as it comes.
    """
    from starlette.responses import Response

    extra = {"cache-control": "no-store", **({"retry-after": f"{wait:.0f}"} if wait else {})}
    if "text/html" in headers.get("accept", ""):
        body = document("Attune", paragraph(sentence) + help)
        return Response(body, status, extra, media_type="text/html")
    if plain:
        return Response(sentence, status, extra, media_type="text/plain")
    body = json.dumps({"detail": sentence})
    return Response(body, status, extra, media_type="application/json")
