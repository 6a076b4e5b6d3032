"""Values that a browser carries and cannot make: each is signed with a key of the server."""

import hashlib
import secrets

from itsdangerous import BadSignature, Signer


class Seal:
    """Sign short values and recognise them; what was changed is nobody's.

    The key is the storage's where conversations are kept, so that a restart knows kept visitors
    again, and one of this process alone where nothing outlives it.
    """

    def __init__(self, key: str = "") -> None:
        """Take the key; empty makes a random one."""
        self._key = key or secrets.token_hex(32)

    def sign(self, purpose: str, value: str) -> str:
        """Return `value` with its signature, good for one `purpose` only."""
        return self._signer(purpose).sign(value).decode()

    def read(self, purpose: str, signed: str) -> str:
        """Return what was signed for a purpose; empty for anything that was not signed here."""
        try:
            return self._signer(purpose).unsign(signed).decode()
        except (BadSignature, UnicodeError):
            return ""

    def key(self, purpose: str) -> str:
        """Return a key of its own for a library that signs by itself."""
        return self._signer(f"key of {purpose}").derive_key().hex()

    def _signer(self, purpose: str) -> Signer:
        return Signer(self._key, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256)
