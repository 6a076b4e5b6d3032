"""How often somebody may do something: generous for a person, narrow for a program.

Whoever is in danger is never turned away: the page asks `wait_to_send` only about messages in which
the safety policy found none.
"""

import math
import time
from types import MappingProxyType

from ui.gate.identity import Identity

PER_PERSON = MappingProxyType(
    {
        "message": "30/minute; 600/hour",
        "event": "1200/minute",
        "upload": "40/10 minutes",
        "session": "120/hour",
        "sign-in": "10/15 minutes",
    }
)
"""How often one person may do it, by what they do."""

PER_ADDRESS = MappingProxyType(
    {
        "message": "240/minute",
        "upload": "200/10 minutes",
        "visitor": "300/hour",
        "sign-in": "60/hour",
    }
)
"""How often all behind one network address may do it together."""


class RateLimits:
    """Counts in memory, over moving windows."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        from limits import parse_many
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._rules = {
            (scope, kind): parse_many(rules)
            for scope, kinds in (("person", PER_PERSON), ("address", PER_ADDRESS))
            for kind, rules in kinds.items()
        }

    def wait_to_send(self, who: Identity) -> float:
        """Count a message, and return how long it has to wait; see `wait`."""
        return self.wait("message", person=who.key, address=who.address)

    def wait(self, kind: str, *, person: str = "", address: str = "") -> float:
        """Count one try, if it is allowed.

        Args:
            kind: what is tried, of `PER_PERSON` or `PER_ADDRESS`.
            person: the key of who tries; empty counts nobody.
            address: where they try from; empty counts no address.

        Returns:
            0.0 where it is allowed, else the whole seconds after which it will be; a refused try
            is not counted.
        """
        named = (("person", person), ("address", address))
        counted = [
            (rule, f"{scope}:{kind}", name)
            for scope, name in named
            if name
            for rule in self._rules.get((scope, kind), ())
        ]
        waits = [
            # At most the window: a clock that was put back would make it look longer.
            min(
                self._windows.get_window_stats(*entry).reset_time - time.time(),
                entry[0].get_expiry(),
            )
            for entry in counted
            if not self._windows.test(*entry)
        ]
        if waits:
            return float(max(1, math.ceil(max(waits))))
        for entry in counted:
            self._windows.hit(*entry)
        return 0.0
