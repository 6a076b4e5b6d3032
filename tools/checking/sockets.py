"""Who is called: connections that Python code opens while something runs.

Python tells its own calls to audit hooks (PEP 578). A library that talks to the network in its own
machine code is not seen.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

LOCAL = ("127.", "::1", "localhost")
"""How the address of this machine begins."""

_EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.sendto")

_listening: list[list[str]] = []


def _heard(event: str, given: tuple[object, ...]) -> None:
    if not _listening or event not in _EVENTS:
        return
    place = given[0] if event == "socket.getaddrinfo" else given[1]
    host = place[0] if isinstance(place, tuple) and place else place
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if isinstance(host, str) and host and not host.startswith("/"):  # a path is no network
        for calls in _listening:
            calls.append(host)


_hooks: list[object] = []


@contextmanager
def calls() -> Iterator[list[str]]:
    """Collect the hosts that are called meanwhile, by any thread; a hook is never taken off."""
    if not _hooks:
        sys.addaudithook(_heard)
        _hooks.append(_heard)
    made: list[str] = []
    _listening.append(made)
    try:
        yield made
    finally:
        _listening[:] = [each for each in _listening if each is not made]


def is_local(host: str) -> bool:
    """Say whether a host is this machine."""
    return host.startswith(LOCAL)
