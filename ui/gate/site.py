"""Where this server stands: by which names it may be called, and from where it is asked."""

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tools.errors import ConfigError

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import Scope

HOST = "127.0.0.1"
LOOPBACK = (HOST, "localhost")

_FOREIGN = (b"x-forwarded-", b"x-direct-url", b"x-gradio", b"forwarded")
"""Headers by which Gradio would let a client say where the server stands."""


class Site:
    """The names of the server.

    Alone it answers to this computer's own names. Behind a reverse proxy it answers to the one
    public name that the proxy serves with https, and takes the address of who asks from the last
    entry of `X-Forwarded-For`, which that proxy wrote.
    """

    def __init__(self, behind: str = "") -> None:
        """Take the public host name, without scheme; a port may follow.

        Raises:
            ConfigError: it is not a host name.
        """
        behind = behind.strip().lower()
        if behind and (urlsplit(f"//{behind}").netloc != behind or set(behind) & set("@*? \\")):
            raise ConfigError(
                f"--behind {behind!r} is not a host name; write it without scheme and path, "
                "such as attune.example.org"
            )
        self.behind = behind

    def place(self, scope: "Scope") -> None:
        """Take foreign claims out of a request, and say in it what is true instead."""
        headers = [(name.lower(), value) for name, value in scope["headers"]]
        if self.behind:
            scope["scheme"] = "https"
            if address := _last_address(v for n, v in headers if n == b"x-forwarded-for"):
                scope["client"] = (address, 0)
        scope["headers"] = [(n, v) for n, v in headers if not n.startswith(_FOREIGN)]

    def answers_to(self, headers: "Headers", path: str) -> bool:
        """Whether a request calls this server by a name of its own.

        Another site may point its own name at this machine, but then the host is not ours. Behind
        a proxy, `/health` may also be asked on this computer.
        """
        host = headers.get("host", "").lower()
        if self.behind and host == self.behind:
            return True
        name = host.rsplit(":", 1)[0] if host.rsplit(":", 1)[-1].isdigit() else host
        return name in LOOPBACK and (not self.behind or path == "/health")

    def origin(self, headers: "Headers") -> str:
        """Return scheme, host and port under which a request reached this server."""
        return f"https://{self.behind}" if self.behind else f"http://{headers.get('host', '')}"

    def asked_from_elsewhere(self, headers: "Headers") -> bool:
        """Whether a page of another origin makes the browser ask; a program without one may.

        Another port of the same host is another origin, although cookies do not know ports.
        """
        origin, fetch = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None and origin.lower() != self.origin(headers).lower():
            return True
        return fetch not in (None, "same-origin", "none")

    @property
    def secure(self) -> bool:
        """Whether people reach it over https alone."""
        return bool(self.behind)


def address(scope: "Scope") -> str:
    """Return the network that a request comes from: an IPv4 address, or the first half of IPv6."""
    client = scope.get("client")
    try:
        found = ipaddress.ip_address(client[0] if client else "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _last_address(values: Iterable[bytes]) -> str:
    listed = ",".join(value.decode("latin-1") for value in values)
    last = listed.rsplit(",", 1)[-1].strip()
    try:
        return str(ipaddress.ip_address(last))
    except ValueError:
        return ""
