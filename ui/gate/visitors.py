"""People who come in without a name: one browser, one unguessable secret."""

import secrets

from ui.gate.cookies import VISITOR, Jar
from ui.gate.identity import NOBODY, Identity
from ui.gate.seal import Seal

_STAYS, _GOES = "s", "g"


class Visitors:
    """Makes and recognises visitors' cookies.

    A cookie holds a secret of 256 bits, whether it is to outlive the browser's session, and the
    signature of both. What this server did not sign is replaced.
    """

    def __init__(self, seal: Seal, jar: Jar, lasts: int) -> None:
        """Prepare the cookies.

        Args:
            seal: signs them.
            jar: dresses them.
            lasts: seconds for which that of somebody who keeps conversations lasts after a visit.
        """
        self._seal = seal
        self._jar = jar
        self._lasts = lasts

    def new(self) -> Identity:
        """Return somebody who has never been here."""
        return Identity(key=f"visitor:{secrets.token_urlsafe(32)}")

    def read(self, cookie: str) -> Identity:
        """Return whose cookie this is; nobody's where it was not made here."""
        value = self._seal.read(VISITOR, cookie)
        secret, _, stays = value.rpartition(".")
        if not secret or stays not in (_STAYS, _GOES):
            return NOBODY
        return Identity(key=f"visitor:{secret}", lasting=stays == _STAYS)

    def cookie(self, who: Identity, *, stays: bool) -> tuple[bytes, bytes]:
        """Return the header by which a visitor is known again, for a session or for `lasts`."""
        value = f"{who.key.removeprefix('visitor:')}.{_STAYS if stays else _GOES}"
        signed = self._seal.sign(VISITOR, value)
        return self._jar.set(VISITOR, signed, self._lasts if stays else None)
