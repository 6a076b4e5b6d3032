"""The statements on the tables; each runs in the transaction of the connection it is given."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tools.storage.records import Card
from tools.storage.tables import conversations, deletions, secrets, versions, waiting

CARD = (
    conversations.c.id,
    conversations.c.owner,
    conversations.c.version,
    conversations.c.begun,
    conversations.c.used,
)
# The empty id among the deletions: everything is deleted, and its bytes are to be swept up.
SWEEP = ""


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that knows ON CONFLICT, which each dialect has of its own."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _card(row: Row[*tuple[Any, ...]]) -> Card:
    return Card(id=row.id, owner=row.owner, version=row.version, begun=row.begun, used=row.used)


def card(connection: Connection, id: str) -> Card | None:
    """Return the card of a conversation."""
    row = connection.execute(select(*CARD).where(conversations.c.id == id)).one_or_none()
    return _card(row) if row else None


def cards(connection: Connection, owner: str) -> list[Card]:
    """Return the cards of an owner, the last used first."""
    found = select(*CARD).where(conversations.c.owner == owner)
    return [_card(row) for row in connection.execute(found.order_by(conversations.c.used.desc()))]


def count(connection: Connection) -> int:
    """Return how many conversations are kept."""
    return connection.execute(select(func.count()).select_from(conversations)).scalar_one()


def held_by(connection: Connection, id: str) -> str | None:
    """Return whose a conversation is, which nobody deletes before the commit."""
    found = select(conversations.c.owner).where(conversations.c.id == id)
    return connection.execute(found.with_for_update()).scalar_one_or_none()


def put(connection: Connection, card: Card, body: bytes) -> None:
    """Write a conversation, in place of what has its id."""
    values = {
        "owner": card.owner,
        "version": card.version,
        "begun": card.begun,
        "used": card.used,
        "body": body,
    }
    row = _insert(connection, conversations).values(id=card.id, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))


def replace(connection: Connection, id: str, body: bytes, used: float) -> None:
    """Write how a conversation stands."""
    connection.execute(
        update(conversations).where(conversations.c.id == id).values(body=body, used=used)
    )


def state(connection: Connection, id: str) -> tuple[str, bytes] | None:
    """Return whose a conversation is and how it stands."""
    found = select(conversations.c.owner, conversations.c.body).where(conversations.c.id == id)
    row = connection.execute(found).one_or_none()
    return (row.owner, row.body) if row else None


def pin(connection: Connection, id: str, version: str) -> None:
    """Pin a conversation to another version."""
    connection.execute(
        update(conversations).where(conversations.c.id == id).values(version=version)
    )


def post(connection: Connection, id: str, message: str, process: int, body: bytes) -> None:
    """Write a waiting message; one that is there already is from now on this process's."""
    row = _insert(connection, waiting).values(
        conversation=id, message=message, process=process, body=body
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["conversation", "message"], set_={"process": process}
        )
    )


def posted(connection: Connection, id: str, living: Collection[int]) -> list[tuple[str, bytes]]:
    """Return messages and bodies that wait for none of the `living` processes, oldest first."""
    found = select(waiting.c.message, waiting.c.body).where(waiting.c.conversation == id)
    found = found.where(waiting.c.process.not_in(living))
    rows = connection.execute(found.order_by(waiting.c.place))
    return [(row.message, row.body) for row in rows]


def take(connection: Connection, id: str, messages: Iterable[str]) -> None:
    """Remove waiting messages."""
    for message in messages:
        connection.execute(
            delete(waiting).where(waiting.c.conversation == id, waiting.c.message == message)
        )


def intend(connection: Connection, which: Sequence[str]) -> None:
    """Write down which conversations are to go."""
    if which:
        row = _insert(connection, deletions).on_conflict_do_nothing()
        connection.execute(row, [{"id": id} for id in which])


def intended(connection: Connection) -> list[str]:
    """Return which conversations are to go; `SWEEP` is among them where bytes may be left."""
    return list(connection.execute(select(deletions.c.id)).scalars())


def clear(connection: Connection, which: Sequence[str]) -> None:
    """Remove conversations and that they were to go; from now on their bytes are to be swept."""
    gone = [{"gone": id} for id in which if id != SWEEP]
    if gone:
        connection.execute(delete(waiting).where(waiting.c.conversation == bindparam("gone")), gone)
        connection.execute(
            delete(conversations).where(conversations.c.id == bindparam("gone")), gone
        )
        connection.execute(delete(deletions).where(deletions.c.id == bindparam("gone")), gone)
    unpin(connection)
    intend(connection, [SWEEP])


def swept(connection: Connection) -> None:
    """Note that no byte of what was deleted is left."""
    connection.execute(delete(deletions).where(deletions.c.id == SWEEP))


def put_version(connection: Connection, hash: str, body: bytes) -> None:
    """Write the text of a version unless it is there."""
    row = _insert(connection, versions).values(hash=hash, body=body)
    connection.execute(row.on_conflict_do_nothing())


def version(connection: Connection, hash: str) -> bytes | None:
    """Return the text of a version."""
    found = select(versions.c.body).where(versions.c.hash == hash)
    return connection.execute(found).scalar_one_or_none()


def unpin(connection: Connection) -> None:
    """Remove versions that no conversation is pinned to."""
    connection.execute(
        delete(versions).where(versions.c.hash.not_in(select(conversations.c.version)))
    )


def put_secret(connection: Connection, name: str, body: bytes) -> None:
    """Write a secret unless there is one of that name."""
    row = _insert(connection, secrets).values(name=name, body=body)
    connection.execute(row.on_conflict_do_nothing())


def secret(connection: Connection, name: str) -> bytes | None:
    """Return a secret."""
    found = select(secrets.c.body).where(secrets.c.name == name)
    return connection.execute(found).scalar_one_or_none()
