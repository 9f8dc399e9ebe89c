"""Who may use an endpoint: each one declares its audience, and what declares none is refused."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, flash, g, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, UserMixin, current_user, login_user, logout_user

from app.db import read
from app.models import Investor, Staff
from app.web import late_forms
from app.web.answers import go_to, here, leave_to

CSRF_SECRET, CSRF_SECRET_BYTES = "csrf_token", 16
READING = frozenset({"GET", "HEAD", "OPTIONS"})
View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    """What a member of staff may do."""

    WITNESS = "witness"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class Audience:
    """public, investor, staff or machine (its signature is checked by the view); roles only for staff."""

    kind: str
    roles: frozenset[Role] = frozenset()


INVESTOR = Audience("investor")


def public(view: View) -> View:
    """Anybody."""
    return _declare(view, Audience("public"))


def investors(view: View) -> View:
    """A signed-in investor."""
    return _declare(view, INVESTOR)


def machine(view: View) -> View:
    """An integrator; the view checks the signature over the raw body. No session, no CSRF token."""
    return _declare(view, Audience("machine"))


def role(*roles: Role) -> Callable[[View], View]:
    """A signed-in member of staff with one of the roles; any role when none is named."""
    return lambda view: _declare(view, Audience("staff", frozenset(roles)))


def _declare(view: View, audience: Audience) -> View:
    view.audience = audience  # type: ignore[attr-defined]
    return view


def audience_of(app: Flask, endpoint: str) -> Audience | None:
    """The audience an endpoint declares, None when it declares none."""
    return getattr(app.view_functions[endpoint], "audience", None)


@dataclass
class Person(UserMixin):
    """Whoever is signed in, as Flask-Login sees it."""

    investor: Investor | None = None
    staff: Staff | None = None

    def get_id(self) -> str:
        row = self.investor or self.staff
        return f"{'investor' if self.investor else 'staff'}:{row.id if row else ''}"


def load_person(person_id: str) -> Person | None:
    """Flask-Login's loader. A disabled member of staff is nobody."""
    kind, _colon, row_id = person_id.partition(":")
    if kind == "investor":
        investor = read().get(Investor, row_id)
        return Person(investor=investor) if investor else None
    staff = read().get(Staff, row_id)
    return Person(staff=staff) if staff and staff.disabled_at is None else None


def csrf_secret() -> str:
    """What Flask-WTF signs into the session's forms: 128 bits like its own, in half the characters of every page."""
    return secrets.token_urlsafe(CSRF_SECRET_BYTES)


def sign_in(person: Person) -> None:
    """Make the person the owner of this browser's session, under a new session token."""
    login_user(person)
    session[CSRF_SECRET] = csrf_secret()
    session.renew = True  # type: ignore[attr-defined]


def sign_out() -> None:
    """End the session's row: HTTP and sockets alike."""
    logout_user()
    session.clear()


def be_nobody() -> None:
    """For the rest of this request nobody is signed in, and nobody is asked."""
    g._login_user = AnonymousUserMixin()  # noqa: SLF001 — where Flask-Login keeps whom it has loaded


def current_investor() -> Investor:
    """The signed-in investor; 404 where there is none (the guard has sent them to the login before)."""
    investor: Investor | None = getattr(current_user, "investor", None)
    if investor is None:
        abort(404)
    return investor


def current_staff() -> Staff:
    """The signed-in member of staff."""
    staff: Staff | None = getattr(current_user, "staff", None)
    if staff is None:
        abort(404)
    return staff


def guard() -> ResponseReturnValue | None:
    """Before each request: closed unless the endpoint's audience lets this person in."""
    if request.endpoint is None:
        return None  # no such address: the 404 page
    audience = audience_of(current_app, request.endpoint)
    if audience is None:
        current_app.logger.error("endpoint_without_audience")
        abort(403)
    if audience.kind == "machine":
        return None
    _check_origin()
    if audience.kind == "public":
        return None
    if audience.kind == "investor":
        return None if getattr(current_user, "investor", None) else _investor_to_login()
    return _guard_staff(audience)


def _guard_staff(audience: Audience) -> ResponseReturnValue | None:
    staff = getattr(current_user, "staff", None)
    if staff is None and (request.method in READING or not late_forms.is_form()):
        return _to_login("staff_door.sign_in", answer=leave_to)  # the door has another frame than the pages behind it
    if staff is None:
        return late_forms.answer()
    if audience.roles and not audience.roles & {Role(name) for name in staff.roles}:
        abort(403)
    return None


def _investor_to_login() -> ResponseReturnValue:
    return _to_login("entry.login") if request.method in READING else late_forms.answer()


def _to_login(endpoint: str, *, answer: Callable[[str], ResponseReturnValue] = go_to) -> ResponseReturnValue:
    flash(_("请先登录，登录后回到刚才的页面。"), "warn")
    return answer(url_for(endpoint, next=_where_from()) if request.method == "GET" else url_for(endpoint))


def _where_from() -> str:
    """The page somebody is on: a part of it that asks by itself is no place to come back to."""
    shown = request.headers.get("HX-Current-URL", "")
    return urlsplit(shown)._replace(scheme="", netloc="").geturl() if shown else here()


def _check_origin() -> None:
    """A second lock beside the CSRF token: a writing request must come from our own pages."""
    if request.method in READING:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        abort(403)
    origin = request.headers.get("Origin")
    if site is None and origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def safe_next(target: str | None) -> str | None:
    """The address to return to after signing in, if it is a path of this site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return target if not parts.netloc and not parts.scheme else None
