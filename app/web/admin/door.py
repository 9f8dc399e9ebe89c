"""The staff's door: login, password and second factor on one page; the one-time link that sets both up."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, Response, flash, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length, Optional

from app.domain.errors import FieldWrong, NotFound, TooMany
from app.models import Staff, StaffLink
from app.services import kept_forms, second_factors, staff, staff_links
from app.services.staff import Proof
from app.web import access, errors, late_forms
from app.web.admin import passkey_site
from app.web.admin.account_words import password_words
from app.web.answers import go, leave_to, show, show_form
from app.web.devices import device_of
from app.web.sessions import old_token

bp = Blueprint("staff_door", __name__, url_prefix="/admin")

QR_PIXELS_A_DOT = 4
FEW_CODES = 3
"""With so few recovery codes left, the person is told to make new ones."""
STALE = "stale"
"""In the query of a page of the door when it comes up instead of a form that is out of date."""


def _without_blanks(value: str | None) -> str:
    return "".join((value or "").split())


class SignInForm(FlaskForm):
    """Both factors at once: which of them was wrong is not said."""

    login = StringField(
        _l("工号"),
        filters=[lambda value: (value or "").strip()],
        validators=[DataRequired(_l("请填写工号")), Length(max=40)],
    )
    password = PasswordField(_l("密码"), validators=[DataRequired(_l("请填写密码"))])
    passkey = HiddenField()
    code = StringField(_l("动态口令"), filters=[_without_blanks], validators=[Length(max=20)])
    next = HiddenField()

    def validate_code(self, field: StringField) -> None:
        if not field.data and not self.passkey.data:
            field.errors = [*field.errors, _("请填写验证器上的 6 位动态口令，或一个恢复码")]


class SetUpForm(FlaskForm):
    """A password, and a code that shows that the authenticator app is set; or a passkey in its place."""

    word = StringField(_l("口令词"), filters=[_without_blanks], validators=[Length(max=40)])
    password = PasswordField(_l("新密码"), validators=[DataRequired(_l("请填写密码"))])
    again = PasswordField(_l("再填一遍新密码"), validators=[EqualTo("password", _l("两次填写的密码不一样"))])
    passkey = HiddenField()
    passkey_name = HiddenField()
    code = StringField(_l("动态口令"), filters=[_without_blanks], validators=[Optional(), Length(max=10)])


@bp.route("/sign-in", methods=["GET", "POST"])
@access.public
def sign_in() -> ResponseReturnValue:
    """The form; who is signed in already goes on."""
    if getattr(current_user, "staff", None):
        return leave_to(access.safe_next(request.args.get("next")) or "/admin")
    form = SignInForm(next=request.args.get("next", ""))
    if STALE in request.args and not form.is_submitted():
        flash(_("页面放得太久了，没有登录。请再填一次密码和第二因素。"), "warn")
        form.login.data = kept_forms.who_kept(old_token())
        session.pop(kept_forms.WHO, None)
    if not form.validate_on_submit():
        return _door(form)
    try:
        person = staff.sign_in(
            form.login.data, form.password.data, Proof(form.code.data, passkey_site.answer() or None)
        )
    except FieldWrong as wrong:
        form.form_errors.append(_wrong(wrong.details))
        return _door(form)
    except TooMany as locked:
        return _locked(form, locked.retry_after_seconds)
    _come_in(person, by_paper=_is_recovery_code(form))
    return leave_to(_staff_page(form.next.data) or "/admin")


@bp.errorhandler(CSRFError)
def stale(_error: CSRFError) -> ResponseReturnValue:
    """A form of a session that is no more: the page anew, with a word why; of what was typed only the login is kept.

    No session is begun here: the second half of a double click would replace the one that the first has just been
    given. The login waits with the session that is over.
    """
    if request.endpoint == "staff_door.sign_in":
        kept_forms.keep_who(old_token(), request.form.get("login", "").strip())
        return go("staff_door.sign_in", next=_staff_page(request.form.get("next")), **{STALE: 1})
    if request.endpoint == "staff_door.set_up":
        return go("staff_door.set_up", **(request.view_args or {}), **{STALE: 1})
    return late_forms.answer() if late_forms.is_form() else errors.page(400)


def _come_in(person: Staff, *, by_paper: bool) -> None:
    access.sign_in(access.Person(staff=person))
    session["device"] = device_of(request.user_agent.string)
    left = second_factors.recovery_codes_left(person)
    if by_paper and left <= FEW_CODES:
        flash(_("恢复码只剩 %(n)s 个，请到我的账号里换一批。", n=left), "warn")


def _is_recovery_code(form: SignInForm) -> bool:
    return not form.passkey.data and len(form.code.data) != second_factors.TOTP_DIGITS


@bp.post("/sign-out")
@access.role()
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    staff.sign_out(access.current_staff())
    access.sign_out()
    return leave_to("/admin/sign-in")


def _door(form: SignInForm) -> Response:
    return show_form("admin/sign_in.html", form, options=passkey_site.to_sign_in(), possible=passkey_site.is_possible())


def _wrong(details: dict[str, Any]) -> str:
    left = details["left"]
    if left > 0:
        return _("工号、密码或第二因素不对，还可以试 %(left)s 次。每个动态口令只能用一次。", left=left)
    return _("工号、密码或第二因素不对。次数用完，请稍后再试。")


def _locked(form: SignInForm, seconds: int) -> Response:
    form.form_errors.append(_("连续失败次数太多，已锁定，请 %(minutes)s 分钟后再试。", minutes=seconds // 60))
    response = show(
        "admin/sign_in.html",
        form=form,
        status=429,
        options=passkey_site.to_sign_in(),
        possible=passkey_site.is_possible(),
    )
    response.headers["Retry-After"] = str(seconds)
    return response


def _staff_page(target: str | None) -> str | None:
    """Where to go on after signing in: only to a page of the staff's site."""
    path = access.safe_next(target)
    return path if path and (path == "/admin" or path.startswith(("/admin/", "/admin?"))) else None


# -- the one-time link ------------------------------------------------------------------------------------------------


@bp.route("/set-up/<token>", methods=["GET", "POST"])
@access.public
def set_up(token: str) -> ResponseReturnValue:
    """Choose password and second factor; then, once, the recovery codes."""
    try:
        link = staff_links.find(token)
        form = SetUpForm()
        if STALE in request.args and not form.is_submitted():
            flash(_("页面放得太久了，什么都没有设置。请再填一次。"), "warn")
        if not form.validate_on_submit():
            return _set_up_page(link, token, form)
        return _take(link, token, form)
    except NotFound:
        return show("admin/link_dead.html", status=404)


def _take(link: StaffLink, token: str, form: SetUpForm) -> Response:
    chosen = staff_links.Chosen(
        password=form.password.data,
        code=form.code.data or "",
        passkey=passkey_site.answer(),
        passkey_name=device_of(request.user_agent.string),
        word=form.word.data or "",
    )
    try:
        codes = staff_links.use(token, chosen)
    except FieldWrong as wrong:
        field = form[wrong.field] if wrong.field in form and wrong.field != "passkey" else form.code
        field.errors = [*field.errors, password_words(wrong.code, wrong.details)]
        return _set_up_page(link, token, form)
    return show("admin/recovery_codes.html", codes=codes, after="staff_door.sign_in", fresh=True)


def _set_up_page(link: StaffLink, token: str, form: SetUpForm) -> Response:
    return show_form(
        "admin/set_up.html",
        form,
        token=token,
        person=link.staff,
        needs_word=link.word_hash is not None,
        secret=link.totp_secret,
        qr=qr_of(link.totp_secret, link.staff.login),
        options=passkey_site.to_register(link.staff),
        possible=passkey_site.is_possible(),
    )


def qr_of(secret: str, login: str) -> Markup:
    """What an authenticator app scans, as inline SVG."""
    drawing = segno.make(second_factors.totp_address(secret, login), error="m").svg_inline(
        scale=QR_PIXELS_A_DOT, border=2, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    return Markup(drawing)  # noqa: S704 — drawn by segno from our own address
