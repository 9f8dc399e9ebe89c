"""The audit chain: nothing in it can be changed without being found out."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db import database, transaction
from app.services import audit
from app.services.actors import SYSTEM


def some_entries(count: int = 5) -> None:
    for number in range(count):
        audit.record("test.happened", SYSTEM, step=number)


def without_triggers(statement: str) -> None:
    """Somebody with the database file in hand, who took the triggers away first."""
    with database.engine.connect() as connection:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(text(f"DROP TRIGGER audit_entries_no_{verb}"))
        connection.execute(text(statement))
        connection.commit()


def test_a_chain_that_nobody_touched_is_whole(context: Flask) -> None:
    some_entries()

    assert audit.verify().intact
    assert audit.verify().entries == 5


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"])
def test_the_database_refuses_to_change_or_delete_entries(context: Flask, statement: str) -> None:
    some_entries()

    with pytest.raises(DBAPIError, match="append-only"), transaction() as db:
        db.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "first_wrong"),
    [
        ("UPDATE audit_entries SET action = 'test.lied' WHERE number = 3", 3),
        ("UPDATE audit_entries SET details = '{\"step\": 9}' WHERE number = 2", 2),
        ("DELETE FROM audit_entries WHERE number = 3", 4),
        ("UPDATE audit_entries SET number = 99 WHERE number = 4", 5),
    ],
)
def test_an_entry_that_was_changed_removed_or_moved_is_found(context: Flask, statement: str, first_wrong: int) -> None:
    some_entries()
    without_triggers(statement)

    assert audit.verify().first_wrong == first_wrong
