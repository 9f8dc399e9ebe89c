"""What members of staff change of their own: password, app, passkeys, recovery codes, sessions."""

from __future__ import annotations

from app.db import transaction
from app.domain.errors import FieldWrong
from app.models import Passkey, Staff
from app.outside import outside
from app.services import audit, passkeys, passwords, second_factors, sessions, staff
from app.services.actors import By


def change_password(me: Staff, current: str, new: str, *, keep_session: str) -> None:
    """FieldWrong("current" | "password", …); every other session of the person ends."""
    staff.confirm(me, current)
    passwords.check(new, me.login, me.name)
    hashed = passwords.hashed(new)
    with transaction() as db:
        db.get_one(Staff, me.id, with_for_update=True, populate_existing=True).password_hash = hashed
        sessions.end_others_of(me.id, keep=keep_session)
        audit.record("staff.password_changed", By.staff(me))


def change_app(me: Staff, current: str, secret: str, code: str) -> None:
    """Another authenticator app from now on; FieldWrong("current" | "code", "wrong")."""
    staff.confirm(me, current)
    step = second_factors.step_of(secret, code, outside.clock.now())
    if step is None:
        raise FieldWrong("code", "wrong")
    with transaction() as db:
        row = db.get_one(Staff, me.id, with_for_update=True, populate_existing=True)
        row.totp_secret, row.totp_last_step = secret, step
        audit.record("staff.factor_added", By.staff(me), factor="one_time_code")


def add_passkey(me: Staff, current: str, answer: passkeys.Answer, name: str) -> Passkey:
    """One more passkey; FieldWrong("current" | "passkey", …)."""
    staff.confirm(me, current)
    with transaction():
        key = passkeys.add(me, answer, name)
        audit.record("staff.factor_added", By.staff(me), factor="passkey")
        return key


def remove_passkey(me: Staff, current: str, key_id: str) -> None:
    """FieldWrong("current", "wrong"), FieldWrong("passkey", "last") for the only second factor."""
    staff.confirm(me, current)
    with transaction() as db:
        row = db.get_one(Staff, me.id, with_for_update=True, populate_existing=True)
        if not row.totp_secret and len(passkeys.all_of(row)) <= 1:
            raise FieldWrong("passkey", "last")
        if passkeys.remove(row, key_id):
            audit.record("staff.factor_removed", By.staff(me), factor="passkey")


def renew_recovery_codes(me: Staff, current: str) -> list[str]:
    """Ten new ones, to be shown once; FieldWrong("current", "wrong")."""
    staff.confirm(me, current)
    with transaction():
        codes = second_factors.new_recovery_codes(me)
        audit.record("staff.recovery_codes_renewed", By.staff(me))
        return codes


def end_session(me: Staff, session_id: str) -> None:
    """End one of one's own sessions; another's is not there."""
    with transaction():
        if sessions.end_of(me.id, session_id):
            audit.record("staff.session_ended", By.staff(me))


def end_other_sessions(me: Staff, *, keep: str) -> None:
    """End every session but this one."""
    with transaction():
        sessions.end_others_of(me.id, keep=keep)
        audit.record("staff.session_ended", By.staff(me))
