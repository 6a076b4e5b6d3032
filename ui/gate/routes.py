"""What the outside may ask for: everything that is not listed here is not there."""

import re
from enum import Enum
from typing import NamedTuple


class For(Enum):
    """Whom a route is for.

    `PAGE` and `TALK` greet a visitor who is not known yet, unless people sign in here: `TALK`
    because words that somebody sends after the server was started anew must not be turned away.
    """

    ANYBODY = "anybody"
    PAGE = "page"
    TALK = "talk"
    KNOWN = "known"


class Route(NamedTuple):
    """Requests that belong together."""

    methods: frozenset[str]
    path: re.Pattern[str]
    whom: For


def _route(methods: str, path: str, whom: For) -> Route:
    return Route(frozenset(methods.split()), re.compile(path), whom)


_NAME = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_HASH = r"[A-Za-z0-9]{1,64}"

ROUTES = (
    _route("GET HEAD", r"/", For.PAGE),
    # Files of Gradio's own package.
    _route("GET HEAD", rf"/assets/{_NAME}", For.ANYBODY),
    _route("GET HEAD", rf"/static/({_NAME}/){{0,3}}{_NAME}", For.ANYBODY),
    _route("GET HEAD", r"/theme\.css|/favicon\.ico|/robots\.txt", For.ANYBODY),
    # Ours.
    _route("GET HEAD", r"/health", For.ANYBODY),
    _route("GET HEAD POST", r"/attune/sign-in", For.ANYBODY),
    _route("GET", r"/attune/oidc/(start|back)", For.ANYBODY),
    _route("POST", r"/attune/(stay|go|sign-out)", For.KNOWN),
    # What the page does.
    _route("POST", r"/gradio_api/queue/join", For.TALK),
    _route("GET", r"/gradio_api/queue/data", For.KNOWN),
    _route("POST", r"/gradio_api/run/predict", For.TALK),
    _route("POST", r"/gradio_api/(cancel|reset)", For.KNOWN),
    _route("GET", r"/gradio_api/app_id", For.KNOWN),
    _route("GET", rf"/gradio_api/heartbeat/{_HASH}", For.KNOWN),
    _route("POST", rf"/gradio_api/stream/{_HASH}(/close)?", For.KNOWN),
    _route("POST", r"/gradio_api/upload", For.KNOWN),
    _route("GET", r"/gradio_api/upload_progress", For.KNOWN),
    _route("GET HEAD", r"/gradio_api/file=/.+", For.KNOWN),
)
"""Of all that Gradio serves, no more than the page needs."""


def find_route(method: str, path: str) -> Route | None:
    """Return the route of a request, or None where there is nothing."""
    for route in ROUTES:
        if method in route.methods and route.path.fullmatch(path):
            return route
    return None
