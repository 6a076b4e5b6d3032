"""Bringing the tables of a store up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from tools.errors import StorageError

FOLDER = Path(__file__).parent / "migrations"


def revision(connection: Connection) -> str | None:
    """Return the revision of the tables, or None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def behind(connection: Connection, where: str) -> bool:
    """Say whether tables are missing or older than this program, without writing anything.

    Raises:
        StorageError: a newer program wrote them, or the SQLite file is somebody else's.
    """
    current = revision(connection)
    scripts = ScriptDirectory(str(FOLDER))
    if current is None:
        if connection.dialect.name == "sqlite" and inspect(connection).get_table_names():
            raise StorageError(
                f"{where} is the database of another program: set ATTUNE_STORE to another file"
            )
        return True
    if current not in {script.revision for script in scripts.walk_revisions()}:
        raise StorageError(
            f"{where} was written by a newer Attune (revision {current!r}): upgrade this program; "
            "nothing was changed"
        )
    return current != scripts.get_current_head()


def upgrade(connection: Connection, to: str = "head") -> None:
    """Apply the revisions that are missing, in the transaction of `connection`."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
