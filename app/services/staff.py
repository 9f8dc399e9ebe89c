"""People who work for the broker: signing in with two factors, the lock, and losing access."""

from __future__ import annotations

import hmac
import threading
from datetime import datetime, timedelta
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.db import read, transaction
from app.domain.errors import FieldWrong, TooMany
from app.models import BranchOffice, Staff, Vault, WrongGuess
from app.outside import outside
from app.services import audit, sessions
from app.services.actors import SYSTEM, By
from app.services.beside import beside

HASHES_AT_ONCE = 2
"""Each argon2id hash takes 64 MiB and a core for a moment; more at once would starve the site."""
STEP_SECONDS = 30
STEPS_OFF = (0, -1, 1)
"""A clock may be one time step off, either way."""
LONGEST_LOGIN = 40
LONGEST_PASSWORD = 256
NOBODYS_TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

_hasher = PasswordHasher()
_few = threading.BoundedSemaphore(HASHES_AT_ONCE)


def hash_password(password: str) -> str:
    """An argon2id hash with its parameters and salt, as text."""
    with _few:
        return beside(_hasher.hash, password)


def create(
    login: str, password: str, totp_secret: str, *, name: str, roles: list[str], branch_office: BranchOffice | None,
    licence_number: str = "",
) -> Staff:  # fmt: skip
    """A new member of staff. `totp_secret` is base32; no branch office means all of them."""
    hashed = hash_password(password)
    with transaction() as db:
        vault = Vault.new()
        staff = Staff(
            vault=vault,
            login=login,
            name=name,
            licence_number=licence_number,
            password_hash=hashed,
            totp_secret=totp_secret,
            roles=roles,
            branch_office_id=branch_office.id if branch_office else None,
        )
        db.add_all([vault, staff])
        db.flush()
        audit.record("staff.created", SYSTEM, staff=staff.id, roles=roles)
        return staff


def sign_in(login: str, password: str, code: str) -> Staff:
    """The member of staff behind login, password and one-time code.

    Whatever is wrong, known login or not, takes the same time and raises FieldWrong("login", "wrong", left=n);
    TooMany("staff_locked") after too many failures.
    """
    guess = _count_a_try(login)
    staff = read().scalars(select(Staff).where(Staff.login == login[:LONGEST_LOGIN])).first()
    known = staff if staff is not None and staff.disabled_at is None else None
    right_password = _verify(known.password_hash if known else _nobodys_hash(), password)
    step = _step_of(known.totp_secret if known else NOBODYS_TOTP, code, outside.clock.now())
    if known and right_password and step is not None and _use_up(known, step):
        _forget_tries(guess.person_index)
        audit.record("staff.signed_in", By.staff(known))
        return known
    _note_refusal(staff)
    raise FieldWrong("login", "wrong", left=_tries_left(read(), guess.person_index))


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


def disable(staff_id: str, *, by: Staff) -> None:
    """Take somebody's access away: every session of theirs ends now, sockets with it."""
    with transaction() as db:
        staff = db.get_one(Staff, staff_id)
        staff.disabled_at = staff.disabled_at or outside.clock.now()
        sessions.end_all_of(staff_id)
        audit.record("staff.disabled", By.administrator(by), staff=staff_id)


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


# -- the factors ------------------------------------------------------------------------------------------------------


def _verify(hashed: str, password: str) -> bool:
    with _few:
        return beside(_matches, hashed, password[:LONGEST_PASSWORD])


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, None for a wrong one."""
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    current = int(now.timestamp()) // STEP_SECONDS
    found = [
        current + off
        for off in STEPS_OFF
        if hmac.compare_digest(totp.generate_otp(current + off).encode(), code.encode())
    ]
    return found[0] if found else None


def _use_up(staff: Staff, step: int) -> bool:
    """Mark the code's time step as used; False when it, or a later one, has been used before."""
    with transaction() as db:
        used = db.execute(
            update(Staff)
            .where(Staff.id == staff.id, Staff.totp_last_step < step)
            .values(totp_last_step=step)
            .returning(Staff.id)
        )
        return used.first() is not None
