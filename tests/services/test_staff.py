"""Two factors, a code that serves once, and a lock that counts in the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask

from app.db import read
from app.domain.errors import FieldWrong, TooMany
from app.models import AuditEntry
from app.outside import outside
from app.services import sessions, staff
from app.services.staff import Proof
from tests import given, staff_given
from tests.staff_given import PASSWORD, a_person, code

pytestmark = pytest.mark.usefixtures("context", "cheap_hashes")


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    staff_given.cheap_hashes(monkeypatch)


def test_login_password_and_one_time_code_let_a_member_of_staff_in() -> None:
    person = a_person()

    assert staff.sign_in("r0007", PASSWORD, Proof(code())).id == person.id


def test_a_one_time_code_serves_once() -> None:
    a_person()
    used = code()
    staff.sign_in("r0007", PASSWORD, Proof(used))

    with pytest.raises(FieldWrong):
        staff.sign_in("r0007", PASSWORD, Proof(used))


def test_a_code_older_than_the_last_one_used_is_refused() -> None:
    a_person()
    staff.sign_in("r0007", PASSWORD, Proof(code(1)))

    with pytest.raises(FieldWrong):
        staff.sign_in("r0007", PASSWORD, Proof(code()))


def test_a_clock_that_is_one_step_off_is_forgiven_and_two_steps_are_not() -> None:
    a_person()

    with pytest.raises(FieldWrong):
        staff.sign_in("r0007", PASSWORD, Proof(code(2)))
    assert staff.sign_in("r0007", PASSWORD, Proof(code(-1))).login == "r0007"


@pytest.mark.parametrize(
    ("login", "password", "right_code"),
    [("r0007", "wrong", True), ("r0007", PASSWORD, False), ("nobody", PASSWORD, True), ("r0007", PASSWORD + "x", True)],
)
def test_whatever_is_wrong_the_answer_is_the_same(login: str, password: str, right_code: bool) -> None:
    a_person()

    with pytest.raises(FieldWrong) as wrong:
        staff.sign_in(login, password, Proof(code() if right_code else "000000"))

    assert (wrong.value.field, wrong.value.code, wrong.value.details) == ("login", "wrong", {"left": 4})


@pytest.mark.parametrize("login", ["r0007", "nobody"])
def test_after_five_failures_even_the_right_password_waits_for_fifteen_minutes(login: str) -> None:
    a_person()
    for _ in range(5):
        with pytest.raises(FieldWrong):
            staff.sign_in(login, "wrong", Proof("000000"))

    with pytest.raises(TooMany) as locked:
        staff.sign_in(login, PASSWORD, Proof(code()))

    assert locked.value.retry_after_seconds == 900


def test_the_lock_opens_by_itself_and_a_sign_in_forgets_the_failures() -> None:
    a_person()
    for _ in range(5):
        with pytest.raises(FieldWrong):
            staff.sign_in("r0007", "wrong", Proof("000000"))
    outside.clock.advance(minutes=16)  # type: ignore[attr-defined]

    staff.sign_in("r0007", PASSWORD, Proof(code()))

    with pytest.raises(FieldWrong) as wrong:
        staff.sign_in("r0007", "wrong", Proof("000000"))
    assert wrong.value.details == {"left": 4}


def test_many_tries_at_once_do_not_slip_past_the_lock(app: Flask) -> None:
    a_person()

    def try_it(_number: int) -> str:
        with app.app_context():
            try:
                staff.sign_in("r0007", "wrong", Proof("000000"))
            except FieldWrong:
                return "looked at"
            except TooMany:
                return "locked"
            return "in"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(try_it, range(12)))

    assert answers.count("looked at") == 5
    assert answers.count("locked") == 7


def test_a_disabled_member_of_staff_loses_every_session_and_cannot_come_back() -> None:
    person = a_person()
    opened = sessions.begin("staff", {}, person_id=person.id)

    staff.disable(person.id, by=given.a_member_of_staff("administrator", login="a1"))

    assert not sessions.is_alive(opened.row.id)
    with pytest.raises(FieldWrong):
        staff.sign_in("r0007", PASSWORD, Proof(code()))


def refused(*logins: str) -> list[str | None]:
    """Who is on record as refused after these have tried with a wrong password."""
    for login in logins:
        with pytest.raises(FieldWrong):
            staff.sign_in(login, "wrong", Proof("000000"))
    entries = read().query(AuditEntry).filter_by(action="staff.sign_in_refused").order_by(AuditEntry.number)
    return [entry.actor_id for entry in entries]


def test_whoever_goes_through_names_does_not_fill_the_audit() -> None:
    outside.clock.stop_at(datetime(2026, 11, 24, 2, 0, tzinfo=UTC))  # type: ignore[attr-defined]
    person = a_person()

    at_once = refused("nobody1", "nobody2", "r0007", "nobody3", "r0007")
    outside.clock.advance(minutes=1)  # type: ignore[attr-defined]
    later = refused("nobody4", "nobody5")

    assert at_once == [None, person.id, person.id]
    assert later == [*at_once, None]


def test_every_sign_in_and_every_failure_is_on_record() -> None:
    a_person()
    with pytest.raises(FieldWrong):
        staff.sign_in("nobody", "wrong", Proof("000000"))

    staff.sign_in("r0007", PASSWORD, Proof(code()))

    actions = [entry.action for entry in read().query(AuditEntry).order_by(AuditEntry.number)]
    assert actions[-2:] == ["staff.sign_in_refused", "staff.signed_in"]
