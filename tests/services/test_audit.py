"""The audit chain: nothing in it can be changed without being found out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.db import database, read, transaction
from app.models import AuditEntry, OutboxEvent
from app.outside import outside
from app.services import anchors, audit, audit_search
from app.services.actors import SYSTEM, By
from app.services.audit_search import Search
from tests import given


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


# -- anchors ----------------------------------------------------------------------------------------------------------


def test_anchors_of_a_chain_that_nobody_touched_hold(context: Flask) -> None:
    some_entries()
    audit.anchor()
    some_entries(2)
    audit.anchor()

    found = audit.verify()

    assert (found.intact, found.entries, found.anchors) == (True, 7, 2)


def test_a_chain_whose_end_was_cut_off_hangs_together_and_is_found_by_its_anchor(context: Flask) -> None:
    some_entries()
    audit.anchor()
    without_triggers("DELETE FROM audit_entries WHERE number > 3")

    found = audit.verify()

    assert found.first_wrong is None
    assert (found.intact, found.first_loose) == (False, 5)


def test_a_chain_made_anew_with_the_very_key_is_found_by_its_anchor(context: Flask) -> None:
    some_entries()
    audit.anchor()
    without_triggers("DELETE FROM audit_entries")
    for number in range(9):
        audit.record("test.invented", SYSTEM, step=number)

    assert audit.verify().first_loose == 5


@pytest.mark.parametrize("change", [lambda line: line.replace('"number": 5', '"number": 4'), lambda _line: "scrawl\n"])
def test_an_anchor_that_was_changed_does_not_hold(context: Flask, change: Callable[[str], str]) -> None:
    some_entries()
    audit.anchor()
    path = anchors.place()
    path.write_text(change(path.read_text()))

    assert not audit.verify().intact


def test_an_anchor_is_written_once_an_hour_to_a_private_file_and_told_outside(context: Flask) -> None:
    some_entries()
    audit.reconcile()
    some_entries()
    audit.reconcile()
    outside.clock.advance(minutes=61)  # type: ignore[attr-defined]
    audit.reconcile()

    assert [one.number for one in anchors.all_written()] == [5, 10]
    assert anchors.place().stat().st_mode & 0o777 == 0o600
    assert read().query(OutboxEvent).filter_by(type="audit.anchored").count() == 2


def test_nothing_new_needs_no_anchor(context: Flask) -> None:
    some_entries()

    assert audit.anchor() is not None
    assert audit.anchor() is None


# -- searching --------------------------------------------------------------------------------------------------------


def numbers(search: Search, before: int = 0) -> list[int]:
    return [entry.number for entry in audit_search.find(search, before=before).rows]


def test_entries_are_found_by_person_action_case_and_day(context: Flask) -> None:
    outside.clock.stop_at(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))  # type: ignore[attr-defined]
    person = given.a_member_of_staff(login="w0001", name="陈静")
    case = given.a_case()
    begun = audit.verify().entries
    audit.record("picture.viewed", By.staff(person), case_id=case.id)
    outside.clock.advance(days=1)  # type: ignore[attr-defined]
    audit.record("picture.viewed", SYSTEM)

    assert numbers(Search(who="w0001")) == numbers(Search(who="陈静")) == [begun + 1]
    assert numbers(Search(role="witness", action="picture.viewed")) == [begun + 1]
    assert numbers(Search(case_number=case.number))[0] == begun + 1
    assert numbers(Search(since=date(2026, 11, 25))) == [begun + 2]
    assert numbers(Search(until=date(2026, 11, 24)))[0] == begun + 1
    assert numbers(Search(until=date(2026, 11, 23))) == []
    assert numbers(Search(who="nobody")) == numbers(Search(case_number="1")) == []


def test_a_long_answer_goes_on_where_the_page_ended(context: Flask) -> None:
    some_entries(55)
    first = audit_search.find(Search(action="test.happened"))

    assert first.more
    assert numbers(Search(action="test.happened"), before=first.rows[-1].number) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "search",
    [Search(action="a"), Search(role="witness"), Search(since=date(2026, 1, 1)), Search(until=date(2030, 1, 1))],
)
def test_no_search_reads_the_whole_chain_or_sorts_it(context: Flask, search: Search) -> None:
    some_entries()
    query = select(AuditEntry).where(*audit_search._conditions(search)).order_by(AuditEntry.number.desc()).limit(51)
    plan = str(query.compile(database.engine, compile_kwargs={"literal_binds": True}))

    steps = [row[3] for row in read().execute(text(f"EXPLAIN QUERY PLAN {plan}"))]

    assert not any("TEMP B-TREE" in step or step == "SCAN audit_entries" for step in steps), steps
