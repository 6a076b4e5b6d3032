"""How the tables came to be: one revision in `versions` for every change of `tools.storage.tables`.

Alembic runs them when a store is opened. A revision that was released is never edited.
"""
