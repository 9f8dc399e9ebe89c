"""The staff's lists walk along an index in the order in which they are shown: no heap is read, nothing is sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from app.db import database, read
from app.domain.states import State
from app.models import Staff
from app.services import case_search, casework, delivery_history, review, staff_list
from app.services.casework import Sought
from app.services.review import Wanted
from tests import given
from tests.staff_given import a_submitted_case

pytestmark = pytest.mark.usefixtures("context")

LISTS: dict[str, tuple[str, Callable[[Staff], Any]]] = {
    "review by age": ("ix_cases_review_by_age", lambda me: review.waiting(me)),
    "review by risk": ("ix_cases_review_by_risk", lambda me: review.waiting(me, Wanted(order="risk"))),
    "review of a branch office": ("ix_cases_review_of_branch", lambda me: review.waiting(me, Wanted(branch="x"))),
    "newest": ("uq_cases_number", lambda me: casework.listed(me, Sought())),
    "of some days": ("uq_cases_number", lambda me: casework.listed(me, Sought(since=date(2026, 11, 1)))),
    "in a state": ("ix_cases_state_number", lambda me: casework.listed(me, Sought(state=State.COMPLETED))),
}


@contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """The statements that reach the database meanwhile."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        found.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)


def plan_of(ask: Callable[[], Any], table: str = "cases") -> str:
    """How SQLite goes about the query of a list of those rows."""
    with asked() as statements:
        ask()
    statement, parameters = next(one for one in reversed(statements) if f"FROM {table}" in one[0] and "LIMIT" in one[0])
    rows = read().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return "\n".join(str(row[3]) for row in rows)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_along_its_index(name: str) -> None:
    index, ask = LISTS[name]
    a_submitted_case(signed=False)
    me = given.a_member_of_staff("reviewer", login="r1", branch_office_id=None)

    plan = plan_of(lambda: ask(me))

    assert f"cases USING INDEX {index}" in plan or ("autoindex_cases" in plan and index.startswith("uq_")), plan
    assert "TEMP B-TREE" not in plan, plan


WEBHOOKS: dict[str, tuple[str, str, Callable[[], Any]]] = {
    "what came in": ("inbound_events", "received_at_id", delivery_history.received),
    "an id that came in": ("inbound_events", "autoindex", lambda: delivery_history.received(text="evt_1")),
    "what went out": ("deliveries", "ix_outbox_events_occurred_at", delivery_history.deliveries_of),
    "an id that went out": ("deliveries", "autoindex", lambda: delivery_history.deliveries_of(text="0" * 32)),
}


@pytest.mark.parametrize("name", WEBHOOKS)
def test_what_integrators_exchange_is_read_along_an_index(name: str) -> None:
    table, index, ask = WEBHOOKS[name]

    plan = plan_of(ask, table)

    assert index in plan, plan
    # an id leads to a handful of rows, which may be sorted; and of an endless list only those of one moment
    whole = [line for line in plan.splitlines() if line.startswith("SCAN") and "USING INDEX" not in line]
    assert not whole, plan
    assert "an id" in name or "TEMP B-TREE FOR ORDER BY" not in plan, plan


def test_people_are_found_by_index_alone() -> None:
    a_submitted_case(signed=False)
    me = given.a_member_of_staff("reviewer", login="r1", branch_office_id=None)

    with asked() as statements:
        casework.listed(me, Sought(who=case_search.keys_of("0001")))

    for statement, parameters in statements:
        plan = [
            str(row[3]) for row in read().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
        assert not [line for line in plan if line.startswith("SCAN ")], (statement, plan)


def test_the_history_of_a_person_is_found_by_index_alone() -> None:
    me = given.a_member_of_staff("administrator", login="a1")

    with asked() as statements:
        staff_list.history(me)

    ((statement, parameters),) = [one for one in statements if "FROM audit_entries" in one[0]]
    rows = read().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    assert [row[3] for row in rows if "ix_audit_entries_action_number" in row[3]]
