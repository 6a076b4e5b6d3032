"""Where the keys come from: the setting ATTUNE_KEY, else the key store of the operating system."""

import base64
import binascii
import secrets
from functools import cached_property

from tools.errors import ConfigError, StorageError

SETTING = "ATTUNE_KEY"
SIZE = 32
SERVICE = "attune"
ENTRY = "conversations"
MAKE = f"make a key with `python -m tools key new` and set {SETTING} to it"


def new_key() -> str:
    """Make a key: 32 random bytes as urlsafe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(SIZE)).decode()


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Read keys separated by commas; the first is the one to write with.

    Raises:
        ConfigError: one of them is not 32 bytes of urlsafe base64; it is not repeated.
    """
    keys = []
    for place, part in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
        try:
            key = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != SIZE:
            raise ConfigError(f"key {place} in {SETTING} is not 32 bytes of urlsafe base64: {MAKE}")
        keys.append(key)
    return tuple(keys)


class Keys:
    """The keys of a store; asks the key store of the system only when something is kept."""

    def __init__(self, setting: str = "") -> None:
        """Take the value of ATTUNE_KEY; empty means the key store of the operating system."""
        self.set = parse_keys(setting)

    def found(self) -> tuple[bytes, ...]:
        """Return the keys that there are, the one to write with first; empty where none is.

        Raises:
            StorageError: the key store of the system cannot be asked.
        """
        return self.set or self.stored()

    def made(self) -> tuple[bytes, ...]:
        """Return the keys that there are, after making one where none is.

        Raises:
            StorageError: there is no key and no key store to put one in.
        """
        return self.found() or self.add()

    def stored(self) -> tuple[bytes, ...]:
        """Return the keys in the key store of the system; empty where it has none."""
        if not self.has_key_store:
            return ()
        import keyring

        try:
            return parse_keys(keyring.get_password(SERVICE, ENTRY) or "")
        except Exception as error:  # every key store has errors of its own
            raise StorageError(_closed(error)) from error

    def add(self) -> tuple[bytes, ...]:
        """Put a new key before those in the key store, and return them all."""
        if not self.has_key_store:
            raise StorageError(self.trouble())
        import keyring

        older = [base64.urlsafe_b64encode(key).decode() for key in self.stored()]
        try:
            keyring.set_password(SERVICE, ENTRY, ",".join([new_key(), *older]))
        except Exception as error:  # as above
            raise StorageError(_closed(error)) from error
        # Read back: another process may have put one there at the same moment.
        return self.stored()

    def trouble(self) -> str:
        """Say why nothing can be encrypted; empty where a key is there or can be made."""
        if self.set or self.has_key_store:
            return ""
        return f"there is no key to encrypt conversations with, and no key store here: {MAKE}"

    @cached_property
    def has_key_store(self) -> bool:
        """Say whether the operating system offers a key store."""
        import keyring
        from keyring.backends import fail, null

        try:
            return not isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring)
        except Exception:  # a key store that is named in a setting and cannot be loaded
            return False


def _closed(error: Exception) -> str:
    return (
        f"the key store of this computer did not answer ({type(error).__name__}): unlock it, or "
        f"{MAKE}"
    )
