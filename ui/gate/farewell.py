"""Deleting what belongs to a visitor who left at once, whether or not their page still asks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tools.errors import StorageError
from ui.gate.identity import Identity

_AGAIN_S = 60.0
_log = logging.getLogger(__name__)

Delete = Callable[[Identity], Awaitable[object]]


class Farewell:
    """Deletes in the background; a store that fails is asked again until it has deleted."""

    def __init__(self, delete: Delete, *, again: float = _AGAIN_S) -> None:
        """Delete everything of somebody by `delete`; after a failure again, in `again` seconds."""
        self._delete, self._again = delete, again
        self._going: dict[str, asyncio.Task[None]] = {}

    def begin(self, who: Identity) -> None:
        """Delete everything of a visitor; of somebody who signed in, what is kept stays."""
        if not who.known or who.signed_in or who.key in self._going:
            return
        task = self._going[who.key] = asyncio.create_task(self._follow(who))
        task.add_done_callback(lambda _: self._going.pop(who.key, None))

    async def _follow(self, who: Identity) -> None:
        while True:
            try:
                await self._delete(who)
                return
            except StorageError as error:
                _log.error("what a visitor left could not be deleted yet: %s", error)
                await asyncio.sleep(self._again)
