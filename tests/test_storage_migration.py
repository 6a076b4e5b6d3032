"""Tables of older and of newer programs."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, make_url

from tests.made_storage import SAID, keep, opened, storage_at
from tools.errors import StorageError
from tools.storage import migration
from tools.storage.tables import metadata

FIRST = "0001"
SECOND = '''"""Another column, as a later program may want one."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("later", sa.Text, server_default="yes"))
    {then}
'''


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store is to be."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return str(tmp_path / "kept.sqlite")


def engine_at(place: str) -> Engine:
    if place.startswith("postgresql"):
        return create_engine(make_url(place).set(drivername="postgresql+psycopg"))
    return create_engine(f"sqlite:///{place}")


def later_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str = "") -> None:
    """Be a program with one more revision."""
    from alembic.script import ScriptDirectory

    folder = tmp_path / "migrations"
    shutil.copytree(migration.FOLDER, folder)
    before = ScriptDirectory(str(folder)).get_current_head()
    (folder / "versions" / "later.py").write_text(SECOND.format(before=before, then=then))
    monkeypatch.setattr(migration, "FOLDER", folder)


async def test_the_revisions_make_the_tables_of_the_program(place: str) -> None:
    async with opened(place):
        pass
    engine = engine_at(place)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_tables_of_the_first_revision_are_brought_up_to_date(place: str) -> None:
    engine = engine_at(place)
    with engine.begin() as connection:
        migration.upgrade(connection, FIRST)
    engine.dispose()
    async with opened(place) as storage:
        await keep(storage)
        assert await storage.load("conversation-1") == SAID


async def test_an_upgrade_keeps_what_is_kept(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(place) as storage:
        await keep(storage)
    later_program(tmp_path, monkeypatch)
    async with opened(place) as storage:
        assert await storage.load("conversation-1") == SAID
        await storage.delete("conversation-1")
    engine = engine_at(place)
    assert "later" in {column["name"] for column in inspect(engine).get_columns("conversations")}
    engine.dispose()


async def test_an_upgrade_that_fails_leaves_the_old_tables(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(place) as storage:
        await keep(storage)
    with monkeypatch.context() as patched:
        later_program(tmp_path, patched, then='op.drop_table("none")')
        with pytest.raises(StorageError):
            await storage_at(place).open()
    async with opened(place) as storage:
        assert await storage.load("conversation-1") == SAID


async def test_tables_of_a_newer_program_are_left_alone(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        later_program(tmp_path, patched)
        async with opened(place) as storage:
            await keep(storage)
    before = Path(place).read_bytes() if place.startswith("/") else b""
    with pytest.raises(StorageError, match="written by a newer Attune .*: upgrade this program"):
        await storage_at(place).open()
    if before:
        assert Path(place).read_bytes() == before
        with sqlite3.connect(place) as connection:
            assert connection.execute("SELECT later FROM conversations").fetchall() == [("yes",)]
        connection.close()
