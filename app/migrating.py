"""Migrations of the database, run by Alembic on the application's own engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

DIRECTORY = Path(__file__).parent.parent / "migrations"


@contextmanager
def _configured(engine: Engine) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(DIRECTORY))
    with engine.connect() as connection, _rewritable(connection):
        config.attributes["connection"] = connection
        yield config
        connection.commit()


@contextmanager
def _rewritable(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by writing it anew and dropping the old one, which is refused while rows refer to it.

    So references are not enforced meanwhile; `migrations/env.py` checks them at the end of every migration.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()  # the setting changes only outside a transaction
        raw.execute("PRAGMA foreign_keys=ON")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to `revision`."""
    with _configured(engine) as config:
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database down to `revision`; "base" empties it."""
    with _configured(engine) as config:
        command.downgrade(config, revision)


def new_revision(engine: Engine, message: str, revision_id: str) -> None:
    """Write a migration from the difference between models and database."""
    with _configured(engine) as config:
        command.revision(config, message, autogenerate=True, rev_id=revision_id)


def difference(engine: Engine) -> list[object]:
    """What the models say and the database lacks, or the other way round; empty when they are equal."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    import app.models  # noqa: F401
    from app.db import Base

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))
