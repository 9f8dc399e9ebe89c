"""Staff sessions: when they end, what holds them open, and when their rows are forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.db import read, transaction
from app.models import Call, CodeRequest, Staff, WebSession, WrongGuess
from app.outside import outside
from app.services import sessions, sweeping, witnesses
from app.services import staff as people
from app.services.sessions import Opened
from tests import given
from tests.staff_given import a_passed_call

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture(autouse=True)
def monday(context: object) -> None:
    outside.clock.stop_at(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))  # type: ignore[attr-defined]


def later(**time: int) -> None:
    outside.clock.advance(**time)  # type: ignore[attr-defined]


def a_witness_at_work() -> tuple[Staff, Opened]:
    witness = given.a_member_of_staff("witness", login="w1")
    return witness, sessions.begin("staff", {}, person_id=witness.id)


def in_a_call(witness: Staff) -> str:
    """The witness is in a call from now on; its id."""
    call = a_passed_call(given.a_case(), witness)
    with transaction() as db:
        row = db.get_one(Call, call.id)
        row.state, row.ended_at = "in_call", None
    return call.id


def hang_up(call_id: str) -> None:
    with transaction() as db:
        db.get_one(Call, call_id).ended_at = outside.clock.now()


def test_an_idle_session_ends_after_a_quarter_of_an_hour() -> None:
    _witness, opened = a_witness_at_work()
    later(minutes=16)

    assert sessions.find(opened.token, "staff") is None


def test_no_idle_time_cuts_a_call_and_the_witness_still_decides_afterwards() -> None:
    witness, opened = a_witness_at_work()
    call = in_a_call(witness)
    later(minutes=40)
    during = sessions.find(opened.token, "staff")
    hang_up(call)
    later(minutes=10)
    after = sessions.find(opened.token, "staff")
    later(minutes=10)

    assert during is not None
    assert after is not None
    assert sessions.find(opened.token, "staff") is None


def test_the_end_of_the_day_waits_for_the_call_and_for_nothing_else() -> None:
    witness, opened = a_witness_at_work()
    call = in_a_call(witness)
    later(hours=11)
    during = (sessions.find(opened.token, "staff"), sessions.is_alive(opened.row.id))
    hang_up(call)
    later(seconds=1)

    assert all(during)
    assert sessions.find(opened.token, "staff") is None
    assert not sessions.is_alive(opened.row.id)


def test_somebody_elses_call_holds_nobodys_session_open() -> None:
    _witness, opened = a_witness_at_work()
    in_a_call(given.a_member_of_staff("witness", login="w2"))
    later(minutes=16)

    assert sessions.find(opened.token, "staff") is None


def test_a_witness_on_a_break_counts_as_away_until_the_break_is_over() -> None:
    witness, _opened = a_witness_at_work()
    witnesses.seen(witness)
    office = witness.branch_office_id or ""

    people.take_a_break(witness.id, begins=True)
    away = witnesses.present_in(office)
    people.take_a_break(witness.id, begins=False)

    assert away == []
    assert [one.id for one in witnesses.present_in(office)] == [witness.id]


def test_rows_that_only_served_a_limit_or_a_visit_are_forgotten() -> None:
    _witness, _opened = a_witness_at_work()
    with transaction() as db:
        now = outside.clock.now()
        db.add_all([WrongGuess(person_index="i", at=now), CodeRequest(address_index="i", at=now)])
    sweeping.reconcile()
    kept = [read().query(table).count() for table in (WebSession, WrongGuess, CodeRequest)]
    later(days=8)

    sweeping.reconcile()

    assert kept == [1, 1, 1]
    assert [read().query(table).count() for table in (WebSession, WrongGuess, CodeRequest)] == [0, 0, 0]


def test_the_sweep_is_done_once_an_hour() -> None:
    sweeping.reconcile()
    later(minutes=59)
    with transaction() as db:
        db.add(WrongGuess(person_index="i", at=datetime(2026, 11, 1, tzinfo=UTC)))
    sweeping.reconcile()
    early = read().query(WrongGuess).count()
    later(minutes=2)

    sweeping.reconcile()

    assert (early, read().query(WrongGuess).count()) == (1, 0)
