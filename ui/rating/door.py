"""The one way to the rating page: by this server's own name, and from its own pages."""

from typing import TYPE_CHECKING

from ui.gate import refusal
from ui.gate.refusal import refuse
from ui.gate.site import Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class RatingDoor:
    """Turns away what calls this server by another name, and what other sites send."""

    def __init__(self, app: "ASGIApp", site: Site) -> None:
        """Wrap `app`, which stands where `site` says."""
        self._app, self._site = app, site

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer, or turn away."""
        if scope["type"] != "http":
            return
        from starlette.datastructures import Headers

        scope = dict(scope)
        self._site.place(scope)
        headers = Headers(scope=scope)
        app = self._app
        if not self._site.answers_to(headers, scope["path"]):
            app = refuse(400, refusal.HOST, headers)
        elif scope["method"] == "POST" and self._site.asked_from_elsewhere(headers):
            app = refuse(403, refusal.ELSEWHERE, headers)
        await app(scope, receive, send)
