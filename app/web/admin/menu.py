"""The left menu of the staff's pages: what each role works with, and how much is waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import has_request_context, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.local import LocalProxy

from app.domain.states import State
from app.models import Staff
from app.services import agreements, casework, endpoints, staff_resets, webhooks
from app.web.access import Role
from app.web.sessions import STAFF_FACE, face_of


@dataclass(frozen=True)
class Entry:
    """One line of the menu; `count` says how much is waiting there, 0 for nothing."""

    words: Any
    endpoint: str
    place: str
    roles: frozenset[Role]
    counted: Callable[[Staff], int] = field(default=lambda _staff: 0)
    count: int = 0


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    words: Any
    entries: tuple[Entry, ...]


def _to_review(staff: Staff) -> int:
    return casework.count_in(staff, State.REVIEW)


def _failed(staff: Staff) -> int:
    return casework.count_in(staff, State.REGISTRATION_FAILED)


def _resets(staff: Staff) -> int:
    return len(staff_resets.waiting()) if Role.ADMINISTRATOR in staff.roles else 0


def _disabled(_staff: Staff) -> int:
    return endpoints.count_disabled()


def _dead(_staff: Staff) -> int:
    return webhooks.count_dead()


def _not_drawable(staff: Staff) -> int:
    return len(agreements.not_drawable(staff))


W, R, A, AU = Role.WITNESS, Role.REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR
MENU = (
    Group(
        _l("见证"), (Entry(_l("等候大厅"), "admin.board", "board", frozenset({W, A}), casework.count_waiting_tickets),)
    ),
    Group(
        _l("复核"),
        (
            Entry(_l("待复核"), "admin.review_list", "review", frozenset({R, A}), _to_review),
            Entry(_l("受理单"), "admin.case_list", "cases", frozenset({W, R, A, AU})),
        ),
    ),
    Group(
        _l("运行"),
        (
            Entry(_l("统计"), "admin.figures", "figures", frozenset({R, A, AU})),
            Entry(_l("报送失败"), "admin.registrations", "registrations", frozenset({A}), _failed),
            Entry(_l("对接方"), "admin.integrators", "integrators", frozenset({A}), _disabled),
            Entry(_l("发出的事件"), "admin.deliveries", "deliveries", frozenset({A})),
            Entry(_l("收到的事件"), "admin.received", "received", frozenset({A}), _dead),
            Entry(_l("协议文本"), "admin.agreement_texts", "agreement_texts", frozenset({A, AU}), _not_drawable),
            Entry(_l("审计"), "admin.audit", "audit", frozenset({A, AU})),
            Entry(_l("员工"), "admin.people", "people", frozenset({A, AU}), _resets),
        ),
    ),
)


class _Menu:
    """The menu of whoever is signed in; counted only when a page really draws it, a fragment does not."""

    def __iter__(self) -> Iterator[Group]:
        staff = getattr(current_user, "staff", None)
        return iter(menu_of(staff) if staff else [])


def context() -> dict[str, Any]:
    """`me` and `staff_menu` for the staff's templates; nothing for the investors' site."""
    if not has_request_context() or face_of(request.path) != STAFF_FACE:
        return {}
    return {"me": LocalProxy(lambda: getattr(current_user, "staff", None)), "staff_menu": _Menu()}


def menu_of(staff: Staff) -> list[Group]:
    """The groups with what this person may open."""
    groups = []
    for group in MENU:
        mine = tuple(_with_count(entry, staff) for entry in group.entries if set(staff.roles) & entry.roles)
        if mine:
            groups.append(Group(group.words, mine))
    return groups


def _with_count(entry: Entry, staff: Staff) -> Entry:
    return Entry(entry.words, entry.endpoint, entry.place, entry.roles, count=entry.counted(staff))
