"""How far the models are, for the page to tell."""

import asyncio
import contextlib
import logging

from agents.context import Services
from graphs.shelf import Version
from graphs.warm import Notice, shortfalls, warm

_LONGEST_S = 180.0

_log = logging.getLogger(__name__)


class Readiness:
    """Loads the models of the first graph in the background.

    Attributes:
        notices: what works less well than it should.
        done: set when nothing is loading any more.
    """

    def __init__(self, services: Services, version: Version) -> None:
        """Prepare; nothing is loaded yet."""
        self._services = services
        self._version = version
        self.notices: list[Notice] = shortfalls(services, version)
        self.done = asyncio.Event()

    async def warm(self) -> None:
        """Load everything; whatever fails becomes a notice, and its reason a line in the log."""
        try:
            self.notices += await warm(self._services, self._version)
        finally:
            self.done.set()
        for notice in self.notices:
            _log.warning("%s", notice.reason)

    async def wait(self) -> None:
        """Wait until the models are there, but not for ever; fixed sentences need none."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.done.wait(), _LONGEST_S)
