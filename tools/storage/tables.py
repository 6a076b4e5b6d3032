"""The tables, the same in SQLite and Postgres; `migrations` holds how they came to be.

Columns named `body` are sealed by `tools.storage.cipher`. The others stand in the open and are
made of chance (ids), keyed digests (owner), hashes (version) and times.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False, index=True),
    Column("version", Text, nullable=False, index=True),
    Column("begun", Double, nullable=False),
    Column("used", Double, nullable=False, index=True),
    # Last: SQLite then lists cards without reading what is long.
    Column("body", LargeBinary, nullable=False),
)

waiting = Table(
    "waiting",
    metadata,
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column(
        "conversation", Text, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
    ),
    Column("message", Text, nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("conversation", "message"),
    sqlite_autoincrement=True,
)

versions = Table(
    "versions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

# Ids of conversations that are to go; an empty id says that their bytes are still to be swept up.
deletions = Table("deletions", metadata, Column("id", Text, primary_key=True))

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
