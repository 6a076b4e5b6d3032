"""Opening the store that a setting names."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from tools.errors import ConfigError
from tools.storage.keys import SETTING as KEY
from tools.storage.keys import Keys
from tools.storage.records import Storage

SETTING = "ATTUNE_STORE"
FILE = "conversations.sqlite"
_POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg://")
# `scheme:` (one letter is a drive), or `user:password@` in what does not begin as a path does.
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]+:|(?!/(?!/)|[.~]|[A-Za-z]:[\\/]).*:.*@", re.DOTALL)


def is_postgres(setting: str) -> bool:
    """Say whether a setting is the address of a Postgres database."""
    return setting.lower().startswith(_POSTGRES)


def store_file(setting: str = "") -> Path:
    """Return the SQLite file that a setting names; a path without a suffix is a folder.

    Raises:
        ConfigError: it looks like an address, which may hold a password; it is not repeated.
    """
    if _ADDRESS.match(setting):
        raise ConfigError(
            f"{SETTING} is an address that is not understood: write it like "
            "'postgresql://user:password@host:5432/name', or a path (with './' in front, if it "
            "holds a colon), or 'off'"
        )
    if not setting:
        from platformdirs import user_data_path

        return user_data_path("attune") / "conversations" / FILE
    path = Path(setting).expanduser().absolute()
    return path / FILE if path.is_dir() or not path.suffix else path


def open_storage(
    setting: str = "", *, keys: Keys | None = None, now: Callable[[], float] = time.time
) -> Storage | None:
    """Return the store that `setting`, else ATTUNE_STORE, names; its `open` is still to be awaited.

    Args:
        setting: empty for a file in the user's data folder, a path of a file or folder, a
            `postgresql://` URL, or `off`.
        keys: those to encrypt with; by default ATTUNE_KEY, else the system's key store.
        now: tells the time, in seconds since 1970.

    Returns:
        The store, or None where it is off.

    Raises:
        ConfigError: the setting names no store, or a key is malformed.
    """
    setting = (setting or os.environ.get(SETTING, "")).strip()
    if setting == "off":
        return None
    keys = keys or Keys(os.environ.get(KEY, ""))
    if is_postgres(setting):
        from tools.storage.postgres import PostgresStorage

        return PostgresStorage(setting, keys, now=now)
    from tools.storage.sqlite import SqliteStorage

    return SqliteStorage(store_file(setting), keys, now=now)
