"""What Alembic runs to apply the revisions, on the connection that it is handed."""

from alembic import context

from tools.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can take back changes of tables too: a half-done upgrade leaves the old tables.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
