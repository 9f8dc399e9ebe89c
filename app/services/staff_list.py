"""The members of staff as administrators keep them: found, invited, changed, sent a new link."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.db import read, transaction
from app.domain.errors import FieldWrong, NotFound
from app.domain.states import Actor
from app.models import AuditEntry, BranchOffice, Staff, Vault
from app.services import audit, audit_search, sessions, staff_links
from app.services.actors import SYSTEM, By

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
ROLES = tuple(actor.value for actor in (Actor.WITNESS, Actor.REVIEWER, Actor.ADMINISTRATOR, Actor.AUDITOR))
LONGEST_NAME = 40
LONGEST_LICENCE = 30
TOLD = ("roles", "branch_office_id")
"""What the audit chain says before and after; of names and licence numbers only that they changed."""
CHANGES = (
    "staff.created",
    "staff.changed",
    "staff.disabled",
    "staff.enabled",
    "staff.link_made",
    "staff.reset_asked",
    "staff.reset_withdrawn",
    "staff.reset",
)
"""The entries of the audit chain that are a person's history."""


@dataclass(frozen=True)
class Entry:
    """What an administrator fills in. `office_id` None: all branch offices."""

    name: str
    licence_number: str
    roles: tuple[str, ...]
    office_id: str | None


def everybody() -> list[Staff]:
    """All, those with access first, by login."""
    return list(read().scalars(select(Staff).order_by(Staff.disabled_at.is_not(None), Staff.login)))


def offices() -> list[BranchOffice]:
    """The branch offices that somebody can be put to, by code."""
    return list(read().scalars(select(BranchOffice).where(BranchOffice.retired.is_(False)).order_by(BranchOffice.code)))


def find(staff_id: str) -> Staff:
    """NotFound when there is none."""
    found = read().get(Staff, staff_id)
    if found is None:
        raise NotFound
    return found


def history(staff: Staff) -> list[AuditEntry]:
    """What administrators did to the person's entry and access, the latest first."""
    return audit_search.history("staff", staff.id, CHANGES)


def invite(login: str, entry: Entry, *, by: Staff | None) -> tuple[Staff, str]:
    """A new member of staff and the token of the link for the first way in; by None: the command line.

    FieldWrong("login" | "name" | "licence_number" | "roles" | "office", …).
    """
    if not LOGIN.fullmatch(login):
        raise FieldWrong("login", "wrong")
    _check(entry)
    try:
        with transaction() as db:
            vault = Vault.new()
            staff = Staff(vault=vault, login=login, **_columns(entry))
            db.add_all([vault, staff])
            db.flush()
            first = _columns(entry)
            audit.record("staff.created", _by(by), staff=staff.id, was={}, now={name: first[name] for name in TOLD})
            return staff, staff_links.make(staff, by=by)
    except IntegrityError as error:
        raise FieldWrong("login", "taken") from error


def change(staff_id: str, entry: Entry, *, by: Staff) -> None:
    """Another name, role or office. Whoever loses a role or an office signs in anew; nobody changes their own roles."""
    _check(entry)
    with transaction() as db:
        staff = db.get_one(Staff, staff_id, with_for_update=True, populate_existing=True)
        before, after = _columns(_entry_of(staff)), _columns(entry)
        changed = sorted(name for name in after if before[name] != after[name])
        if not changed:
            return
        if staff.id == by.id and {"roles", "branch_office_id"} & set(changed):
            raise FieldWrong("roles", "own")
        for name in changed:
            setattr(staff, name, after[name])
        if {"roles", "branch_office_id"} & set(changed):
            sessions.end_all_of(staff.id)
        audit.record("staff.changed", _by(by), staff=staff.id, changed=changed, **_told(changed, before, after))


def new_link(staff_id: str, *, by: Staff) -> str:
    """Another link for somebody who has not used the first; NotFound for everybody else."""
    with transaction() as db:
        return staff_links.make(db.get_one(Staff, staff_id, with_for_update=True, populate_existing=True), by=by)


def there_is_an_administrator() -> bool:
    """Whether anybody with access is an administrator: afterwards the command line invites nobody."""
    return any(Actor.ADMINISTRATOR.value in one.roles for one in everybody() if one.disabled_at is None)


def _check(entry: Entry) -> None:
    if not 1 <= len(entry.name) <= LONGEST_NAME:
        raise FieldWrong("name", "wrong")
    if len(entry.licence_number) > LONGEST_LICENCE:
        raise FieldWrong("licence_number", "wrong")
    if not entry.roles or not set(entry.roles) <= set(ROLES):
        raise FieldWrong("roles", "none")
    if entry.office_id is not None and read().get(BranchOffice, entry.office_id) is None:
        raise FieldWrong("office", "wrong")


def _columns(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "licence_number": entry.licence_number,
        "roles": [role for role in ROLES if role in entry.roles],
        "branch_office_id": entry.office_id,
    }


def _told(changed: Iterable[str], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    told = [name for name in changed if name in TOLD]
    return {"was": {name: before.get(name) for name in told}, "now": {name: after[name] for name in told}}


def _entry_of(staff: Staff) -> Entry:
    return Entry(staff.name, staff.licence_number, tuple(staff.roles), staff.branch_office_id)


def _by(staff: Staff | None) -> By:
    return By.administrator(staff) if staff else SYSTEM
