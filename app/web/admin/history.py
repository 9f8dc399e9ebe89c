"""What was done to a member of staff or an integrator, as lines of a page: when, by whom, and what was before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.models import AuditEntry
from app.services import casework, figures
from app.web.admin import hook_words
from app.web.admin.action_words import ACTIONS
from app.web.admin.wording import ACTORS, ENDPOINT_FIELDS, PERSON_FIELDS
from app.web.wording import named


@dataclass(frozen=True)
class Change:
    """One field before and after; None where the chain does not say it, the empty text where there was nothing."""

    field: Any
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Line:
    """One entry of the chain."""

    entry: AuditEntry
    who: str
    did: str
    changes: list[Change]


def of_person(entries: list[AuditEntry]) -> list[Line]:
    """The history of a member of staff."""
    offices = {office.id: named(office) for office in figures.branch_offices()}

    def said(field: str, value: Any) -> str:
        if field == "roles":
            return _("、").join(str(ACTORS[one]) for one in value)
        return offices.get(value, value) if value else _("全部营业部")

    return _lines(entries, PERSON_FIELDS, said)


def of_endpoint(entries: list[AuditEntry]) -> list[Line]:
    """The history of an integrator."""

    def said(field: str, value: Any) -> str:
        if field == "event_types":
            return _("、").join(value) or _("全部事件")
        if field == "in_order":
            return _("逐个发送") if value else _("同时发送")
        return str(value) or _("没有")

    return _lines(entries, ENDPOINT_FIELDS, said)


def _lines(entries: list[AuditEntry], fields: dict[str, Any], said: Callable[[str, Any], str]) -> list[Line]:
    names = casework.names_of(entries)
    return [
        Line(entry, names.get(entry.actor_id or "") or str(ACTORS[entry.actor]), _did(entry), _of(entry, fields, said))
        for entry in entries
    ]


def _did(entry: AuditEntry) -> str:
    why = entry.details.get("why")
    return f"{ACTIONS[entry.action]}{_('：')}{hook_words.disabled(why)}" if why else str(ACTIONS[entry.action])


def _of(entry: AuditEntry, fields: dict[str, Any], said: Callable[[str, Any], str]) -> list[Change]:
    """Entries from before values were kept name the fields alone; a value that stayed says nothing either."""
    was, now = entry.details.get("was", {}), entry.details.get("now", {})
    changed = [*entry.details.get("changed", []), *(name for name in now if not was)]
    return [
        Change(
            fields[name],
            said(name, was[name]) if name in was and was[name] != now[name] else None,
            said(name, now[name]) if name in now and was.get(name, ...) != now[name] else None,
        )
        for name in changed
    ]
