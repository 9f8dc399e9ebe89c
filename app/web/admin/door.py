"""The staff's door: login, password and one-time code on one page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from app.domain.errors import FieldWrong, TooMany
from app.services import staff
from app.web import access
from app.web.answers import leave_to, show, show_form

bp = Blueprint("staff_door", __name__, url_prefix="/admin")


def _digits_only(value: str | None) -> str:
    return "".join((value or "").split())


class SignInForm(FlaskForm):
    """Both factors at once: which of them was wrong is not said."""

    login = StringField(
        _l("工号"),
        filters=[lambda value: (value or "").strip()],
        validators=[DataRequired(_l("请填写工号")), Length(max=40)],
    )
    password = PasswordField(_l("密码"), validators=[DataRequired(_l("请填写密码"))])
    code = StringField(
        _l("动态口令"),
        filters=[_digits_only],
        validators=[DataRequired(_l("请填写验证器上的 6 位动态口令")), Length(max=10)],
    )
    next = HiddenField()


@bp.route("/sign-in", methods=["GET", "POST"])
@access.public
def sign_in() -> ResponseReturnValue:
    """The form; who is signed in already goes on."""
    if getattr(current_user, "staff", None):
        return leave_to(access.safe_next(request.args.get("next")) or "/admin")
    form = SignInForm(next=request.args.get("next", ""))
    if not form.validate_on_submit():
        return show_form("admin/sign_in.html", form)
    try:
        person = staff.sign_in(form.login.data, form.password.data, form.code.data)
    except FieldWrong as wrong:
        form.form_errors.append(_wrong(wrong.details))
        return show_form("admin/sign_in.html", form)
    except TooMany as locked:
        return _locked(form, locked.retry_after_seconds)
    access.sign_in(access.Person(staff=person))
    return leave_to(_staff_page(form.next.data) or "/admin")


@bp.post("/sign-out")
@access.role()
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    staff.sign_out(access.current_staff())
    access.sign_out()
    return leave_to("/admin/sign-in")


def _wrong(details: dict[str, Any]) -> str:
    left = details["left"]
    if left > 0:
        return _("工号、密码或动态口令不对，还可以试 %(left)s 次。每个动态口令只能用一次。", left=left)
    return _("工号、密码或动态口令不对。次数用完，请稍后再试。")


def _locked(form: SignInForm, seconds: int) -> Response:
    form.form_errors.append(_("连续失败次数太多，已锁定，请 %(minutes)s 分钟后再试。", minutes=seconds // 60))
    response = show("admin/sign_in.html", form=form, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _staff_page(target: str | None) -> str | None:
    """Where to go on after signing in: only to a page of the staff's site."""
    path = access.safe_next(target)
    return path if path and (path == "/admin" or path.startswith(("/admin/", "/admin?"))) else None
