"""Sealing everything again, with a newer key."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, func, select, update

from tools.storage import vault
from tools.storage.cipher import Cipher
from tools.storage.tables import conversations, secrets, versions, waiting

STEP = 50
"""How many rows are sealed again in one transaction."""

Begin = Callable[[], AbstractContextManager[Connection]]
Report = Callable[[int, int], None]

# Each table with the column that tells its rows apart, and what a row's value is bound to.
SEALED: tuple[tuple[Table, Column[Any], Callable[[Row[*tuple[Any, ...]]], bytes]], ...] = (
    (secrets, secrets.c.name, lambda row: vault.aad_of_secret(row.name)),
    (versions, versions.c.hash, lambda row: vault.aad_of_version(row.hash)),
    (conversations, conversations.c.id, lambda row: vault.aad_of_state(row.id, row.owner)),
    (waiting, waiting.c.place, lambda row: vault.aad_of_message(row.conversation, row.message)),
)


def reseal(begin: Begin, cipher: Cipher, report: Report) -> int:
    """Seal with the first key what is sealed with another, and return how many values that were.

    It may be broken off at any time and begun again. `report` is told how many rows are done, and
    of how many.
    """
    with begin() as connection:
        every = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table, _, _ in SEALED
        ]
    done = changed = 0
    for table, name, bound in SEALED:
        with begin() as connection:
            names = list(connection.execute(select(name)).scalars())
        for start in range(0, len(names), STEP):
            some = names[start : start + STEP]
            with begin() as connection:
                found = select(table).where(name.in_(some)).with_for_update()
                for row in connection.execute(found).all():
                    if not cipher.is_current(row.body):
                        body = cipher.seal(cipher.open(row.body, bound(row)), bound(row))
                        key = getattr(row, name.name)
                        connection.execute(update(table).where(name == key).values(body=body))
                        changed += 1
            done += len(some)
            report(done, max(done, sum(every)))
    return changed
