"""What is sealed, for which row, and by which key; and the secret that owners are told apart by."""

import hmac
import secrets

from sqlalchemy import Connection

from tools.errors import StorageError
from tools.storage import rows
from tools.storage.cipher import Cipher, about
from tools.storage.keys import Keys

PEPPER = "owners"


def aad_of_state(id: str, owner: str) -> bytes:
    """Return the associated data of a state, of which nobody else can be made the owner."""
    return about("state", id, owner)


def aad_of_message(id: str, name: str) -> bytes:
    """Return the associated data of a waiting message."""
    return about("waiting", id, name)


def aad_of_version(hash: str) -> bytes:
    """Return the associated data of the text of a version."""
    return about("version", hash)


def aad_of_secret(name: str) -> bytes:
    """Return the associated data of a secret."""
    return about("secret", name)


class Vault:
    """The keys of one opened store.

    Owners are digests with a random secret, which is kept in the store, sealed: so they stay the
    same when the key is changed. No key is made before something is kept.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._cipher: Cipher | None = None
        self._pepper = b""

    def unlock(self, connection: Connection) -> None:
        """Read the secret of the owners; make it where none is kept.

        Raises:
            StorageError: what is kept was sealed with another key, or there is no key.
        """
        sealed = rows.secret(connection, PEPPER)
        if sealed is not None:
            found = self._keys.found()
            if not found:
                raise StorageError(
                    "conversations are kept, and the key that opens them is not here: set "
                    "ATTUNE_KEY to it; nothing was changed"
                )
            self._cipher = Cipher(found)
            self._pepper = self._cipher.open(sealed, aad_of_secret(PEPPER))
            return
        self._pepper = secrets.token_bytes(32)
        if self._keys.set:
            self.writing(connection)

    def writing(self, connection: Connection) -> Cipher:
        """Return what seals the first thing that is kept, which may make a key."""
        if self._cipher is None:
            self._cipher = Cipher(self._keys.made())
        # Each time: an earlier transaction may have been taken back, and the secret with it.
        rows.put_secret(connection, PEPPER, self._cipher.seal(self._pepper, aad_of_secret(PEPPER)))
        # Where several processes open an empty store, the first one's secret holds for all.
        self._pepper = self._cipher.open(
            rows.secret(connection, PEPPER) or b"", aad_of_secret(PEPPER)
        )
        return self._cipher

    def renew(self) -> Cipher:
        """Take up keys that were added since the store was opened."""
        self._cipher = Cipher(self._keys.found())
        return self._cipher

    @property
    def cipher(self) -> Cipher:
        """What seals and opens, once anything is kept."""
        if self._cipher is None:
            raise StorageError("nothing is kept here yet: begin a conversation first")
        return self._cipher

    @property
    def used(self) -> bool:
        """Whether anything is sealed yet."""
        return self._cipher is not None

    @property
    def trouble(self) -> str:
        """Why nothing can be sealed; empty where it can."""
        return "" if self._cipher else self._keys.trouble()

    def owner(self, identity: str) -> str:
        """Return the digest of an identity.

        Raises:
            StorageError: the identity is empty, or the store is not open.
        """
        if not identity or not self._pepper:
            what = "the store is not open: open it first" if identity else "nobody is signed in"
            raise StorageError(f"whose conversations these are cannot be told: {what}")
        return hmac.digest(self._pepper, identity.encode(), "sha256").hex()
