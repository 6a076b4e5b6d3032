"""The store of kept conversations, for as long as the program runs."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tools.errors import ConfigError, StorageError
from tools.storage.opening import SETTING, open_storage
from tools.storage.records import Storage

DAYS = "ATTUNE_KEEP_DAYS"
DAY_S = 24 * 3600.0
KEPT_DAYS = 30.0
_NOT_KEPT = "conversations cannot be kept, only held in memory"
_log = logging.getLogger(__name__)


def keep_days() -> float:
    """Return after how many days without use a kept conversation is deleted.

    Raises:
        ConfigError: `ATTUNE_KEEP_DAYS` is no number above 0.
    """
    setting = os.environ.get(DAYS, "")
    try:
        days = float(setting or KEPT_DAYS)
    except ValueError:
        days = 0.0
    if not 0 < days < 36_500:
        raise ConfigError(f"{DAYS} is {setting!r}; set it to a number of days above 0, such as 30")
    return days


@asynccontextmanager
async def opened(setting: str) -> AsyncIterator[Storage | None]:
    """Open the store that a setting names, and close it at the end.

    A store that could not keep anything, as without a key, says so in the log at once.

    Yields:
        None where it is `off`. Where nobody chose a store and the usual one cannot be opened, too:
        people can talk without it, and the log says why nothing can be kept.

    Raises:
        ConfigError: the setting names no store.
        StorageError: a store that was chosen cannot be opened.
    """
    storage = open_storage(setting)
    if storage is not None:
        try:
            await storage.open()
        except StorageError as error:
            if setting or os.environ.get(SETTING):
                raise
            _log.warning("%s: %s", _NOT_KEPT, error)
            storage = None
    try:
        if storage is not None:
            condition = await storage.condition()
            if not condition.ready:
                _log.warning("%s: %s", _NOT_KEPT, condition.trouble)
        yield storage
    finally:
        if storage is not None:
            await storage.close()


async def expire(
    delete: Callable[[float], Awaitable[int]], days: float, every: float = DAY_S
) -> None:
    """Delete what was not used for `days`, at once and then every day.

    Args:
        delete: deletes what is older than so many days, and returns how many.
        days: for how long it is kept.
        every: seconds in between.
    """
    while True:
        try:
            if gone := await delete(days):
                _log.info("%d conversations were not used for %g days and are gone", gone, days)
        except StorageError as error:
            _log.warning("old conversations could not be deleted: %s", error)
        await asyncio.sleep(every)
