"""Everything that stands between the outside and the page, put together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ui.gate.accounts import Accounts
from ui.gate.belongings import Belongings
from ui.gate.cookies import PASS, VISITOR, Jar
from ui.gate.door import Door
from ui.gate.events import Events
from ui.gate.farewell import Delete, Farewell
from ui.gate.headers import SecurityHeaders
from ui.gate.health import health_page
from ui.gate.identity import identity
from ui.gate.keeping import DAY_S, KEPT_DAYS
from ui.gate.limits import RateLimits
from ui.gate.oidc import Oidc, OidcFile, read_oidc
from ui.gate.passes import Passes
from ui.gate.seal import Seal
from ui.gate.sign_in import SignIn
from ui.gate.site import Site
from ui.gate.uploads import Uploads
from ui.gate.visitors import Visitors
from ui.uploads import UploadFolder

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from ui.gate.health import Look


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Who may come in, as it was asked for on the command line.

    Attributes:
        site: the names of the server.
        accounts: names and passwords; None where nobody signs in with one.
        oidc: a provider's settings; None where there is none.
    """

    site: Site
    accounts: Accounts | None = None
    oidc: OidcFile | None = None

    @property
    def by_name(self) -> bool:
        """Whether people sign in."""
        return self.accounts is not None or self.oidc is not None


def read_entry(behind: str = "", users: Path | None = None, oidc: Path | None = None) -> Entry:
    """Return who may come in.

    Args:
        behind: the public host name that a reverse proxy serves with https.
        users: the users file.
        oidc: the OpenID Connect file.

    Raises:
        ConfigError: one of them is wrong.
    """
    return Entry(
        site=Site(behind),
        accounts=Accounts(users) if users else None,
        oidc=read_oidc(oidc) if oidc else None,
    )


class Gate:
    """The gate of one program."""

    def __init__(
        self,
        entry: Entry,
        limits: RateLimits,
        *,
        key: str = "",
        days: float = KEPT_DAYS,
        help: str = "",
    ) -> None:
        """Put the parts together.

        Args:
            entry: who may come in.
            limits: how often somebody may do something.
            key: what cookies are signed with; empty where nothing outlives the program.
            days: how long a conversation is kept, and the cookie of whoever keeps one.
            help: HTML of people to talk to.
        """
        self._site = entry.site
        self._limits = limits
        self._help = help
        self._jar = Jar(secure=entry.site.secure)
        seal = Seal(key)
        self._visitors = Visitors(seal, self._jar, int(days * DAY_S))
        self._farewell: Farewell | None = None
        self._passes = Passes() if entry.by_name else None
        self._sign_in: SignIn | None = None
        if self._passes is not None:
            self._sign_in = SignIn(
                site=entry.site,
                jar=self._jar,
                seal=seal,
                passes=self._passes,
                limits=limits,
                accounts=entry.accounts,
                oidc=Oidc(entry.oidc) if entry.oidc else None,
                help=help,
            )

    def connect(self, app: "FastAPI", look: "Look", delete: Delete | None = None) -> None:
        """Add the gate's own routes.

        Args:
            app: what they are added to.
            look: says how the program is.
            delete: deletes everything of a visitor, who leaves at once.
        """
        self._farewell = Farewell(delete) if delete else None
        app.add_route("/attune/stay", self.stay, ["POST"])
        app.add_route("/attune/go", self.go, ["POST"])
        app.add_route("/health", health_page(look, private=self._passes is not None))
        if self._sign_in is not None:
            self._sign_in.connect(app)

    def wrap(self, app: "ASGIApp", folder: UploadFolder, script: str) -> "ASGIApp":
        """Return `app` behind the gate.

        Args:
            app: the page.
            folder: where Gradio puts uploads.
            script: the page's own script, which Gradio writes into the HTML in the browser.
        """
        belongings = Belongings()
        inner = Uploads(Events(app, belongings, self._limits), folder, belongings, self._limits)
        door = Door(
            inner,
            site=self._site,
            jar=self._jar,
            visitors=self._visitors,
            passes=self._passes,
            limits=self._limits,
            help=self._help,
        )
        return SecurityHeaders(door, secure=self._site.secure, script=script)

    @property
    def username(self) -> "Callable[[Request], str | None] | None":
        """Gradio's own check of who is there; None where nobody signs in."""
        if self._passes is None:
            return None

        def shown(request: "Request") -> str | None:
            who = identity(request)
            return (who.name or "signed in") if who.known else None

        return shown

    async def stay(self, request: "Request") -> "Response":
        """Let a visitor be known again after the browser was closed."""
        who = identity(request)
        return _done(*([] if who.signed_in else [self._visitors.cookie(who, stays=True)]))

    async def go(self, request: "Request") -> "Response":
        """Forget a visitor and delete what is theirs, or sign a person out.

        The page asks for the deletion as well; but a browser that is busy may drop that request.
        """
        if self._farewell is not None:
            self._farewell.begin(identity(request))
        if self._passes is not None:
            self._passes.end(self._jar.read(request.scope, PASS))
        return _done(self._jar.clear(VISITOR), self._jar.clear(PASS))


def _done(*cookies: tuple[bytes, bytes]) -> "Response":
    from starlette.responses import Response

    answer = Response(status_code=204, headers={"cache-control": "no-store"})
    for name, value in cookies:
        answer.headers.append(name.decode(), value.decode())
    return answer
