"""Cookies that no script reads and no other site sends."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

VISITOR = "attune_visitor"
PASS = "attune_pass"


class Jar:
    """How this server names and dresses its cookies.

    Over https each carries the prefix `__Host-`: a browser takes it only from this very host.
    """

    def __init__(self, *, secure: bool) -> None:
        """Tell whether people reach this server over https."""
        self.secure = secure

    def name(self, name: str) -> str:
        """Return the name that a cookie has in the browser."""
        return f"__Host-{name}" if self.secure else name

    def read(self, scope: "Scope", name: str) -> str:
        """Return what a request carries under a name; empty where it carries nothing."""
        from starlette.requests import HTTPConnection

        return HTTPConnection(scope).cookies.get(self.name(name), "")

    def set(self, name: str, value: str, lasts: int | None = None) -> tuple[bytes, bytes]:
        """Return the header that sets a cookie.

        Args:
            name: one of this module.
            value: of letters, digits, dots, dashes and underscores.
            lasts: seconds; 0 deletes it, and None lets it go with the browser's session.
        """
        parts = [f"{self.name(name)}={value}", "Path=/", "HttpOnly", "SameSite=Strict"]
        if self.secure:
            parts.append("Secure")
        if lasts is not None:
            parts.append(f"Max-Age={lasts}")
        return b"set-cookie", "; ".join(parts).encode("latin-1")

    def clear(self, name: str) -> tuple[bytes, bytes]:
        """Return the header that deletes a cookie."""
        return self.set(name, "", 0)
