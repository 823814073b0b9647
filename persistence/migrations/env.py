"""Alembic's entry: runs the revisions on the connection and in the transaction of `Database.migrate`."""

from alembic import context

from persistence.migrations.draft import plain_type
from persistence.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, transactional_ddl=True, compare_type=True, render_item=plain_type
)
with context.begin_transaction():  # a transaction that is under way already: ours
    context.run_migrations()
