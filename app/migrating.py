"""Migrations of the database, run by Alembic on the application's own engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

DIRECTORY = Path(__file__).parent.parent / "migrations"


@contextmanager
def _configured(engine: Engine) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(DIRECTORY))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        yield config
        connection.commit()


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
