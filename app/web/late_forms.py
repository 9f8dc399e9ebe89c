"""A form that comes after the session's end: the person signs in, and finds the page as it was when they sent it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, flash, g, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.models import Investor, Staff
from app.services import kept_forms
from app.services.kept_forms import KeptForm
from app.web import filled_in
from app.web.answers import go_to, leave_to
from app.web.sessions import STAFF_FACE, face_of, old_token

KEPT = "kept"
"""In the session: a form that could not be taken, see services/kept_forms."""
NOT_KEPT = frozenset({"csrf_token", "sms_code", "captcha"})
"""Fields that are worth nothing later, or that nobody but the person should hold."""
FULL_OF_SECRETS = ("/admin/sign-in", "/admin/set-up", "/admin/account")
"""Where forms of staff hold passwords, codes and keys: nothing of them is kept."""


def register(app: Flask) -> None:
    """Fill in what was kept whenever its page is shown, until the form is sent again."""

    @app.after_request
    def fill_in(response: Response) -> Response:
        kept = session.get(KEPT)
        if kept is None or "just_kept" in g:
            return response
        person = _signed_in()
        form = kept_forms.unseal(person, kept) if person is not None else None
        if form is not None and request.method == "POST" and request.path == form.action:
            session.pop(KEPT)
        elif form is not None and request.path == form.page and response.mimetype == "text/html":
            response.set_data(filled_in.fill(response.get_data(as_text=True), form))
        return response


def is_kept() -> bool:
    """Whether this session keeps a form that could not be taken."""
    return KEPT in session


def is_form() -> bool:
    """Whether people sent it, with a button, and not a script of ours that reads JSON."""
    kinds = {"application/x-www-form-urlencoded", "multipart/form-data"}
    return request.mimetype in kinds and "application/json" not in request.accept_mimetypes.values()


def answer() -> Response:
    """To the login, or, who is signed in again by now, to the page of the form; with all that was typed."""
    person = _signed_in()
    page = page_of_form()
    is_kept = _keep(person or _was(), page)
    words = [_("请再提交一次。")] if person else [_("登录已过期，请重新登录，之后回到刚才的页面。")]
    words += [_("填写的内容还在。")] * is_kept + [_file_words()] * bool(request.files)
    flash("".join(words), "warn")
    is_staff = face_of(request.path) == STAFF_FACE
    if person:
        return go_to(page or url_for("admin.home" if is_staff else "journey.start"))
    return leave_to(url_for("staff_door.sign_in" if is_staff else "entry.login", next=page))


def _file_words() -> str:
    return _("文件请再选一次。") if face_of(request.path) == STAFF_FACE else _("照片请再选一次。")


def page_of_form() -> str | None:
    """The path of the page that the form stood on, if it is one of this site."""
    came = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    is_ours = came.netloc == request.host and came.path.startswith("/") and not came.path.startswith("//")
    return came.path if is_ours else None


def _keep(owner: Investor | Staff | None, page: str | None) -> bool:
    fields = [(name, value) for name, value in request.form.items(multi=True) if _may_be_kept(name, value)]
    if owner is None or page is None or not fields:
        return False
    sealed = kept_forms.seal(owner, KeptForm(page, request.path, fields))
    if sealed is not None:
        session[KEPT] = sealed
        g.just_kept = True
    return sealed is not None


def _may_be_kept(name: str, value: str) -> bool:
    is_secret = "password" in name or request.path.startswith(FULL_OF_SECRETS)
    return bool(value.strip()) and name not in NOT_KEPT and not is_secret


def _was() -> Investor | Staff | None:
    """Who the session belonged to that this browser still has the cookie of."""
    token = old_token()
    return kept_forms.owner_of(token) if token else None


def _signed_in() -> Investor | Staff | None:
    found: Any = getattr(current_user, "investor", None) or getattr(current_user, "staff", None)
    return found if isinstance(found, (Investor, Staff)) else None
