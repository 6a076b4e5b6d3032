"""Names and passwords of people who sign in, in a file that its owner alone can read."""

import asyncio
import logging
import os
import re
import secrets
import stat
import tempfile
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel

from tools.errors import ConfigError
from tools.yaml_file import read_yaml

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 10
LONGEST = 256
_NAME = re.compile(r"[^\W_][\w.@+-]{0,63}")
_AT_ONCE = 2  # one check takes 64 MiB for a moment
_log = logging.getLogger(__name__)


class Account(BaseModel, extra="forbid"):
    """Somebody who may sign in.

    Attributes:
        id: what their conversations are told apart by, and never another person's: somebody who
            gets the name of one that was removed finds nothing of theirs.
        password: its hash (argon2id).
    """

    id: str
    password: str


class AccountsFile(BaseModel, extra="forbid"):
    """The file: people by name."""

    users: dict[str, Account] = {}


def plain(name: str) -> str:
    """Return a name as it is compared: without outer blanks and regardless of case."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class Accounts:
    """The people who may sign in, as the file says now."""

    def __init__(self, file: Path, *, new: bool = False) -> None:
        """Read the file.

        Args:
            file: YAML; readable by its owner alone.
            new: it need not exist yet.

        Raises:
            ConfigError: it is missing, others can read it, or it is not in its format.
        """
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._users: dict[str, Account] = {}
        self._checking = asyncio.Semaphore(_AT_ONCE)
        if not (new and not file.exists()):
            self._read()

    @property
    def names(self) -> list[str]:
        """Everybody's name, sorted."""
        return sorted(self._now())

    def mark(self, name: str) -> str:
        """Return what changes with somebody's password; empty for a name that is not there."""
        known = self._now().get(plain(name))
        return known.password if known else ""

    def key(self, name: str) -> str:
        """Return what somebody's conversations are told apart by; empty for an unknown name."""
        known = self._now().get(plain(name))
        return f"user:{known.id}" if known else ""

    async def check(self, name: str, password: str) -> bool:
        """Return whether a password is somebody's, after the same time for unknown names."""
        from argon2.exceptions import InvalidHashError, VerificationError

        known = self._now().get(plain(name))
        async with self._checking:
            try:
                right = await asyncio.to_thread(
                    self._hasher.verify,
                    known.password if known else self._nobody,
                    password[:LONGEST],
                )
            except (VerificationError, InvalidHashError):
                return False
        return right and known is not None

    def put(self, name: str, password: str) -> None:
        """Add somebody, or give them another password.

        Raises:
            ConfigError: the name or the password cannot be taken, or the file not be written.
        """
        key = plain(name)
        if not _NAME.fullmatch(key):
            raise ConfigError(
                f"the name {name!r} cannot be used; take up to 64 letters, digits and . @ + - _, "
                "beginning with a letter or a digit"
            )
        if not SHORTEST <= len(password) <= LONGEST:
            raise ConfigError(
                f"a password needs {SHORTEST} to {LONGEST} characters; a few words that belong "
                "together only for you are a good one"
            )
        known = self._now().get(key)
        id = known.id if known else secrets.token_urlsafe(12)
        self._write({**self._now(), key: Account(id=id, password=self._hasher.hash(password))})

    def remove(self, name: str) -> None:
        """Remove somebody, who is then signed out everywhere.

        Raises:
            ConfigError: nobody has that name, or the file cannot be written.
        """
        users = dict(self._now())
        if users.pop(plain(name), None) is None:
            raise ConfigError(f"nobody called {name!r} can sign in; see `python -m ui users list`")
        self._write(users)

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        from argon2 import PasswordHasher

        return PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(os.urandom(16).hex())

    def _now(self) -> dict[str, Account]:
        """Return the people as the file stands; a broken edit leaves them as they were."""
        try:
            found = self._file.stat()
            if self._stamp != (found.st_mtime_ns, found.st_size):
                self._read()
        except FileNotFoundError:
            pass
        except ConfigError as error:
            _log.warning("the edited users file is not used: %s", error)
        return self._users

    def _read(self) -> None:
        try:
            found = self._file.stat()
        except OSError as error:
            raise ConfigError(
                f"there is no users file {self._file.name!r}; make it with "
                "`python -m ui users add NAME --users FILE`"
            ) from error
        others = stat.S_IMODE(found.st_mode) & 0o077
        if os.name == "posix" and others:
            raise ConfigError(
                f"others on this computer can read or change the users file {self._file.name!r}; "
                f"make it yours alone with `chmod 600 {self._file.name}`"
            )
        users = read_yaml(self._file, AccountsFile, "users file").users
        self._users = {plain(name): account for name, account in users.items()}
        self._stamp = (found.st_mtime_ns, found.st_size)

    def _write(self, users: dict[str, Account]) -> None:
        """Put the file in place of the old one in one step, with the owner's rights alone."""
        text = yaml.safe_dump(AccountsFile(users=users).model_dump(), allow_unicode=True)
        try:
            with tempfile.NamedTemporaryFile(  # made with mode 600
                "w", encoding="utf-8", dir=self._file.parent, delete=False
            ) as new:
                new.write(text)
            os.replace(new.name, self._file)
        except OSError as error:
            raise ConfigError(
                f"the users file {self._file.name!r} cannot be written ({error.strerror}); "
                "choose another place with --users"
            ) from error
        self._read()
