"""Encryption of what is kept: AES-256-GCM, a nonce for every value, bound to the row it stands in.

A sealed value is a format byte, the mark of its key (8 bytes), a nonce (12 bytes), and the
ciphertext with its tag.
"""

import hmac
import json
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tools.errors import StorageError

FORMAT = b"\x01"
MARK = 8
NONCE = 12
START = len(FORMAT) + MARK + NONCE


def mark(key: bytes) -> bytes:
    """Return 8 bytes that tell a key from others, and nothing about it."""
    return hmac.digest(key, b"attune: which key", "sha256")[:MARK]


def about(*parts: str) -> bytes:
    """Return what binds a value to its row, e.g. `about("state", id, owner)`."""
    return json.dumps(parts).encode()


class Cipher:
    """Seals with the first of several keys, and opens with whichever fits."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take `keys` of 32 bytes each, at least one."""
        self._keys = {mark(key): AESGCM(key) for key in keys}
        self._first = mark(keys[0])

    def seal(self, value: bytes, row: bytes) -> bytes:
        """Encrypt `value` for a `row` (see `about`)."""
        nonce = secrets.token_bytes(NONCE)
        return FORMAT + self._first + nonce + self._keys[self._first].encrypt(nonce, value, row)

    def open(self, sealed: bytes, row: bytes) -> bytes:
        """Decrypt what was sealed for the same `row`.

        Raises:
            StorageError: no key fits, or the value was changed or moved to another row.
        """
        key = self._keys.get(sealed[len(FORMAT) : len(FORMAT) + MARK])
        if sealed[:1] != FORMAT or key is None:
            raise StorageError(
                "what is kept was encrypted with another key: set ATTUNE_KEY to the key that it "
                "was kept with, behind a comma if there is a newer one; nothing was changed"
            )
        try:
            return key.decrypt(sealed[START - NONCE : START], sealed[START:], row)
        except InvalidTag as error:
            raise StorageError(
                "something that was kept has been changed outside this program and cannot be "
                "read: bring back a copy of the store, or delete the conversation"
            ) from error

    def is_current(self, sealed: bytes) -> bool:
        """Say whether a value is sealed with the first key."""
        return sealed[len(FORMAT) : len(FORMAT) + MARK] == self._first
