"""People who signed in, by the token in their cookie; a restart asks them for it again."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from ui.gate.identity import NOBODY, Identity

IDLE_S = 12 * 3600.0
"""Seconds after which somebody who did nothing has to sign in again."""

LONGEST_S = 7 * 24 * 3600.0
"""Seconds after which everybody has to sign in again."""

_MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class _Pass:
    who: Identity
    good: Callable[[], bool]
    begun: float
    used: float


class Passes:
    """Tokens of 256 bits in memory; what is given back opens nothing any more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nobody in."""
        self._clock = clock
        self._passes: OrderedDict[str, _Pass] = OrderedDict()

    def give(self, who: Identity, good: Callable[[], bool] = lambda: True) -> str:
        """Return a new token.

        Args:
            who: who signed in.
            good: asked at every use; false ends the pass, as when the account was removed.
        """
        token, now = secrets.token_urlsafe(32), self._clock()
        self._passes[token] = _Pass(who=who, good=good, begun=now, used=now)
        while len(self._passes) > _MOST:
            self._passes.popitem(last=False)
        return token

    def read(self, token: str) -> Identity:
        """Return whose token this is; nobody's where it is unknown, old or taken back."""
        found = self._passes.get(token)
        if found is None:
            return NOBODY
        now = self._clock()
        if now - found.used > IDLE_S or now - found.begun > LONGEST_S or not found.good():
            self.end(token)
            return NOBODY
        self._passes[token] = replace(found, used=now)
        self._passes.move_to_end(token)
        return found.who

    def end(self, token: str) -> None:
        """Take a token back."""
        self._passes.pop(token, None)
