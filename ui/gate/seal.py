"""Values that a browser carries and cannot make: each is signed with a key of the server."""

import hashlib
import hmac
import secrets

_MAC = 32  # hexadecimal digits: 128 bits


class Seal:
    """Sign short values and recognise them; what was changed is nobody's.

    The key is the storage's where conversations are kept, so that a restart knows kept visitors
    again, and one of this process alone where nothing outlives it.
    """

    def __init__(self, key: str = "") -> None:
        """Derive the signing key from `key`; empty makes a random one."""
        secret = key.encode() if key else secrets.token_bytes(32)
        self._key = hashlib.sha256(b"attune gate\0" + secret).digest()

    def sign(self, purpose: str, value: str) -> str:
        """Return `value` with its signature, good for one `purpose` only."""
        return f"{value}.{self._mac(purpose, value)}"

    def read(self, purpose: str, signed: str) -> str:
        """Return what was signed for a purpose; empty for anything that was not signed here."""
        value, _, mac = signed.rpartition(".")
        right = hmac.compare_digest(mac.encode(), self._mac(purpose, value).encode())
        return value if value and right else ""

    def key(self, purpose: str) -> str:
        """Return a key of its own for a library that signs by itself."""
        return hmac.new(self._key, f"key\0{purpose}".encode(), hashlib.sha256).hexdigest()

    def _mac(self, purpose: str, value: str) -> str:
        text = f"{purpose}\0{value}".encode(errors="replace")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:_MAC]
