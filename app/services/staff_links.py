"""The one-time link with which a member of staff chooses password and second factor."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import select, update

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.models import Staff, StaffLink
from app.outside import outside
from app.services import audit, passkeys, passwords, second_factors
from app.services.actors import SYSTEM, By

TOKEN_BYTES = 32
WORD_BYTES = 5
WRONG_WORDS = 5
"""After so many wrong words the link is dead."""


@dataclass(frozen=True)
class Chosen:
    """What the person chose: a password, and a code of the app or a passkey's answer. `word` only after a reset."""

    password: str
    code: str = ""
    passkey: passkeys.Answer | None = None
    passkey_name: str = ""
    word: str = ""


def make(staff: Staff, *, by: Staff | None, word_hash: str | None = None) -> str:
    """The token of a new link for a person without password; links from before are dead.

    Inside the caller's transaction. `by` None: the command line, for the first administrator.
    """
    now = outside.clock.now()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction() as db:
        if staff.is_set_up:
            raise NotFound
        db.execute(
            update(StaffLink).where(StaffLink.staff_id == staff.id, StaffLink.used_at.is_(None)).values(used_at=now)
        )
        link = StaffLink(
            vault=staff.vault,
            staff_id=staff.id,
            token_hash=_hash(token),
            word_hash=word_hash,
            totp_secret=second_factors.new_totp_secret(),
            made_at=now,
            ends_at=now + timedelta(hours=current_app.config["SETTINGS"].staff_link_hours),
        )
        db.add(link)
        audit.record("staff.link_made", By.administrator(by) if by else SYSTEM, staff=staff.id)
    return token


def find(token: str) -> StaffLink:
    """The living link; NotFound when unknown, used, too old, or its person may not come in any more."""
    link = read().scalars(select(StaffLink).where(StaffLink.token_hash == _hash(token))).first()
    if link is None or link.used_at is not None or outside.clock.now() >= link.ends_at or link.staff.disabled_at:
        raise NotFound
    return link


def new_word() -> tuple[str, str]:
    """A word that one administrator hands over, and its hash."""
    word = secrets.token_hex(WORD_BYTES)
    return word, _hash(word)


def use(token: str, chosen: Chosen) -> list[str]:
    """Take what was chosen; the recovery codes, to be shown once. The link is used up by it.

    Raises FieldWrong("word" | "password" | "code" | "passkey", …), NotFound.
    """
    link = find(token)
    _require_word(link, chosen.word)
    passwords.check(chosen.password, link.staff.login, link.staff.name)
    step = None if chosen.passkey else second_factors.step_of(link.totp_secret, chosen.code, outside.clock.now())
    if chosen.passkey is None and step is None:
        raise FieldWrong("code", "wrong")
    hashed = passwords.hashed(chosen.password)
    with transaction() as db:
        staff = db.get_one(Staff, link.staff_id, with_for_update=True, populate_existing=True)
        if not _use_up(link):
            raise NotFound
        staff.password_hash = hashed
        if chosen.passkey:
            passkeys.add(staff, chosen.passkey, chosen.passkey_name)
        else:
            staff.totp_secret, staff.totp_last_step = link.totp_secret, step or 0
        audit.record("staff.set_up", By.staff(staff), factor="passkey" if chosen.passkey else "one_time_code")
        return second_factors.new_recovery_codes(staff)


def _require_word(link: StaffLink, word: str) -> None:
    if link.word_hash is None:
        return
    with transaction() as db:
        counted = db.execute(
            update(StaffLink)
            .where(StaffLink.id == link.id, StaffLink.tries < WRONG_WORDS)
            .values(tries=StaffLink.tries + 1)
            .returning(StaffLink.id)
        ).first()
    if counted is None:
        raise NotFound
    if not hmac.compare_digest(_hash("".join(word.lower().split())), link.word_hash):
        raise FieldWrong("word", "wrong")
    with transaction() as db:
        db.execute(update(StaffLink).where(StaffLink.id == link.id).values(tries=0))


def _use_up(link: StaffLink) -> bool:
    with transaction() as db:
        used = db.execute(
            update(StaffLink)
            .where(StaffLink.id == link.id, StaffLink.used_at.is_(None))
            .values(used_at=outside.clock.now())
            .returning(StaffLink.id)
        )
        return used.first() is not None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
