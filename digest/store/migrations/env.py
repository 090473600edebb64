"""Alembic's entry: runs on the connection that `digest.store.schema` gives it."""

from alembic import context

import digest.store.tables  # noqa: F401 - fills the metadata
from subscribers.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
