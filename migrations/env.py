"""How Alembic reaches the database and the models."""

from __future__ import annotations

from alembic import context
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import app.models  # noqa: F401 — fills the metadata
from app.db import Base


def _refuse_loose_references(*, ctx: MigrationContext, **_step: object) -> None:
    """SQLite does not enforce references while tables are written anew, see app/migrating.py."""
    connection = ctx.connection
    if connection is None or connection.dialect.name != "sqlite":
        return
    if loose := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        raise RuntimeError(f"rows refer to rows that are not there: {loose[:5]}")


def migrate(connection: Connection) -> None:
    """Run the migrations on one connection, each in its own transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=True,
        on_version_apply=_refuse_loose_references,
    )
    with context.begin_transaction():
        context.run_migrations()


migrate(context.config.attributes["connection"])
