"""Migrations go up and down with data in the tables, and end where the models are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from app import migrating
from app.db import make_engine
from tests.postgres import throwaway_postgres


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind that we support."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'migrations.sqlite3'}")
        yield made
        made.dispose()
        return
    with throwaway_postgres() as url:
        made = make_engine(url)
        yield made
        made.dispose()


def rows(engine: Engine) -> None:
    """One row in a few tables, by plain SQL: migrations must not need the models."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO banks VALUES ('ICBC', 'n', 's', 'e', 1, false)"))
        connection.execute(text("INSERT INTO bank_bins VALUES ('622202', 'ICBC', 'debit', false)"))
        connection.execute(
            text(
                "INSERT INTO audit_entries VALUES (1, '2026-11-22 00:00:00', 'system', NULL, 'x', NULL, '{}', '0', 'h')"
            )
        )


def test_the_models_equal_the_newest_revision(engine: Engine) -> None:
    migrating.upgrade(engine)

    assert migrating.difference(engine) == []


def test_going_down_and_up_again_with_data_works(engine: Engine) -> None:
    migrating.upgrade(engine)
    rows(engine)

    migrating.downgrade(engine, "0001")
    migrating.upgrade(engine)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM banks")) == "n"

    migrating.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}


def test_audit_entries_cannot_be_changed_on_either_database(engine: Engine) -> None:
    migrating.upgrade(engine)
    rows(engine)

    for statement in ("UPDATE audit_entries SET action = 'y'", "DELETE FROM audit_entries"):
        with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.execute(text(statement))
