"""Who somebody is, as this server knows it: never an id that a browser chose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCOPE = "attune.identity"
"""Where the identity of a request stands in its ASGI scope."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One person, or one browser where nobody signs in.

    Attributes:
        name: as it is shown to the person; empty without sign-in.
        key: what their conversations are told apart by, `user:<account>`,
            `oidc:<issuer> <subject>` or `visitor:<secret>`; empty for somebody unknown. Never
            logged.
        lasting: the browser keeps the visitor's cookie when it is closed; always for a person who
            signed in, who comes back by name.
        address: the network that they ask from, for rate limits; never logged or kept.
    """

    name: str = ""
    key: str = field(default="", repr=False)
    lasting: bool = False
    address: str = field(default="", repr=False)

    @property
    def known(self) -> bool:
        """Whether this server let them in."""
        return bool(self.key)

    @property
    def signed_in(self) -> bool:
        """Whether they came in by name."""
        return bool(self.key) and not self.key.startswith("visitor:")


NOBODY = Identity()
"""Somebody whom this server has not met."""


def identity(request: Any) -> Identity:
    """Return who sent a request, as `ui.gate.door.Door` found it.

    Args:
        request: a `gr.Request`, or a request of Starlette.
    """
    connection = getattr(request, "request", request)  # Gradio wraps Starlette's
    scope = getattr(connection, "scope", None)
    found = scope.get(SCOPE) if isinstance(scope, Mapping) else None
    return found if isinstance(found, Identity) else NOBODY
