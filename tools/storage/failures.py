"""What a database says when it fails, as one sentence for whoever runs the program."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tools.errors import StorageError

SQLITE = {
    "SQLITE_FULL": "there is no room left on the disk for {where}: free some and try again; what "
    "was kept before is untouched",
    "SQLITE_BUSY": "another program is using {where}: close it and try again",
    "SQLITE_LOCKED": "another program is using {where}: close it and try again",
    "SQLITE_CORRUPT": "{where} is damaged: save what can be read with `python -m tools store "
    "repair`; nothing was changed",
    "SQLITE_NOTADB": "{where} is damaged, or not a store: save what can be read with `python -m "
    "tools store repair`, or set ATTUNE_STORE to another file; nothing was changed",
    "SQLITE_READONLY": "{where} cannot be written: see to the permissions of the file and of its "
    "folder",
    "SQLITE_CANTOPEN": "{where} cannot be opened: see to the permissions of the file and of its "
    "folder",
    "SQLITE_IOERR": "the disk failed under {where}: see to the disk and try again",
}
POSTGRES = {
    "08": "the database {where} cannot be reached: see that Postgres runs and is the one that "
    "ATTUNE_STORE names; nothing that was kept is lost",
    "28": "the database {where} refuses the user or the password in ATTUNE_STORE: correct them",
    "3D": "the database {where} does not exist: make it, e.g. with `createdb`",
    "42501": "the user in ATTUNE_STORE may not use the tables of {where}: grant it the rights",
    "25006": "the database {where} can only be read: name the one that can be written",
    "53100": "the disk of the database {where} is full: free some and try again; what was kept "
    "before is untouched",
    "53300": "the database {where} has no connection left: raise its `max_connections`",
}
OTHER = "{where} failed ({kind}): see the log of the database and try again"


def sentence(error: BaseException, where: str) -> str:
    """Say what failed in the store at `where`; holds nothing that is kept."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    name = getattr(cause, "sqlite_errorname", None) or ""
    state = getattr(cause, "sqlstate", None) or ""
    text = next((text for code, text in SQLITE.items() if name.startswith(code)), None)
    if text is None and state:
        text = next((text for code, text in POSTGRES.items() if state.startswith(code)), None)
        text = text or (POSTGRES["08"] if state.startswith("57P") else None)
    elif text is None and type(cause).__module__.startswith("psycopg"):
        # A connection that is refused or dies has no state of its own.
        text = _refused(str(cause))
    elif text is None and isinstance(cause, OSError):
        text = SQLITE["SQLITE_CANTOPEN"]
    return (text or OTHER).format(where=where, kind=type(cause).__name__)


def _refused(message: str) -> str:
    """Tell apart what a server says before there is a connection: no state comes with it."""
    if "authentication" in message or "role" in message:
        return POSTGRES["28"]
    if "does not exist" in message:
        return POSTGRES["3D"]
    return POSTGRES["53300"] if "too many clients" in message else POSTGRES["08"]


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn what a database or a disk raises into a `StorageError`."""
    try:
        yield
    except StorageError:
        raise
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(sentence(error, where)) from error
    except Exception as error:
        # The drivers raise without SQLAlchemy around them where a connection is used directly.
        if type(error).__module__.split(".")[0] not in ("psycopg", "sqlite3", "alembic"):
            raise
        raise StorageError(sentence(error, where)) from error
