"""People who work for the broker: signing in with two factors, the lock, and losing access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.db import read, transaction
from app.domain.errors import FieldWrong, TooMany
from app.models import Staff, WrongGuess
from app.outside import outside
from app.services import audit, passkeys, passwords, room_news, second_factors, sessions
from app.services.actors import SYSTEM, By

LONGEST_LOGIN = 40


@dataclass(frozen=True)
class Proof:
    """The second factor as it was given: what was typed (an app's code or a recovery code), or a passkey's answer."""

    code: str = ""
    passkey: passkeys.Answer | None = None


def sign_in(login: str, password: str, proof: Proof) -> Staff:
    """The member of staff behind login, password and second factor.

    Whatever is wrong, known login or not, takes the same time and raises FieldWrong("login", "wrong", left=n);
    TooMany("staff_locked") after too many failures.
    """
    guess = _count_a_try(login)
    staff = read().scalars(select(Staff).where(Staff.login == login[:LONGEST_LOGIN])).first()
    known = staff if staff is not None and staff.disabled_at is None else None
    right_password = passwords.is_right(known.password_hash if known else "", password)
    factor = _factor(known if right_password else None, proof)
    if known and factor:
        _forget_tries(guess.person_index)
        audit.record("staff.signed_in", By.staff(known), factor=factor)
        return known
    _note_refusal(staff)
    raise FieldWrong("login", "wrong", left=_tries_left(read(), guess.person_index))


def _factor(staff: Staff | None, proof: Proof) -> str:
    """Which factor it was, empty for a wrong one. With a wrong password nothing is used up: nobody is asked."""
    if proof.passkey is not None:
        return "passkey" if passkeys.use(staff, proof.passkey) else ""
    if len(proof.code) == second_factors.TOTP_DIGITS and proof.code.isdecimal():
        return "one_time_code" if second_factors.use_totp(staff, proof.code) else ""
    return "recovery_code" if second_factors.use_recovery_code(staff, proof.code) else ""


def confirm(staff: Staff, password: str) -> None:
    """The person at the browser is still the one who signed in; FieldWrong("current", "wrong"), TooMany as above."""
    guess = _count_a_try(staff.login)
    if not passwords.is_right(staff.password_hash, password):
        audit.record("staff.confirm_refused", By.staff(staff))
        raise FieldWrong("current", "wrong")
    _forget_tries(guess.person_index)


def _note_refusal(staff: Staff | None) -> None:
    """On record: each failure of a login there is, for the lock bounds them; of all others together one a minute.

    Otherwise a stranger who goes through names would fill the audit. Both ways write, and so take the same time.
    """
    if staff is not None:
        audit.record("staff.sign_in_refused", By.staff(staff))
        return
    now = outside.clock.now()
    this_minute = outside.sealer.index("unknown_login", now.replace(second=0, microsecond=0).isoformat())
    with transaction() as db:
        noted = db.scalars(select(WrongGuess.id).where(WrongGuess.person_index == this_minute).limit(1)).first()
        db.add(WrongGuess(person_index=this_minute, at=now))
        if noted is None:
            audit.record("staff.sign_in_refused", SYSTEM)


def sign_out(staff: Staff) -> None:
    """Write down that somebody left; the session's row is ended by the web floor."""
    audit.record("staff.signed_out", By.staff(staff))


def take_a_break(staff_id: str, *, begins: bool) -> None:
    """Whether the person is away from the desk for a while; the boards of the branch office say so, and who waits for
    a witness learns that there is one more or fewer.
    """
    with transaction() as db:
        staff = db.get_one(Staff, staff_id, with_for_update=True, populate_existing=True)
        if begins == (staff.on_break_since is not None):
            return
        staff.on_break_since = outside.clock.now() if begins else None
        audit.record("staff.break_begun" if begins else "staff.break_ended", By.staff(staff))
        if "witness" in staff.roles:
            room_news.tell_of(staff)


def disable(staff_id: str, *, by: Staff) -> None:
    """Take somebody's access away: every session of theirs ends now, sockets with it."""
    with transaction() as db:
        staff = db.get_one(Staff, staff_id, with_for_update=True, populate_existing=True)
        if staff.disabled_at is not None:
            return
        staff.disabled_at = outside.clock.now()
        sessions.end_all_of(staff_id)
        audit.record("staff.disabled", By.administrator(by), staff=staff_id)


def enable(staff_id: str, *, by: Staff) -> None:
    """Give the access back; password and factors are those from before."""
    with transaction() as db:
        staff = db.get_one(Staff, staff_id, with_for_update=True, populate_existing=True)
        if staff.disabled_at is None:
            return
        staff.disabled_at = None
        audit.record("staff.enabled", By.administrator(by), staff=staff_id)


# -- the lock ---------------------------------------------------------------------------------------------------------


def _count_a_try(login: str) -> WrongGuess:
    """Each try counts as a wrong one before it is looked at, so that many at once cannot slip through."""
    settings = current_app.config["SETTINGS"]
    index = outside.sealer.index("staff_login", login[:LONGEST_LOGIN])
    with transaction() as db:
        if db.get_bind().dialect.name == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(hashtext(:index))"), {"index": index})
        if _tries_left(db, index) <= 0:
            raise TooMany("staff_locked", settings.staff_lock_minutes * 60)
        guess = WrongGuess(person_index=index, at=outside.clock.now())
        db.add(guess)
        return guess


def _tries_left(db: Session, index: str) -> int:
    settings = current_app.config["SETTINGS"]
    since = outside.clock.now() - timedelta(minutes=settings.staff_lock_minutes)
    count = select(func.count()).where(WrongGuess.person_index == index, WrongGuess.at > since)
    return int(settings.staff_tries - db.scalars(count).one())


def _forget_tries(index: str) -> None:
    with transaction() as db:
        db.execute(delete(WrongGuess).where(WrongGuess.person_index == index))
