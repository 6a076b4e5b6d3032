"""The one way in: every request passes here before anything else sees it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ui.gate import refusal
from ui.gate.cookies import PASS, VISITOR, Jar
from ui.gate.html import onward
from ui.gate.identity import SCOPE, Identity
from ui.gate.limits import RateLimits
from ui.gate.passes import Passes
from ui.gate.refusal import refuse
from ui.gate.routes import For, Route, find_route
from ui.gate.site import Site, address
from ui.gate.visitors import Visitors

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SIGN_IN = "/attune/sign-in"

Cookies = list[tuple[bytes, bytes]]


class Door:
    """Lets requests in.

    A request has to call this server by its name, want something that is there, not be sent by
    another site's page, and come from somebody who may.
    """

    def __init__(
        self,
        app: "ASGIApp",
        *,
        site: Site,
        jar: Jar,
        visitors: Visitors,
        passes: Passes | None,
        limits: RateLimits,
        help: str = "",
    ) -> None:
        """Wrap `app`.

        Args:
            app: what lies behind.
            site: the names of the server.
            jar: its cookies.
            visitors: people without a name.
            passes: people who signed in; None where nobody needs to.
            limits: how often somebody may come.
            help: HTML of people to talk to, for whoever is turned away.
        """
        self._app = app
        self._site = site
        self._jar = jar
        self._visitors = visitors
        self._passes = passes
        self._limits = limits
        self._help = help

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer, or turn away."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        from starlette.datastructures import Headers

        scope = dict(scope)
        self._site.place(scope)
        headers = Headers(scope=scope)
        cookies: Cookies = []
        refused = self._judge(scope, headers, cookies)

        async def with_cookies(message: "Message") -> None:
            if message["type"] == "http.response.start" and cookies:
                message["headers"] = [*message.get("headers", []), *cookies]
            await send(message)

        await (refused or self._app)(scope, receive, with_cookies)

    def _judge(self, scope: "Scope", headers: "Headers", cookies: Cookies) -> "Response | None":
        """Return why a request is turned away; else its scope says whose it is."""
        if not self._site.answers_to(headers, scope["path"]):
            return refuse(400, refusal.HOST, headers)
        route = find_route(scope["method"], scope["path"])
        if route is None:
            return refuse(404, refusal.NOT_HERE, headers)
        if not _is_visit(scope, route) and self._site.asked_from_elsewhere(headers):
            return refuse(403, refusal.ELSEWHERE, headers)
        who = self._who(scope)
        if route.whom is For.PAGE:
            scope["query_string"] = b""  # Gradio would open stored links by it
            scope["headers"] = [h for h in scope["headers"] if h[0] != b"accept-encoding"]
            if who.lasting and not who.signed_in:
                cookies.append(self._visitors.cookie(who, stays=True))
        scope[SCOPE] = who
        if who.known or route.whom is For.ANYBODY:
            return None
        return self._receive(scope, headers, route, cookies)

    def _who(self, scope: "Scope") -> Identity:
        if self._passes is None:
            who = self._visitors.read(self._jar.read(scope, VISITOR))
        else:
            who = self._passes.read(self._jar.read(scope, PASS))
        return replace(who, address=address(scope))

    def _receive(
        self, scope: "Scope", headers: "Headers", route: Route, cookies: Cookies
    ) -> "Response | None":
        """Receive somebody unknown: greet, send to the sign-in, or turn away."""
        from starlette.responses import HTMLResponse, RedirectResponse

        page = route.whom is For.PAGE
        if page and headers.get("sec-fetch-site") == "cross-site":
            return HTMLResponse(onward())
        if page and self._passes is not None:
            return RedirectResponse(SIGN_IN, 303)
        if self._passes is not None or route.whom is For.KNOWN:
            return refuse(401, refusal.UNKNOWN, headers)
        if scope["method"] == "HEAD":
            return None
        who = replace(self._visitors.new(), address=scope[SCOPE].address)
        if wait := self._limits.wait("visitor", address=who.address):
            return refuse(429, refusal.TOO_OFTEN, headers, wait=wait, help=self._help)
        cookies.append(self._visitors.cookie(who, stays=False))
        scope[SCOPE] = who
        return None


def _is_visit(scope: "Scope", route: Route) -> bool:
    """Whether a request only opens what anybody may see, which a link elsewhere may do."""
    return scope["method"] in ("GET", "HEAD") and route.whom in (For.ANYBODY, For.PAGE)
