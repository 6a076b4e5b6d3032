"""The sign-in: a plain page that also shows where help is to be had without one."""

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tools.errors import InputError
from ui.gate import refusal
from ui.gate.accounts import LONGEST, Accounts, plain
from ui.gate.body import Gone, TooLarge, read_body
from ui.gate.cookies import PASS, Jar
from ui.gate.door import SIGN_IN
from ui.gate.html import document, onward, paragraph
from ui.gate.identity import Identity, identity
from ui.gate.limits import RateLimits
from ui.gate.oidc import COOKIE, STATE_S, Oidc
from ui.gate.passes import Passes
from ui.gate.refusal import refuse
from ui.gate.seal import Seal
from ui.gate.site import Site, address

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

TITLE = "Sign in to Attune"
WRONG = "The name and the password do not belong together. Please try once more."
OUT = "You are signed out."
_HELP = "You do not need to sign in for this"
_LARGEST = 4096


class SignIn:
    """The ways in by name, and the way out."""

    def __init__(
        self,
        *,
        site: Site,
        jar: Jar,
        seal: Seal,
        passes: Passes,
        limits: RateLimits,
        accounts: Accounts | None,
        oidc: Oidc | None,
        help: str,
    ) -> None:
        """Take what it needs; at least one of `accounts` and `oidc` is there.

        Args:
            site: the names of the server.
            jar: its cookies.
            seal: signs what a sign-in under way needs.
            passes: people who are in.
            limits: how often somebody may try.
            accounts: names and passwords, if there are any.
            oidc: a provider, if there is one.
            help: HTML of people to talk to.
        """
        self._site = site
        self._jar = jar
        self._seal = seal
        self._passes = passes
        self._limits = limits
        self._accounts = accounts
        self._oidc = oidc
        self._help = help

    def connect(self, app: "FastAPI") -> None:
        """Add the routes."""
        app.add_route(SIGN_IN, self.show, ["GET", "HEAD"])
        app.add_route(SIGN_IN, self.try_in, ["POST"])
        app.add_route("/attune/sign-out", self.out, ["POST"])
        if self._oidc is not None:
            from starlette.applications import Starlette
            from starlette.middleware import Middleware
            from starlette.middleware.sessions import SessionMiddleware
            from starlette.routing import Route

            under_way = Middleware(
                SessionMiddleware,
                secret_key=self._seal.key(COOKIE),
                session_cookie=COOKIE,
                max_age=STATE_S,
                same_site="lax",
                https_only=self._site.secure,
                path="/attune/oidc",
            )
            routes = [Route("/start", self.to_provider), Route("/back", self.from_provider)]
            app.mount("/attune/oidc", Starlette(routes=routes, middleware=[under_way]))

    async def show(self, request: "Request") -> "Response":
        """Show the page, or lead whoever is in to theirs."""
        from starlette.responses import RedirectResponse

        if identity(request).known:
            return RedirectResponse("/", 303)
        return self._page()

    async def try_in(self, request: "Request") -> "Response":
        """Let somebody in whose name and password belong together."""
        from starlette.responses import RedirectResponse

        try:
            form = parse_qs((await read_body(request.receive, _LARGEST)).decode("utf-8"))
        except (Gone, TooLarge, ValueError):
            return refuse(400, refusal.UNREADABLE, request.headers)
        name, password = (form.get(field, [""])[0] for field in ("name", "password"))
        tries = f"{address(request.scope)} {plain(name)}"
        wait = self._limits.wait("sign-in", person=tries, address=address(request.scope))
        if wait:
            return refuse(429, refusal.TOO_OFTEN, request.headers, wait=wait, help=self._aside())
        accounts = self._accounts
        if accounts is None or not await accounts.check(name, password):
            return self._page(WRONG, name, status=401)
        name, mark = plain(name), accounts.mark(name)
        who = Identity(name=name, key=accounts.key(name), lasting=True)
        token = self._passes.give(who, lambda: accounts.mark(name) == mark)
        answer = RedirectResponse("/", 303)
        self._add(answer, self._jar.set(PASS, token))
        return answer

    async def out(self, request: "Request") -> "Response":
        """Sign somebody out."""
        self._passes.end(self._jar.read(request.scope, PASS))
        answer = self._page(OUT)
        self._add(answer, self._jar.clear(PASS))
        return answer

    async def to_provider(self, request: "Request") -> "Response":
        """Send somebody to the provider."""
        assert self._oidc is not None  # else there is no such route
        where = address(request.scope)
        if wait := self._limits.wait("sign-in", address=where):
            return refuse(429, refusal.TOO_OFTEN, request.headers, wait=wait, help=self._aside())
        back = f"{self._site.origin(request.headers)}/attune/oidc/back"
        try:
            return await self._oidc.start(request, back)
        except InputError as error:
            return self._page(str(error), status=502)

    async def from_provider(self, request: "Request") -> "Response":
        """Let somebody in whom the provider sends back."""
        assert self._oidc is not None
        from starlette.responses import HTMLResponse

        try:
            who = await self._oidc.finish(request)
        except InputError as error:
            return self._page(str(error), status=401)
        answer = HTMLResponse(onward())
        self._add(answer, self._jar.set(PASS, self._passes.give(who)))
        return answer

    def _add(self, answer: "Response", cookie: tuple[bytes, bytes]) -> None:
        answer.headers.append(cookie[0].decode(), cookie[1].decode())
        answer.headers["cache-control"] = "no-store"

    def _page(self, said: str = "", name: str = "", status: int = 200) -> "Response":
        from starlette.responses import HTMLResponse

        parts = [f'<p role="alert">{escape(said)}</p>' if said else ""]
        if self._accounts is not None:
            parts.append(
                f'<form method="post" action="{SIGN_IN}"><label for="name">Name</label>'
                '<input id="name" name="name" autocomplete="username" autocapitalize="none" '
                f'spellcheck="false" required maxlength="64" value="{escape(name[:64])}">'
                '<label for="password">Password</label><input id="password" name="password" '
                'type="password" autocomplete="current-password" required '
                f'maxlength="{LONGEST}"><button type="submit">Sign in</button></form>'
            )
        if self._oidc is not None:
            shown = escape(self._oidc.settings.name)
            parts.append(
                f'<p><a class="button" href="/attune/oidc/start">Sign in with {shown}</a></p>'
            )
        return HTMLResponse(document(TITLE, "".join(parts) + self._aside()), status)

    def _aside(self) -> str:
        return f"<aside><h2>{_HELP}</h2>{self._help}</aside>" if self._help else paragraph("")
